"""The map of a network with what a check found, marked where it is."""

import csv
import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from signalsim.network.findings import ERROR, KINDS, Finding, counted, link_lines, point_along
from signalsim.scenario.findings import Checked
from signalsim.store import new_folder

from .style import INK, MUTED, STAGE_HUES, house_style, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FILES = frozenset({"findings.csv", "map.png", "map.svg"})
_MAX_NAME = 50
MAX_NUMBERS = 30  # with more, numbers hide the map
_ROAD, _ARROW = "#a9b4bd", "#76838f"
_HUES, _SHAPES = STAGE_HUES[:7], ("o", "s", "D", "^", "P", ">", "p", "v")  # 7 and 8: 56 pairs
_ROOM = {"^": (0, -1.8), "v": (0, 1.8), ">": (-1.5, 0)}  # pt: where a number fits, off the middle
_LIGHT = ("#E69F00", "#56B4E9", "#CC79A7")  # dark figures are read better on them
_WIDTH, _LOWEST, _TALLEST = 7.6, 2.6, 8.2  # in: the map's box
_MARGIN, _TOP, _LEGEND_ROW = 0.25, 0.5, 0.21  # in
_NUMBERED, _PLAIN, _SMALLEST = 13.0, 6.5, 2.6  # pt: diameter of a marker; the last where they are thousands


class _View(NamedTuple):
    """What the map's box shows, so that distances on paper are known before anything is drawn."""

    middle: np.ndarray  # (2,) m
    width_in: float
    height_in: float
    m_per_pt: float


