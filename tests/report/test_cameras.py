"""The figure of benefit against camera quality: there with several presets, in the folder and on the page."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest

from signalsim.errors import InputError
from signalsim.experiment import compare, read_sweep
from signalsim.report import write_comparison
from signalsim.report.cameras import camera_figure, shows_cameras
from signalsim.scenario import load


def test_cameras_have_a_curve_where_there_are_several(scenarios: Path, tmp_path: Path) -> None:
    names = ["deployed", "uniform", "max-pressure"]
    several = compare(load(scenarios / "crossing"), names, replications=2, sensors=["perfect", "poor"])
    write_comparison(several, tmp_path / "several")
    assert (tmp_path / "several" / "figures" / "cameras.svg").is_file()
    assert "How good must the cameras be?" in (tmp_path / "several" / "report.html").read_text(
        encoding="utf-8"
    )
    (axes,) = camera_figure(several).axes
    curves = {bar.get_label(): bar.lines[0].get_ydata() for bar in axes.containers}
    assert set(curves) == {"uniform", "max-pressure"}
    for name, values in curves.items():
        told = [several.difference(preset, name, "mean_delay_s").mean for preset in ("perfect", "poor")]
        assert np.array_equal(values, told)
    assert curves["uniform"][0] == curves["uniform"][1]  # looks at no camera


def test_one_preset_has_no_curve(scenarios: Path) -> None:
    one = compare(load(scenarios / "crossing"), ["deployed", "uniform"], replications=1)
    assert not shows_cameras(one)


def test_a_sweep_shows_the_benefit_over_one_or_two_parameters(scenarios, tmp_path):
    """One run more per camera for who looks at them; a curve, then maps; the table has what they show."""
    base, names = "perfect:queue_error=0.2", ["deployed", "webster", "split-reallocation"]
    one, two = [(0.0,), (0.5,)], [(0.0, 0.0), (30.0, 0.0)]
    for texts, points in ((["miss=0.5,0"], one), (["latency_s=0,30", "miss=0"], two)):
        sweep, done = read_sweep(texts, base), []
        assert sweep.points == points
        found = compare(
            scenarios / "crossing", names, replications=2, sensors=sweep,
            progress=lambda *shown, done=done: done.append(shown),
        )  # fmt: skip
        assert len(done) == 2 * (2 + len(points))
        out = tmp_path / "result"  # the second time an earlier result is replaced
        write_comparison(found, out)
        rows = list(csv.DictReader((out / "sweep.csv").read_text(encoding="utf-8").splitlines()))
        assert len(rows) == len(points) * 3
        for row, (point, name) in zip(rows, itertools.product(points, names), strict=True):
            assert row["controller"] == name and tuple(float(row[n]) for n in sweep.names) == point
            difference = found.difference(sweep.camera(point), name, "mean_delay_s")
            assert float(row["difference_s"]) == difference.mean and float(row["low_s"]) == difference.low
        fixed = {row["mean_delay_s"] for row in rows if row["controller"] == "webster"}
        assert len(fixed) == 1 and len({row["mean_delay_s"] for row in rows}) == 2 + len(points)
        figure = (out / "figures" / "sweep.svg").read_text(encoding="utf-8")
        assert ("whatever the cameras: webster" in figure.lower()) == (len(texts) == 2)
        assert (
            sweep.names[0] in figure and sorted(p.name for p in (out / "figures").iterdir())[0] == "sweep.png"
        )
        page = (out / "report.html").read_text(encoding="utf-8")
        assert "How good must the cameras be?" in page and "perfect:queue_error=0.2" in page


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["miss"], "--sweep 'miss': write parameter=value,value,… such as miss=0,0.1,0.2,0.4"),
        (["miss=0,a"], "--sweep 'miss=0,a': write parameter=value"),
        (["mist=0,1"], "'mist' is no parameter of a camera; did you mean 'miss'?"),
        (["miss=0,0.99"], "camera, field 'miss': 0.99 is outside 0 to 0.9"),
        (["miss=0", "miss=0.1"], "--sweep miss is given twice; put all values into one"),
        (["miss=0", "double=0", "frame_s=0"], "--sweep is given 3 times; a figure has two axes"),
    ],
)
def test_a_wrong_sweep_is_named(texts, message):
    with pytest.raises(InputError) as error:
        read_sweep(texts, "typical")
    assert message in str(error.value)
