"""The command line as people and scripts use it: what goes where, and with which exit code."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from signalsim.store import TABLES

PROGRAM = [sys.executable, "-m", "signalsim"]
FEW = ["--controllers", "deployed,max-pressure", "--replications", "2"]


def signalsim(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=folder)


@pytest.fixture(scope="module")
def crossing(scenarios: Path) -> Path:
    return scenarios / "crossing"


def test_run_prints_one_json_document_and_nothing_else(crossing: Path) -> None:
    found = signalsim("run", crossing, "--controller", "max-pressure", "--seed", 4, "--json")
    assert found.returncode == 0, found.stderr
    document = json.loads(found.stdout)
    assert list(document) == [
        "format_version", "scenario", "controller", "seed", "engine", "sensors", "vehicles",
        "gridlocks", "measures", "wall_s", "cpu_s", "moves", "provenance",
    ]  # fmt: skip
    assert document["seed"] == 4 and document["scenario"] == "crossing"
    vehicles = document["vehicles"]
    assert vehicles["departed"] == vehicles["arrived"] + vehicles["inside"] + vehicles["waiting"]
    assert list(document["measures"])[:3] == ["mean_delay_s", "mean_travel_time_s", "total_delay_h"]


def test_compare_prints_the_same_bytes_twice_and_others_with_another_seed(crossing: Path) -> None:
    texts = [signalsim("compare", crossing, *FEW, "--json", "--seed", seed).stdout for seed in (1, 1, 2)]
    assert texts[0] == texts[1]
    results = [json.dumps({**json.loads(t), "seed": 0, "provenance": 0}) for t in texts]
    assert results[0] != results[2]


def test_both_engines_give_the_same_comparison(crossing: Path) -> None:
    arguments = ["compare", crossing, "--controllers", "deployed", "--replications", "1", "--json"]
    documents = [json.loads(signalsim(*arguments, "--engine", e).stdout) for e in ("numba", "simpy")]
    assert documents[0]["controllers"] == documents[1]["controllers"]


def test_the_table_is_for_people(crossing: Path) -> None:
    found = signalsim("compare", crossing, *FEW)
    assert found.returncode == 0, found.stderr
    assert "Against deployed" in found.stdout and "max-pressure" in found.stdout
    assert not re.search(r"\x1b|\r|━━━", found.stderr), "a progress bar in a pipe"


def test_out_writes_a_result_and_replaces_it(crossing: Path, tmp_path: Path) -> None:
    for _ in range(2):
        found = signalsim("compare", crossing, *FEW, "--out", "results", folder=tmp_path)
        assert found.returncode == 0, found.stderr
        assert [p.name for p in tmp_path.iterdir()] == ["results"]
    assert "report.html" in found.stderr
    assert signalsim("run", crossing, "--out", "results", folder=tmp_path).returncode == 0
    names = {p.name for p in (tmp_path / "results").iterdir()}
    csv_files = {f"{name}.csv" for name in TABLES} | {"series.csv"}
    assert {name for name in names if not name.endswith(".parquet")} == csv_files | {"run.json"}
    assert signalsim("run", crossing, "--out", "results", folder=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("deployed.completed < 1", 0),
        ("deployed.completed > 1", 1),
        ("deployed.mean_delay_s > deployed.mean_delay_s", 0),
        ("max-pressure.mean_delay_s > deployed.mean_dely_s", 3),
        ("True", 3),
    ],
)
def test_the_gate_sets_the_exit_code(crossing: Path, expression: str, code: int) -> None:
    found = signalsim("compare", crossing, *FEW, "--fail-if", expression, "--json")
    assert found.returncode == code, found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
    if code < 3:
        json.loads(found.stdout)


def test_a_gate_that_one_replication_cannot_decide_is_inconclusive(crossing: Path) -> None:
    few = ["--controllers", "deployed,max-pressure", "--replications", "1"]
    found = signalsim(
        "compare", crossing, *few, "--fail-if", "max-pressure.mean_delay_s > deployed.mean_delay_s"
    )
    assert found.returncode == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "{crossing}", "--engine", "abacus"],
        ["compare", "{crossing}", "--replications", "0"],
        ["compare", "{crossing}", "--controllers", "deployed,,webster"],
        ["compare", "{crossing}", "--nonsense"],
        ["compare", "{crossing}", "--seed", "one"],
        ["nonsense"],
    ],
)
def test_usage_errors_exit_with_2(arguments: list[str], crossing: Path) -> None:
    found = signalsim(*(a.format(crossing=crossing) for a in arguments))
    assert found.returncode == 2 and not found.stdout
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["run", "nowhere"], "nowhere"),
        (["run", "{crossing}", "--controller", "max-presure"], "max-presure"),
        (["run", "{crossing}", "--controller", "nowhere.py:Mine"], "nowhere.py"),
        (["run", "{crossing}", "--sensors", "eagle-eyed"], "eagle-eyed"),
        (["run", "{crossing}", "--outage", "0-60:Z"], "'Z' has no cameras"),
        (["compare", "{crossing}", "--sensors", "good,poor", "--sweep", "miss=0,0.1"], "changes one preset"),
        (["compare", "{crossing}", "--controllers", "deployed", "--baseline", "nobody"], "nobody"),
        (["run", "{crossing}", "--out", "{crossing}"], "would be lost"),
        (["import", "utdf", "", "--out", "new/scenario"], "is a folder"),
        (["import", "sumo", "--net", "nowhere.net.xml", "--out", "new/scenario"], "nowhere.net.xml"),
    ],
)
def test_mistakes_exit_with_3_and_one_message(
    arguments: list[str], named: str, crossing: Path, tmp_path: Path
) -> None:
    found = signalsim(*(a.format(crossing=crossing) for a in arguments), folder=tmp_path)
    assert found.returncode == 3 and not found.stdout
    lines = found.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("signalsim: ") and named in lines[0], found.stderr
    assert not list(tmp_path.iterdir()), "something half-written is left"


def test_a_message_is_one_line_whatever_a_file_holds(crossing: Path, tmp_path: Path) -> None:
    shutil.copytree(crossing, tmp_path / "x")
    table = tmp_path / "x" / "signal_stage.csv"
    table.write_text(table.read_text().replace("group_ids", '"a\n\x1b[31mb"', 1))
    found = signalsim("run", tmp_path / "x")
    assert found.returncode == 3 and found.stderr.count("\n") == 1 and "\x1b" not in found.stderr


def test_a_controller_file_is_named_with_its_line(crossing: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("class Mine:\n    def decide(self, view):\n        return 1 / 0\n")
    for command in (
        ["run", crossing, "--controller"],
        ["compare", crossing, "--replications", 2, "--controllers"],
    ):
        found = signalsim(*command, "mine.py:Mine", folder=tmp_path)
        assert found.returncode == 3 and "Traceback" not in found.stderr
        assert "mine.py, line 3" in found.stderr and "ZeroDivisionError" in found.stderr


def test_parameters_belong_to_the_name_before_them() -> None:
    import typer

    from signalsim.cli.options import split_names

    assert split_names("a, b:x=1,y=2 ,c.py:D", "") == ["a", "b:x=1,y=2", "c.py:D"]
    with pytest.raises(typer.BadParameter):
        split_names("a,,b", "")


def test_controllers_are_listed() -> None:
    found = signalsim("controllers")
    assert found.returncode == 0
    for name in ("deployed", "uniform", "webster", "split-reallocation", "max-pressure"):
        assert name in found.stdout


def test_names_are_printed_as_they_are(scenarios: Path, tmp_path: Path) -> None:
    """Square brackets are no commands to the terminal."""
    shutil.copytree(scenarios / "crossing", tmp_path / "odd")
    file = tmp_path / "odd" / "scenario.toml"
    file.write_text(file.read_text().replace('name = "crossing"', 'name = "[red]x[/blue]"'))
    for command in (["run"], ["compare", "--controllers", "deployed", "--replications", 1]):
        found = signalsim(*command, tmp_path / "odd")
        assert found.returncode == 0, found.stderr
        assert "[red]x[/blue]" in found.stdout


def test_terminal_without_utf_8(crossing: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [*PROGRAM, "run", str(crossing)]
    found = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert found.returncode == 0, found.stderr
    assert found.stdout.isascii()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_behind_stdout(crossing: Path) -> None:
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            [*PROGRAM, "run", str(crossing)], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert found.returncode == 3
    assert "Traceback" not in found.stderr and "No space left" in found.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent another way there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_is_stopped_leaves_no_result(
    number: signal.Signals, code: int, scenarios: Path, tmp_path: Path
) -> None:
    command = [*PROGRAM, "compare", scenarios / "hangzhou", "--replications", "500", "--out", "results"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(6)  # somewhere in the middle of things
    os.killpg(process.pid, number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in stderr
    assert number == signal.SIGTERM or "interrupted" in stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())
