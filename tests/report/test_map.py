"""The map of a check: every finding is where it should be, and nothing covers anything else."""

import csv
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection

from signalsim.errors import InputError
from signalsim.network.findings import KINDS, Finding
from signalsim.report.map import (
    _HUES,
    _NUMBERED,
    FILES,
    _look,
    _round_length,
    _spread,
    _View,
    network_map,
    write_check,
)
from signalsim.report.style import house_style
from signalsim.scenario.findings import Checked, check_scenario


@pytest.fixture
def folder(scenarios: Path, tmp_path: Path) -> Path:
    """A copy of the crossing with a short link and a reference to a node that is not there."""
    copy = Path(shutil.copytree(scenarios / "crossing", tmp_path / "crossing"))
    text = (copy / "link.csv").read_text()
    (copy / "link.csv").write_text(text.replace("S_out,C,S,300", "S_out,C,S,6") + "X,Q,C,300,1,50,\n")
    return copy


@pytest.fixture
def checked(folder: Path) -> Checked:
    return check_scenario(folder)


def many(checked: Checked, n: int) -> Checked:
    """With n findings along the northern arm, every fifth where the one before is."""
    rows = [
        Finding(
            "lost-to-slots", "note", f"link.csv, row {k}", str(k), 0.0, 300.0 * (k - (k % 5 == 4)) / n, "…"
        )
        for k in range(n)
    ]
    return replace(checked, findings=[*checked.findings, *rows])


def words(figure) -> list[str]:
    return [text.get_text() for text in (*figure.texts, *figure.axes[0].texts)]


def test_marks_numbers_and_legend(checked: Checked) -> None:
    figure = network_map(checked)
    assert [(f.kind, f.level) for f in checked.findings] == [
        ("absent-reference", "error"),
        ("short-link", "note"),
    ]
    assert {"crossing: 1 error, 1 note", "1", "2", "N"} <= set(words(figure))
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[2:] == ["reference to what is not there (1 error)", "shorter than a vehicle (1 note)"]
    spots = {(line.get_xdata()[0], line.get_ydata()[0]) for line in figure.axes[0].lines}
    assert {(0, 0), (0, -180)} <= spots


def test_with_many_findings_numbers_give_way_to_counts(checked: Checked) -> None:
    figure = network_map(many(checked, 40))
    figures = sorted(text for text in words(figure) if text.isdigit())
    assert figures == ["1", *["2"] * 8]  # the one error keeps its number
    assert any("so many of one kind there" in text for text in words(figure))


@pytest.mark.parametrize("n", [0, 28, 400])
def test_words_lie_clear_of_the_map_and_of_each_other(checked: Checked, n: int) -> None:
    named = replace(many(checked, n), name="A $name$ that is as long as names may be: $ " + 55 * "W")
    with house_style(salt="map"):
        figure = network_map(named)
        figure.draw_without_rendering()
        axes = figure.axes[0].get_window_extent()
        boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]
        legend = figure.legends[0].get_window_extent()
    page = figure.bbox
    for i, box in enumerate([*boxes, legend]):
        assert not box.overlaps(axes)
        assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1
        assert not any(box.overlaps(other) for other in [*boxes, legend][:i])


def test_each_direction_lies_on_the_side_where_one_drives(checked: Checked) -> None:
    """N_in leads south, so west is on its right; X with its unknown beginning is not drawn."""
    for drive_right, side in ((True, -1), (False, 1)):
        network = replace(checked.reading.network, drive_right=drive_right)
        figure = network_map(replace(checked, reading=replace(checked.reading, network=network)))
        (lines,) = (c for c in figure.axes[0].collections if isinstance(c, LineCollection))
        segments = dict(zip(network.link.ids, lines.get_segments(), strict=True))
        assert np.sign(segments["N_in"][:, 0]).tolist() == [side, side]
        assert np.sign(segments["N_out"][:, 0]).tolist() == [-side, -side]
        assert "X" not in segments


def test_what_has_no_place_is_said(checked: Checked) -> None:
    nowhere = Finding("value", "error", "node.csv, row 2", "C", math.nan, math.nan, "…")
    figure = network_map(replace(checked, findings=[nowhere]))
    assert "without a place on the map: 1" in words(figure)


def test_a_network_without_any_position_has_a_map(folder: Path) -> None:
    rows = (folder / "node.csv").read_text().splitlines()
    (folder / "node.csv").write_text(
        "\n".join([rows[0], *(f"{row[0]},east,north,," for row in rows[1:])]) + "\n"
    )
    assert "without a place on the map: 12" in words(network_map(check_scenario(folder)))


def test_files_are_the_same_each_time_and_replace_their_like(checked: Checked, tmp_path: Path) -> None:
    def written() -> dict[str, bytes]:
        write_check(checked, tmp_path / "out")
        return {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    first = written()
    assert first.keys() == FILES
    assert written() == first
    rows = list(csv.DictReader(first["findings.csv"].decode().splitlines()))
    assert [row["kind"] for row in rows] == ["absent-reference", "short-link"]
    assert rows[1]["y"] == "-180.00"
    (tmp_path / "out" / "mine.txt").touch()
    with pytest.raises(InputError, match=r"mine\.txt"):
        write_check(checked, tmp_path / "out")


def test_no_two_kinds_look_alike() -> None:
    looks = {(look["marker"], look["markeredgecolor"]) for look in (_look(kind, "note") for kind in KINDS)}
    assert len(looks) == len(KINDS)
    assert len(set(_HUES)) == len(_HUES)


@given(st.lists(st.tuples(st.integers(-500, 500), st.integers(-300, 300)), max_size=30))
def test_numbered_markers_never_cover_each_other(spots: list[tuple[int, int]]) -> None:
    view = _View(np.zeros(2), 7.6, 5.0, 1000 / (7.6 * 72))
    places = _spread(np.array(spots, float).reshape(-1, 2), view)
    gap = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1)) / view.m_per_pt
    np.fill_diagonal(gap, np.inf)
    assert (gap >= 1.3 * _NUMBERED).all()


@pytest.mark.parametrize(
    ("metres", "bar"), [(1, 1), (99, 50), (100, 100), (240, 200), (0.3, 0.2), (7e6, 5e6)]
)
def test_scale_bar_is_a_round_length(metres: float, bar: float) -> None:
    assert _round_length(metres) == pytest.approx(bar)
