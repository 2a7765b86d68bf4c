"""Scenarios whose tables are imported from the files that scenario.toml names."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from signalsim.errors import InputError
from signalsim.formats.gmns.write import write
from signalsim.scenario import build, load, reference
from signalsim.scenario.findings import check_scenario
from signalsim.scenario.reference import whole_folder
from signalsim.simulation import simulate

TOML = """format_version = 1
name = "by-reference"
time_zone = "Europe/Berlin"
start = 2024-05-14T07:50:00+02:00
{more}
[source]
format = "gmns"
[source.files]
source = "gmns"
"""


@pytest.fixture
def folder(scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario.toml beside the tables of scenarios/crossing in GMNS, and an empty cache."""
    monkeypatch.setenv("SIGNALSIM_CACHE_DIR", str(tmp_path / "cache"))
    crossing = load(scenarios / "crossing")
    (tmp_path / "mine" / "gmns").mkdir(parents=True)
    write(crossing.network, crossing.signals, crossing.path, tmp_path / "mine" / "gmns")
    start = crossing.config.start_local.isoformat()
    (tmp_path / "mine" / "scenario.toml").write_text(
        TOML.format(more="").replace("2024-05-14T07:50:00+02:00", start)
    )
    return tmp_path / "mine"


def imports(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache" / "imports").iterdir())


def test_it_runs_like_the_scenario_it_refers_to(folder: Path, scenarios: Path) -> None:
    theirs = simulate(folder, "deployed", seed=3, record="full")
    ours = simulate(scenarios / "crossing", "deployed", seed=3, record="full")
    assert theirs.records is not None and ours.records is not None
    assert theirs.records.tobytes() == ours.records.tobytes()
    assert load(folder).name == "by-reference"


def test_what_scenario_toml_says_overrules_the_import(folder: Path) -> None:
    file = folder / "scenario.toml"
    file.write_text(file.read_text().replace("[source]\n", "[horizon]\ndrain_s = 60\n[source]\n"))
    scenario = load(folder)
    assert scenario.horizon.drain_s == 60
    assert scenario.horizon.demand_s == load(imports(folder)[0]).horizon.demand_s


def test_counts_beside_scenario_toml_come_before_imported_ones(folder: Path) -> None:
    load(folder)
    lines = (imports(folder)[0] / "counts.csv").read_text().splitlines()
    (folder / "counts.csv").write_text("\n".join(lines[:-1]) + "\n")
    counts = load(folder).counts
    assert counts is not None and counts.path == folder / "counts.csv"


def test_an_import_is_kept_until_its_files_change(folder: Path) -> None:
    load(folder)
    (kept,) = imports(folder)
    before = (kept / "scenario.toml").stat().st_mtime_ns
    load(folder)
    assert (kept / "scenario.toml").stat().st_mtime_ns == before
    digest = load(folder).digest()
    link = folder / "gmns" / "link.csv"
    names = link.read_text().splitlines()[0].split(",")
    first = link.read_text().splitlines()[1].split(",")
    first[names.index("length")] = str(float(first[names.index("length")]) + 10)
    link.write_text("\n".join([",".join(names), ",".join(first), *link.read_text().splitlines()[2:]]) + "\n")
    assert load(folder).digest() != digest


@pytest.mark.parametrize("name", ["node.csv", "sources.json"])
@pytest.mark.parametrize("how", ["gone", "spoilt", "cut"])
def test_a_spoilt_cache_is_made_anew(name: str, how: str, folder: Path) -> None:
    digest = load(folder).digest()
    (kept,) = imports(folder)
    if how == "gone":
        (kept / name).unlink()
    elif how == "cut":
        lines = (kept / name).read_text().splitlines()
        (kept / name).write_text("\n".join(lines[:-1]) + "\n")
    else:
        (kept / "sources.json").write_text("[]")
    assert load(folder).digest() == digest


def test_processes_that_import_at_once_do_not_disturb_each_other(folder: Path) -> None:
    code = "import sys; from signalsim.scenario import load; print(load(sys.argv[1]).digest())"
    command = [sys.executable, "-c", code, str(folder)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert told == {f"{load(folder).digest()}\n"}
    assert len(imports(folder)) == 1


def test_a_current_import_stays_where_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may be reading it."""
    load(folder)
    (kept,) = imports(folder)
    inode = kept.stat().st_ino
    answers = iter([False])
    current = reference._is_current
    monkeypatch.setattr(reference, "_is_current", lambda of: next(answers, None) is None and current(of))
    load(folder)
    assert kept.stat().st_ino == inode and imports(folder) == [kept]


def test_a_cache_that_cannot_be_written_to(folder: Path) -> None:
    (folder.parent / "cache").write_text("")
    with pytest.raises(InputError, match="SIGNALSIM_CACHE_DIR"):
        load(folder)


def test_a_whole_folder_needs_no_reference(folder: Path, tmp_path: Path) -> None:
    scenario = load(folder)
    with whole_folder(scenario.path, scenario.tables_path) as whole:
        shutil.copytree(whole, tmp_path / "whole")
    again = load(tmp_path / "whole")
    assert again.tables_path == again.path
    assert len(again.network.link) == len(scenario.network.link)
    assert build(again).tables.lane_slots.tolist() == build(scenario).tables.lane_slots.tolist()


def test_the_network_check_looks_at_the_imported_tables(folder: Path) -> None:
    assert check_scenario(folder).count("error") == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('source = "gmns"', 'nonsense = "gmns"', "is no option of signalsim import gmns; give source"),
        ('source = "gmns"', 'source = ["gmns", "b"]', "field 'source.files.source': is a list"),
        ('source = "gmns"', 'source = "a\\u0000b"', "unprintable"),
        (
            '"gmns"\n[source.files]\nsource',
            '"cityflow"\n[source.files]\nflow',
            "'source.files.roadnet': is missing",
        ),
        ('source = "gmns"', 'source = "wheel:a==1//etc"', "write a file of a wheel as"),
        ('source = "gmns"', "", "field 'source.files': is missing"),
        ('source = "gmns"', 'source = "absent"', "absent"),
        ('format = "gmns"', 'format = "maps"', "field 'source.format'"),
        (
            'source = "gmns"',
            'source = "wheel:no-such-package==1.0/x"',
            "fetch it once with: signalsim fetch wheel:no-such-package==1.0/x",
        ),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, message: str, folder: Path) -> None:
    file = folder / "scenario.toml"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(InputError) as caught:
        load(folder)
    assert message in str(caught.value) and "\n" not in str(caught.value)
