"""A new scenario whose turning counts add up."""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from signalsim.counts import WHOLE_APPROACH
from signalsim.counts.write import CountRow, write_rows
from signalsim.demand.entries import entered, entry_cells
from signalsim.demand.fitting import Balance
from signalsim.scenario.fitting import COUNTS_NAME, Source, copy_scenario


def write_balanced(source: Source, found: Balance, end: str, folder: Path) -> int:
    """Write a whole scenario with the balanced counts of one end into the existing ``folder``.

    Every movement keeps its course over the day; whole numbers by rounding running sums. Sources begin, and
    sinks end, on their links (opt_entry, opt_exit). Returns the number of vehicles that begin in the window.
    """
    copy_scenario(source, folder, end, {})
    name = folder / "scenario.toml"
    text = name.read_text(encoding="utf-8")
    own = source.counts.path.suffix
    name.write_text(text.replace(f'counts = "counts{own}"', f'counts = "{COUNTS_NAME}"'), encoding="utf-8")
    _mark_ends(folder / source.network.link.path.name, found.named(source.network))
    write_rows(_rows(source, found, end), folder / COUNTS_NAME)
    return round(found.total(end))


def entered_of(source: Source) -> np.ndarray:
    """(n_links,) vehicles of the window that were counted, link by link, as they begin; NaN: not counted."""
    counts, network = source.counts, source.network
    whole = counts.is_valid & (counts.movement == WHOLE_APPROACH)
    has_whole = np.bincount(counts.link[whole], minlength=len(network.link)) > 0
    cells, _ = entry_cells(counts, network, source.start_ms, source.window_ms[1], source.window_ms)
    return np.where(has_whole & network.is_origin, entered(cells, network, source.window_ms), np.nan)


def _rows(source: Source, found: Balance, end: str) -> Iterator[CountRow]:
    """Counts of movements at the balanced level, and of the vehicles that begin at sources."""
    counts, network = source.counts, source.network
    flow = found.flow[end]
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(found.counted > 0, flow / found.counted, 1.0)
    zone = source.opened.config.start_local.tzinfo
    series: dict[tuple[str, int, int, str], list[int]] = {}
    kinds, cameras = counts.table.texts("vehicle_class"), counts.table.texts("camera_id")
    begun = (counts.movement == WHOLE_APPROACH) & network.is_origin[counts.link]
    for row in np.flatnonzero(counts.is_valid & ((counts.movement >= 0) | begun)).tolist():
        key = cameras[row], int(counts.link[row]), int(counts.movement[row]), kinds[row]
        series.setdefault(key, []).append(row)
    course: dict[int, dict[tuple[int, int], float]] = {}  # of the links, for their sources
    for (camera, link, movement, kind), rows in sorted(series.items()):
        rows.sort(key=lambda row: int(counts.start_ms[row]))
        values = counts.count[rows] * (factor[movement] if movement >= 0 else 1.0)
        spans = [(int(counts.start_ms[row]), int(counts.end_ms[row])) for row in rows]
        turn = network.movement.ids[movement] if movement >= 0 else ""
        for span, value in zip(spans, values.tolist(), strict=True):
            course.setdefault(link, {}).setdefault(span, 0.0)
            course[link][span] += value
        for span, whole in zip(spans, _whole(values), strict=True):
            begin, stop = (datetime.fromtimestamp(t / 1000, zone).isoformat() for t in span)
            yield camera, begin, stop, network.link.ids[link], turn, kind, whole, "good"
    for name, extra in found.named(network).items():
        if extra > 0:
            link = network.link.index[name]
            spans = sorted(course[link])
            level = np.array([course[link][span] for span in spans])
            for span, whole in zip(spans, _whole(extra * level / level.sum()), strict=True):
                begin, stop = (datetime.fromtimestamp(t / 1000, zone).isoformat() for t in span)
                kind = next(k for (_, of, _, k) in series if of == link)
                yield name, begin, stop, name, "", kind, whole, "imputed"


def _whole(values: np.ndarray) -> list[int]:
    return [int(v) for v in np.diff(np.round(np.cumsum(values)), prepend=0.0)]


def _mark_ends(path: Path, extra: dict[str, float]) -> None:
    """Set opt_entry of sources and opt_exit of sinks in a link.csv."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    for row in rows:
        if row["link_id"] in extra:
            row["opt_entry" if extra[row["link_id"]] > 0 else "opt_exit"] = "1"
    columns += [name for name in ("opt_entry", "opt_exit") if name not in columns]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)
