"""The README's code is run as it stands; its set-up lines are what .ci/run does."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SET_UP = [code.strip() for language, code in BLOCKS if language == "bash"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with the scenarios, and the files that the README shows."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    for language, code in BLOCKS:
        if language == "python" and (name := re.match(r"# (\w+\.py)\n", code)):
            (folder / name[1]).write_text(code, encoding="utf-8")
    return folder


def test_the_first_screen_sets_everything_up_in_two_lines() -> None:
    main_job, tests = SET_UP
    assert README.index(tests) < 1500
    assert "signalsim compare scenarios/hangzhou" in main_job
    command = tests.rpartition(" && .venv/bin/")[2]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert f'"$scratch/venv/bin/{command.replace(" ", chr(34) + " ", 1)}' in ci, (
        "CI runs another test command"
    )
    assert "'.[test]'" in tests and "'.[test]'" in ci


@pytest.mark.parametrize(
    "number", [i for i, (language, _) in enumerate(BLOCKS) if language in ("sh", "python")]
)
def test_code_runs(number: int, folder: Path) -> None:
    language, code = BLOCKS[number]
    command = ["bash", "-euc", code] if language == "sh" else [sys.executable, "-c", code]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    found = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", re.sub(r"(?ms)^```.*?^```", "", README)))
def test_links_lead_somewhere(target: str) -> None:
    assert target.startswith("https://") or (ROOT / target).exists(), target