def write_check(checked: Checked, folder: Path) -> None:
    """Write ``folder``: findings.csv, map.png and map.svg; all or nothing. Raises InputError."""
    with new_folder(folder, FILES) as part:
        with (part / "findings.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(_rows(checked.findings))
        with house_style(salt="map"):
            figure = network_map(checked)
            for suffix in (".png", ".svg"):
                save(figure, part / f"map{suffix}")


def _rows(findings: list[Finding]) -> list[list[object]]:
    """The header and a row per finding; an unknown position is empty."""
    rows: list[list[object]] = [["number", *Finding.__dataclass_fields__]]
    for number, found in enumerate(findings, 1):
        x, y = ("" if math.isnan(v) else f"{v:.2f}" for v in (found.x, found.y))
        rows.append([number, found.kind, found.level, found.place, found.id, x, y, found.text])
    return rows


def network_map(checked: Checked) -> "Figure":
    """Roads in grey, one line per direction on the side where one drives; signals as dots; findings as
    markers by kind: filled for an error, hollow for a note, with their numbers where there are few.
    """
    from matplotlib.figure import Figure

    placed = [(k, f) for k, f in enumerate(checked.findings, 1) if not math.isnan(f.x + f.y)]
    view = _view(checked, [f for _, f in placed])
    kinds = [kind for kind in KINDS if any(f.kind == kind for _, f in placed)]
    entries = 2 + len({(f.kind, f.level) for _, f in placed})
    bottom = 0.46 + _LEGEND_ROW * -(-entries // 2)
    size = (view.width_in + 2 * _MARGIN, view.height_in + _TOP + bottom)
    figure = Figure(figsize=size)
    axes = figure.add_axes(
        (_MARGIN / size[0], bottom / size[1], view.width_in / size[0], view.height_in / size[1])
    )
    half = 36 * view.m_per_pt * np.array([view.width_in, view.height_in])
    axes.set_xlim(view.middle[0] - half[0], view.middle[0] + half[0])
    axes.set_ylim(view.middle[1] - half[1], view.middle[1] + half[1])
    axes.set_axis_off()
    _draw_roads(axes, checked, view)
    _draw_signals(axes, checked)
    _draw_findings(axes, placed, view)
    _frame(figure, axes, checked, view, len(placed))
    _legend(figure, axes, kinds, placed)
    return figure


def _view(checked: Checked, placed: list[Finding]) -> _View:
    node = checked.reading.node
    points = np.stack([node.numbers("x_coord"), node.numbers("y_coord")], -1)
    points = np.vstack([points, np.array([[f.x, f.y] for f in placed]).reshape(-1, 2)])
    points = points[np.isfinite(points).all(1)]
    low, high = (points.min(0), points.max(0)) if len(points) else (np.zeros(2), np.zeros(2))
    span = np.maximum(high - low, max(100.0, 0.02 * float((high - low).max())))
    room_in = 2 * _NUMBERED / 72  # markers at the rim stay inside
    height = float(np.clip(_WIDTH * span[1] / span[0] + room_in, _LOWEST, _TALLEST))
    m_per_in = max(span[0] / (_WIDTH - room_in), span[1] / (height - room_in))
    return _View((low + high) / 2, _WIDTH, height, m_per_in / 72)


def _draw_roads(axes: "Axes", checked: Checked, view: _View) -> None:
    from matplotlib.collections import LineCollection, PolyCollection

    net = checked.reading.network
    ends = list(zip(net.link_from.tolist(), net.link_to.tolist(), strict=True))
    roads = set(ends)
    is_crowded = len(ends) > 1000
    side = (1 if net.drive_right else -1) * view.m_per_pt * (0.6 if is_crowded else 1.5)
    lines, arrows = [], []
    for (a, b), line in zip(ends, link_lines(net) if len(ends) else [], strict=True):
        if not np.isfinite(line).all():
            continue
        moved = _beside(line, side if (b, a) in roads else 0.0)
        lines.append(moved)
        if (arrow := _arrow(moved, view.m_per_pt * (2.6 if is_crowded else 4))) is not None:
            arrows.append(arrow)
    axes.add_collection(
        LineCollection(lines, colors=_ROAD, linewidths=0.7 if is_crowded else 1.2, zorder=1), autolim=False
    )
    axes.add_collection(PolyCollection(arrows, facecolors=_ARROW, linewidths=0, zorder=1.1), autolim=False)


def _beside(line: np.ndarray, distance: float) -> np.ndarray:
    """The line (k, 2) moved to the right of its direction."""
    way = np.gradient(line, axis=0)
    length = np.hypot(*way.T)[:, None]
    way = np.divide(way, length, out=np.zeros_like(way), where=length > 0)
    return line + distance * np.stack([way[:, 1], -way[:, 0]], -1)


def _arrow(line: np.ndarray, size: float) -> np.ndarray | None:
    """A triangle (3, 2) before the middle (findings are behind it), if the line is long enough for one."""
    if np.hypot(*np.diff(line, axis=0).T).sum() < 5 * size:
        return None
    tip, tail = (np.array(point_along(line, 0.4, before)) for before in (0.0, size))
    across = np.array([-(tip - tail)[1], (tip - tail)[0]]) * 0.42
    return np.stack([tip, tail + across, tail - across])


def _draw_signals(axes: "Axes", checked: Checked) -> None:
    net = checked.reading.network
    group = net.movement.texts("opt_signal_group_id")
    nodes = {int(node) for node, name in zip(net.movement_node, group, strict=True) if name}
    nodes |= {i for i, kind in enumerate(net.node.texts("ctrl_type")) if kind == "signal"}
    at = sorted(nodes)
    x, y = net.node.numbers("x_coord")[at], net.node.numbers("y_coord")[at]
    is_crowded = len(checked.findings) > MAX_NUMBERS  # then they are seen in the hollow of markers
    look = {"markersize": 3.2, "zorder": 3.1} if is_crowded else {"markersize": 5, "zorder": 2}
    axes.plot(x, y, "o", color=INK, markeredgecolor="white", markeredgewidth=0.6, **look)


def _look(kind: str, level: str) -> dict[str, object]:
    """Marker of a kind: shape and hue by its place in ``KINDS``; errors are filled."""
    place = list(KINDS).index(kind)
    hue = _HUES[place % len(_HUES)]
    face = hue if level == ERROR else "white"
    return {"marker": _SHAPES[place % len(_SHAPES)], "markerfacecolor": face, "markeredgecolor": hue}


def _draw_findings(axes: "Axes", placed: list[tuple[int, Finding]], view: _View) -> None:
    """Numbered ones each find a free place. Of the others, those of one kind and place are one marker with
    their number beside it, and kinds of one place stand in a row.
    """
    errors = [(k, f) for k, f in placed if f.level == ERROR]
    numbered = next((group for group in (placed, errors) if len(group) <= MAX_NUMBERS), [])
    shown = {k for k, _ in numbered}
    _plain_marks(axes, [f for k, f in placed if k not in shown], view)
    true = np.array([[f.x, f.y] for _, f in numbered]).reshape(-1, 2)
    for (k, found), place, spot in zip(numbered, _spread(true, view), true, strict=True):
        _numbered_mark(axes, k, found, place, spot)


def _plain_marks(axes: "Axes", findings: list[Finding], view: _View) -> None:
    size = float(np.clip(_PLAIN * (500 / max(len(findings), 1)) ** 0.5, _SMALLEST, _PLAIN))
    same = Counter((f.x, f.y, f.kind, f.level) for f in reversed(findings))
    beside: Counter[tuple[float, float]] = Counter()
    marks: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for (x, y, kind, level), count in same.items():
        place = (x + beside[x, y] * 0.9 * size * view.m_per_pt, y)
        beside[x, y] += 1
        marks.setdefault((kind, level), []).append(place)
        if count > 1:
            axes.annotate(
                str(count), place, (0, 0.55 * size), textcoords="offset points", ha="center", va="bottom",
                fontsize=6.5, color=INK, zorder=3.2,
            )  # fmt: skip
    for (kind, level), places in marks.items():  # errors come last, on top
        columns = zip(*places, strict=True)
        look = {**_look(kind, level), "linestyle": "", "markersize": size, "markeredgewidth": size / 5}
        axes.plot(*columns, **look, zorder=3)  # type: ignore[arg-type]


def _numbered_mark(axes: "Axes", number: int, found: Finding, place: np.ndarray, spot: np.ndarray) -> None:
    look = _look(found.kind, found.level)
    hue = look["markeredgecolor"]
    if not np.array_equal(place, spot):
        axes.plot(*zip(spot, place, strict=True), color=hue, linewidth=0.9, zorder=2.8)
        axes.plot(*spot, "o", color=hue, markersize=3, zorder=2.9)
    size = _NUMBERED * (1.25 if look["marker"] == "P" else 1)  # its arms must hold the number
    axes.plot(*place, **look, markersize=size, markeredgewidth=1.4, zorder=3)  # type: ignore[arg-type]
    ink = "white" if found.level == ERROR and hue not in _LIGHT else INK
    right, up = _ROOM.get(str(look["marker"]), (0, 0))
    axes.annotate(
        str(number), tuple(place), (right, up - 0.3), textcoords="offset points", ha="center", va="center",
        fontsize=7, fontweight="bold", color=ink, zorder=3.1,
    )  # fmt: skip


def _spread(spots: np.ndarray, view: _View) -> np.ndarray:
    """Places (n, 2) for markers near their spots, such that none covers another and all are in the box."""
    apart = 1.35 * _NUMBERED * view.m_per_pt
    half = (36 * np.array([view.width_in, view.height_in]) - _NUMBERED / 2) * view.m_per_pt
    ring = np.array([[math.cos(a), math.sin(a)] for a in np.arange(12) * math.pi / 6 + math.pi / 4])
    tries = np.vstack([[[0.0, 0.0]], *(apart * radius * ring for radius in np.arange(1.0, 8.0, 0.5))])
    places = spots.copy()
    for i, spot in enumerate(spots):
        options = spot + tries
        inside = (np.abs(options - view.middle) <= half).all(1)
        gap = np.hypot(*(options[:, None] - places[None, :i]).transpose(2, 0, 1)).min(1, initial=np.inf)
        free = np.flatnonzero(inside & (gap >= apart * 0.99))
        places[i] = options[free[0]] if len(free) else spot
    return places


def _frame(figure: "Figure", axes: "Axes", checked: Checked, view: _View, n_placed: int) -> None:
    """Title, north, scale, and how many findings have no place."""
    width, height = figure.get_size_inches()
    left, top = _MARGIN / width, 1 - 0.12 / height
    name = checked.name if len(checked.name) <= _MAX_NAME else checked.name[: _MAX_NAME - 1] + "…"
    figure.text(
        left, top, f"{name}: {checked.summary}", ha="left", va="top", fontweight="bold", fontsize=10.5,
        parse_math=False,
    )  # fmt: skip
    right = 1 - _MARGIN / width
    figure.text(right - 0.12 / width, top, "N", ha="center", va="top", fontsize=9, color=MUTED)
    axes.annotate(
        "", (right, 1 - 0.08 / height), (right, 1 - 0.36 / height), xycoords="figure fraction",
        textcoords="figure fraction", arrowprops={"arrowstyle": "-|>", "color": MUTED, "shrinkA": 0,
                                                   "shrinkB": 0},
    )  # fmt: skip
    length = _round_length(view.width_in * 72 * view.m_per_pt / 5)
    y, x = axes.get_position().y0 - 0.2 / height, axes.get_position().x0
    share = length / (72 * view.m_per_pt) / width
    figure.add_artist(_bar(figure, x, x + share, y, 0.05 / height))
    label = f"{length:g} m" if length < 1000 else f"{length / 1000:g} km"
    figure.text(x + share + 0.08 / width, y, label, va="center", fontsize=8.5, color=MUTED)
    missing = len(checked.findings) - n_placed
    words = ["a figure at a marker: so many of one kind there"] * (n_placed > MAX_NUMBERS)
    words += [f"without a place on the map: {missing}"] * (missing > 0)
    figure.text(right, y, "; ".join(words), ha="right", va="center", fontsize=8.5, color=MUTED)


def _bar(figure: "Figure", x0: float, x1: float, y: float, tick: float):  # type: ignore[no-untyped-def]
    from matplotlib.lines import Line2D

    return Line2D(
        [x0, x0, x0, x1, x1, x1], [y + tick, y - tick, y, y, y - tick, y + tick], color=MUTED, linewidth=1.2,
        transform=figure.transFigure,
    )  # fmt: skip


def _round_length(metres: float) -> float:
    """The longest 1, 2 or 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return next(power * digit for digit in (5, 2, 1) if power * digit <= metres * (1 + 1e-9))


def _legend(figure: "Figure", axes: "Axes", kinds: list[str], placed: list[tuple[int, Finding]]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=_ROAD, linewidth=1.5, label="road, a line per direction"),
        Line2D([], [], color=INK, marker="o", markersize=4.5, linestyle="", label="signal"),
    ]
    for kind in kinds:
        for level in dict.fromkeys(f.level for _, f in placed if f.kind == kind):
            count = sum(f.kind == kind and f.level == level for _, f in placed)
            label = f"{KINDS[kind]} ({counted(count, level)})"
            handles.append(
                Line2D([], [], **_look(kind, level), linestyle="", markersize=7, label=label)  # type: ignore[arg-type]
            )
    width, height = figure.get_size_inches()
    figure.legend(
        handles=handles, loc="upper left", ncols=2, fontsize=8.5, borderaxespad=0, handlelength=1.6,
        bbox_to_anchor=(_MARGIN / width, axes.get_position().y0 - 0.36 / height), columnspacing=2.5,
    )  # fmt: skip
