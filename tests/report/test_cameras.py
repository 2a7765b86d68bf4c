"""The figure of benefit against camera quality: there with several presets, in the folder and on the page."""

from pathlib import Path

import numpy as np

from signalsim.experiment import compare
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
