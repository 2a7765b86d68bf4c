"""SUMO with crossings: nobody walks there, and the interlock shows what it may."""

import shutil
from pathlib import Path

import pytest
from support.crosswalks import add_crossings
from support.safety import dangers
from typer.testing import CliRunner

from signalsim.cli import app
from signalsim.engine.records import Kind
from signalsim.experiment.tables import tables_of
from signalsim.scenario import build, load
from signalsim.simulation import simulate


@pytest.fixture
def walked(scenarios: Path, tmp_path: Path) -> Path:
    folder = add_crossings(shutil.copytree(scenarios / "crossing", tmp_path / "crossing"))
    text = (folder / "scenario.toml").read_text()
    text = text.replace("demand_s = 3600", "demand_s = 600").replace("drain_s = 1800", "drain_s = 300")
    (folder / "scenario.toml").write_text(text)
    return folder


def test_walks_without_a_button_are_shown_and_nobody_calls(walked: Path) -> None:
    built = build(load(walked))
    run = simulate(built, "deployed", engine="sumo", record="full")
    found = [danger for danger in dangers(built.tables, run.records) if "was yellow for" not in danger]
    assert found == []  # 3.5 s of yellow are 4 s there: lamps change at whole seconds
    lamps = run.records[run.records["kind"] == Kind.ASPECT]
    shown = {built.index.groups[g] for g in lamps["entity"][lamps["value"] == 2]}
    assert {"PS", "PW"} <= shown and "PN" not in shown
    assert not (run.records["kind"] == Kind.WALK).any()
    assert "crossings" not in tables_of(run)


def test_it_says_what_it_leaves_out(walked: Path) -> None:
    result = CliRunner().invoke(app, ["run", str(walked), "--engine", "sumo", "--json"])
    assert result.exit_code == 0, result.output
    assert "SUMO simulates no pedestrians" in result.stderr
    assert "mean_pedestrian_delay_s" not in result.stdout
    result = CliRunner().invoke(app, ["export", "sumo", str(walked), "--out", str(walked.parent / "out")])
    assert result.exit_code == 0, result.output
    assert "not carried" in result.stderr and "pedestrians and their crossings" in result.stderr
