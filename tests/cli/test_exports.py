"""``signalsim export`` as people use it: what is written, what is said, what is refused."""

import csv
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from support.lines import make_line

from signalsim.demand import sample
from signalsim.formats.sumo.export.netconvert import binary
from signalsim.scenario import build, load
from signalsim.simulation import simulate

needs_sumo = pytest.mark.skipif(
    importlib.util.find_spec("sumo") is None, reason="needs SUMO: pip install 'signalsim[sumo]'"
)


def signalsim(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signalsim", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def crossing(scenarios: Path) -> Path:
    return scenarios / "crossing"


@pytest.fixture
def two_plans(crossing: Path, tmp_path: Path) -> Path:
    """The crossing with a second plan, by name 'short'."""
    folder = tmp_path / "two plans"
    shutil.copytree(crossing, folder)
    with (folder / "signal_plan.csv").open("a", encoding="utf-8") as file:
        file.write("short,C,1,1,20,0,\nshort,C,2,2,8,0,\nshort,C,3,3,12,0,\n")
    return folder


def programs(file: Path) -> list[tuple[str, list[str]]]:
    """Name and durations of every program."""
    return [
        (tl.attrib["programID"], [phase.attrib["duration"] for phase in tl])
        for tl in ElementTree.parse(file).getroot().iter("tlLogic")
    ]


@needs_sumo
def test_sumo_runs_the_folder_as_it_is(crossing: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    found = signalsim("export", "sumo", crossing, "--out", out, "--seed", 5)
    assert found.returncode == 0, found.stderr
    vehicles = len(sample(build(load(crossing)), 5).depart_ms)
    config = out / "scenario.sumocfg"
    assert (
        found.stdout == f"{out}: 8 links, 1 signals and {vehicles:,} vehicles, ready for: sumo -c {config}\n"
    )
    assert found.stderr.startswith("not carried: saturation flows") and found.stderr.count("\n") == 1
    assert sorted(p.name for p in out.iterdir()) == [
        "net.net.xml", "routes.rou.xml", "scenario.sumocfg", "tls.add.xml",
    ]  # fmt: skip
    ran = subprocess.run(
        [binary("sumo"), "-c", config, "--statistic-output", tmp_path / "stat.xml"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    counts = ElementTree.parse(tmp_path / "stat.xml").getroot().find("vehicles")
    assert counts is not None
    assert [counts.attrib[k] for k in ("loaded", "inserted", "running", "waiting")] == [
        str(vehicles), str(vehicles), "0", "0",
    ]  # fmt: skip


@needs_sumo
def test_all_plans_are_there_and_the_wanted_one_is_last(two_plans: Path, tmp_path: Path) -> None:
    for plan in ("deployed", "short"):
        found = signalsim("export", "sumo", two_plans, "--out", tmp_path / plan, "--plan", plan)
        assert found.returncode == 0, found.stderr
        every = programs(tmp_path / plan / "tls.add.xml")
        assert sorted(name for name, _ in every) == ["deployed", "short"]
        assert every[-1][0] == plan
        in_net = programs(tmp_path / plan / "net.net.xml")
        assert [[float(d) for d in row] for _, row in in_net] == [[float(d) for d in every[-1][1]]]


@needs_sumo
def test_a_scenario_from_sumo_keeps_its_net_and_its_programs(scenarios: Path, tmp_path: Path) -> None:
    """The net of an export has the scenario's links as edges where there are no bays."""
    hangzhou = tmp_path / "in"
    shutil.copytree(scenarios / "hangzhou", hangzhou)
    assert signalsim("export", "sumo", hangzhou, "--out", tmp_path / "first").returncode == 0
    shutil.copy(tmp_path / "first" / "net.net.xml", hangzhou / "sumo.net.xml")
    found = signalsim("export", "sumo", hangzhou, "--out", tmp_path / "second")
    assert found.returncode == 0, found.stderr
    assert "signals are the programs of the network's own file" in found.stderr
    folders = [tmp_path / name for name in ("first", "second")]
    assert folders[0].joinpath("net.net.xml").read_bytes() == folders[1].joinpath("net.net.xml").read_bytes()
    departs = [
        [float(v.attrib["depart"]) for v in ElementTree.parse(f / "routes.rou.xml").getroot().iter("vehicle")]
        for f in folders
    ]
    start_s = 7 * 3600 + 50 * 60  # the scenario starts at 07:50; SUMO's time is that of the day
    assert departs[1] == pytest.approx([t + start_s for t in departs[0]], abs=1e-6)
    assert f'<begin value="{start_s}"/>' in (folders[1] / "scenario.sumocfg").read_text()
    planned = signalsim("export", "sumo", hangzhou, "--out", tmp_path / "third", "--plan", "deployed")
    assert planned.returncode == 0, planned.stderr
    ours, theirs = (
        {tl.attrib["id"]: tl for tl in ElementTree.parse(tmp_path / file).getroot().iter("tlLogic")}
        for file in ("third/tls.add.xml", "first/tls.add.xml")
    )
    assert ours.keys() == theirs.keys()
    for name, tl in ours.items():  # link by link the program that an export with a new net has
        assert [p.attrib for p in tl] == [p.attrib for p in theirs[name]]
        assert float(tl.attrib["offset"]) == float(theirs[name].attrib["offset"]) + start_s


def test_gmns_comes_back_with_the_same_records(crossing: Path, tmp_path: Path) -> None:
    found = signalsim("export", "gmns", crossing, "--out", tmp_path / "gmns")
    assert found.returncode == 0, found.stderr
    assert "signalsim import gmns" in found.stdout
    back = signalsim("import", "gmns", tmp_path / "gmns", "--out", tmp_path / "back")
    assert back.returncode == 0, back.stderr
    one, other = (simulate(s, seed=2, record="full").records for s in (crossing, tmp_path / "back"))
    assert one is not None and other is not None and len(one) > 1000
    assert np.array_equal(one, other)


def test_utdf_has_the_plan_that_was_asked_for(two_plans: Path, tmp_path: Path) -> None:
    file = tmp_path / "short.csv"
    found = signalsim("export", "utdf", two_plans, "--out", file, "--plan", "short")
    assert found.returncode == 0, found.stderr
    with file.open(encoding="utf-8") as opened:
        rows = {row[0]: row[2:] for row in csv.reader(opened) if len(row) > 2}
    assert [float(g) for g in rows["MaxGreen"] if g] == [20, 8, 12]
    assert float(rows["Cycle Length"][0]) == 55
    again = signalsim("export", "utdf", two_plans, "--out", file)
    assert (again.returncode, again.stderr.splitlines()[-1]) == (
        3,
        f"signalsim: --out {file}: is there already; name a new file",
    )


@pytest.mark.parametrize("kind", ["sumo", "utdf"])
def test_an_unknown_plan_is_refused_with_those_that_there_are(
    kind: str, crossing: Path, tmp_path: Path
) -> None:
    found = signalsim("export", kind, crossing, "--out", tmp_path / "out", "--plan", "evening")
    assert found.returncode == 3
    assert found.stderr == ("signalsim: --plan evening: the scenario has no such plan; there are: deployed\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["sumo", "gmns"])
def test_a_folder_that_holds_something_is_left_alone(kind: str, crossing: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    found = signalsim("export", kind, crossing, "--out", tmp_path)
    assert found.returncode == 3
    assert f"--out {tmp_path}: is there already and holds 'note.txt'" in found.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


def test_without_sumo_it_says_what_to_install(crossing: Path, tmp_path: Path) -> None:
    code = "import sys; sys.modules['sumo'] = None; from signalsim.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", code, "export", "sumo", crossing, "--out", tmp_path / "out"],
        capture_output=True, text=True, env={**os.environ, "PATH": str(tmp_path), "SUMO_HOME": ""},
    )  # fmt: skip
    assert found.returncode == 3
    assert "netconvert is not here" in found.stderr and "pip install 'signalsim[sumo]'" in found.stderr
    assert found.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@needs_sumo
def test_buses_stop_in_sumo_and_classes_are_told(crossing: Path, tmp_path: Path) -> None:
    """SUMO's own record of its stops: where, and how long, rounded up to its steps of half a second."""
    line, out = make_line(crossing, tmp_path / "line"), tmp_path / "out"
    found = signalsim("export", "sumo", line, "--out", out, "--seed", 3)
    assert found.returncode == 0, found.stderr
    assert "emergency vehicles pass no queue" in found.stderr
    arrivals = sample(build(load(line)), 3)
    stands = out / "stands.xml"
    done = subprocess.run(
        [binary("sumo"), "-c", out / "scenario.sumocfg", "--no-step-log", "--stop-output", stands],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "Warning" not in done.stderr, done.stderr
    lasted: dict[str, list[float]] = {}
    for stop in ElementTree.parse(stands).getroot():
        time_s = float(stop.attrib["ended"]) - float(stop.attrib["started"])
        lasted.setdefault(stop.attrib["id"], []).append(time_s)
    parts = [arrivals.route_dwell_ms[slice(*arrivals.route_start[r:][:2])] for r in arrivals.route]
    expected = {str(v): part[part > 0] / 1000 for v, part in enumerate(parts) if part.any()}
    assert lasted.keys() == expected.keys()
    for vehicle, times in lasted.items():
        assert np.all((expected[vehicle] <= times) & (times <= expected[vehicle] + 1)), vehicle
    types = [v.attrib["type"] for v in ElementTree.parse(out / "routes.rou.xml").getroot().iter("vehicle")]
    assert types == ["car", "bus", "heavy", "bus", "bus", "emergency", "car"]
