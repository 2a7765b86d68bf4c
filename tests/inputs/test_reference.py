"""Scenarios whose tables are imported from the files that scenario.toml names."""

import shutil
from pathlib import Path

import pytest

from signalsim.errors import InputError
from signalsim.formats.gmns.write import write
from signalsim.scenario import build, load
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
@pytest.mark.parametrize("how", ["gone", "spoilt"])
def test_a_spoilt_cache_is_made_anew(name: str, how: str, folder: Path) -> None:
    digest = load(folder).digest()
    (kept,) = imports(folder)
    if how == "gone":
        (kept / name).unlink()
    else:
        (kept / "sources.json").write_text("[]")
    assert load(folder).digest() == digest


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
        ('source = "gmns"', 'nonsense = "gmns"', "are not the options of signalsim import gmns"),
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
