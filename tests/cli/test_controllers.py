"""``signalsim controllers new``: a file that runs as it is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from signalsim.testing import check_controller

PROGRAM = [sys.executable, "-m", "signalsim"]


def signalsim(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=folder)


@pytest.mark.parametrize("form", [[], ["--compiled"]])
def test_the_template_keeps_what_controllers_promise_and_runs(
    form: list[str], scenarios: Path, tmp_path: Path
) -> None:
    found = signalsim("controllers", "new", "longest-queue", *form, folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert "longest_queue.py:LongestQueue" in found.stdout
    check_controller(f"{tmp_path / 'longest_queue.py'}:LongestQueue")
    names = "deployed,longest_queue.py:LongestQueue"
    command = ["compare", scenarios / "crossing", "--replications", 1, "--controllers", names, "--json"]
    compared = signalsim(*command, folder=tmp_path)
    assert compared.returncode == 0, compared.stderr
    delays = [c["mean_delay_s"] for c in json.loads(compared.stdout)["controllers"].values()]
    assert delays[1] < delays[0]


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\n")
    found = signalsim("controllers", "new", "mine", folder=tmp_path)
    assert found.returncode == 3
    assert "'mine.py': exists already" in found.stderr
    assert (tmp_path / "mine.py").read_text() == "x = 1\n"


@pytest.mark.parametrize("name", ["2fast", "a/b", "class", ""])
def test_names_that_python_would_not_take(name: str, tmp_path: Path) -> None:
    found = signalsim("controllers", "new", name, folder=tmp_path)
    assert found.returncode == 3
    assert f"controller name '{name}'" in found.stderr
    assert list(tmp_path.iterdir()) == []
