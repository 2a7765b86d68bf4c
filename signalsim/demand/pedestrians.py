"""Pedestrians: counts at crossings -> expected arrivals per interval -> who comes when, to which kerb.

Gaps and what lies outside the counted time are filled as those of vehicles are, see ``entries``.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from signalsim.counts import PedestrianCounts
from signalsim.demand.entries import fill, outside_rate, stream_rates
from signalsim.demand.model import MAX_VEHICLES, MIXED, Demand, EntryCells
from signalsim.engine.random import stream_key, uniform
from signalsim.errors import InputError

FAR_SHARE = 0.5  # of those who come to the kerb of the lanes that lead to the junction (assumption)
Draw = Callable[[EntryCells, np.uint64], tuple[np.ndarray, np.ndarray]]


def pedestrian_cells(
    counts: PedestrianCounts | None, crossings: tuple[str, ...], start_ms: int, window_ms: tuple[int, int]
) -> tuple[EntryCells, list[str]]:
    """Cells over [0, end of the demand window), ``link`` being the crossing, and what was assumed.

    ``start_ms``: UTC of simulated time 0. Raises InputError for more than memory is sure to hold.
    """
    end_ms = window_ms[1]
    columns: list[list[np.ndarray]] = [[] for _ in range(6)]
    warnings = []
    for x, name in enumerate(crossings if counts is not None else ()):
        assert counts is not None
        rows = np.flatnonzero((counts.crossing == x) & counts.is_valid)
        if not len(rows):
            warnings.append(f"{counts.path}: crossing '{name}' has no count, so nobody walks there")
            continue
        start, end = (np.clip(t - start_ms, 0, end_ms) for t in (counts.start_ms, counts.end_ms))
        grid = np.unique(np.concatenate([[0, *window_ms], start[rows], end[rows]]))
        rate = stream_rates(counts, rows, start, end, grid)
        counted = ~np.isnan(rate)
        rate = fill(rate, grid) if counted.any() else outside_rate(counts, rows, start_ms, grid)
        missing = int(np.diff(grid)[(grid[:-1] >= window_ms[0]) & ~counted].sum())
        if missing:
            warnings.append(
                f"{counts.path}: crossing '{name}' has no count for {missing / 1000:g} s of the demand "
                "window; filled from the neighbouring intervals"
            )
        n = len(rate)
        fields = (np.full(n, x), np.full(n, MIXED), grid[:-1], grid[1:], rate * np.diff(grid), counted)
        for column, values in zip(columns, fields, strict=True):
            column.append(values)
    if counts is None and crossings:
        warnings.append("there are crossings but no counts of pedestrians, so nobody walks")
    dtypes = (np.int32, np.int32, np.int64, np.int64, np.float64, np.bool_)
    cells = EntryCells(
        *(
            np.concatenate([np.zeros(0, dtype), *column]).astype(dtype)
            for column, dtype in zip(columns, dtypes, strict=True)
        )
    )
    if counts is not None and cells.vehicles.sum() > MAX_VEHICLES:
        raise InputError(
            f"{counts.path}: the counts make {cells.vehicles.sum():,.0f} pedestrians; at most "
            f"{MAX_VEHICLES:,} are possible: correct them or shorten the horizon"
        )
    return cells, warnings


def with_pedestrians(
    demand: Demand, counts: PedestrianCounts | None, crossings: tuple[str, ...], start_ms: int
) -> Demand:
    """The demand of a scenario with crossings, and what its counts of pedestrians make of them."""
    if not crossings:
        return demand
    cells, warnings = pedestrian_cells(counts, crossings, start_ms, demand.window_ms)
    return replace(
        demand, pedestrians=cells, n_crossings=len(crossings), warnings=(*demand.warnings, *warnings)
    )


def draw_pedestrians(
    cells: EntryCells, n_crossings: int, draw: Draw, seed: int, replication: int
) -> dict[str, np.ndarray]:
    """The fields of ``Arrivals`` that tell of pedestrians; ``draw`` makes (cell, ms) of cells."""
    cell, time = draw(cells, stream_key(seed, "pedestrians", replication))
    crossing = cells.link[cell]
    order = np.lexsort((time, crossing))
    far = uniform(stream_key(seed, "kerbs", replication), np.arange(len(order)), np.zeros(1)) < FAR_SHARE
    return {
        "pedestrian_start": np.searchsorted(crossing[order], np.arange(n_crossings + 1)).astype(np.int32),
        "pedestrian_ms": time[order],
        "pedestrian_far": far[: len(order)],
    }
