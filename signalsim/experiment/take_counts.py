"""Counts that virtual cameras take while a scenario runs: the count file of a network that has none.

A camera at the stop line of every link counts each movement; one at its beginning counts the
vehicles that begin there. They miss nothing and count nothing twice. What they see is traffic that
the plan in force lets through, not what would like to: a stop line in saturation shows capacity.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.counts.spec import COUNTS
from signalsim.engine.surface import Sight
from signalsim.errors import InputError
from signalsim.simulation import Watch, simulate
from signalsim.store import new_file

MIN_INTERVAL_S, MAX_INTERVAL_S = 1.0, 86_400.0  # what a count file may hold


@dataclass(frozen=True)
class Counted:
    """Vehicles by interval of the demand window."""

    edges_ms: np.ndarray  # (n_intervals + 1,) int64, after simulated time 0
    movement: np.ndarray  # (n_intervals, n_movements) int64, that crossed the stop line by it
    link: np.ndarray  # (n_intervals, n_links) int64, that began there
    waiting: int  # wished to begin in the window and could not


def take_counts(
    built: Any,
    *,
    interval_s: float = 900.0,
    controller: Any = "deployed",
    engine: str = "numba",
    seed: int = 0,
    on_compile: Callable[[], None] | None = None,
) -> Counted:
    """Run a built scenario once under perfect cameras. Raises InputError."""
    edges_ms = _edges(built.scenario.horizon, interval_s)
    crossed: list[np.ndarray] = []

    def look(sight: Sight) -> None:
        crossed.append(sight.movement_out.copy())

    run = simulate(
        built,
        controller,
        seed=seed,
        engine=engine,
        on_compile=on_compile,
        watch=Watch(edges_ms.tolist(), look),
    )
    enter_ms, depart_ms = run.sums.enter_ms, run.sums.depart_ms
    end_ms = edges_ms[-1]
    wished = (depart_ms >= edges_ms[0]) & (depart_ms < end_ms)
    return Counted(
        edges_ms=edges_ms,
        movement=np.diff(np.array(crossed, np.int64), axis=0),
        link=_begun(built, seed, enter_ms, edges_ms),
        waiting=int((wished & ((enter_ms < 0) | (enter_ms >= end_ms))).sum()),
    )


def _edges(horizon: Any, interval_s: float) -> np.ndarray:
    """(n_intervals + 1,) int64 ms: the demand window in intervals; what remains is the last one, unless
    it is too short for one of its own.
    """
    if not MIN_INTERVAL_S <= interval_s <= MAX_INTERVAL_S:
        raise InputError(f"--interval {interval_s:g}: give {MIN_INTERVAL_S:g} to {MAX_INTERVAL_S:,g} s")
    start, step = round(1000 * horizon.warm_up_s), round(1000 * interval_s)
    end = start + round(1000 * horizon.demand_s)
    edges = np.arange(start, end, step)
    if len(edges) > 1 and end - edges[-1] < 1000 * MIN_INTERVAL_S:
        edges = edges[:-1]
    return np.append(edges, end).astype(np.int64)


def _begun(built: Any, seed: int, enter_ms: np.ndarray, edges_ms: np.ndarray) -> np.ndarray:
    """(n_intervals, n_links) vehicles that came out of their source, by the time when they did."""
    from signalsim.demand import sample

    arrivals = sample(built, seed)
    link = arrivals.route_link[arrivals.route]
    interval = np.searchsorted(edges_ms, enter_ms, side="right") - 1
    n_intervals, n_links = len(edges_ms) - 1, len(built.index.links)
    inside = (enter_ms >= 0) & (interval >= 0) & (interval < n_intervals)
    place = interval[inside] * n_links + link[inside]
    return np.bincount(place, minlength=n_intervals * n_links).reshape(n_intervals, n_links)


def write_counts(counted: Counted, scenario: Any, out: Path) -> None:
    """Write a new count file, whole or not at all; a camera is called like its link. Raises InputError."""
    with new_file(out) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [column.name for column in COUNTS.columns], lineterminator="\n")
        writer.writeheader()
        writer.writerows(_rows(counted, scenario))


def _rows(counted: Counted, scenario: Any) -> Iterator[dict[str, Any]]:
    """By link and movement, then by time; entry links first have the vehicles that begin there."""
    network, zone = scenario.network, scenario.config.start_local.tzinfo
    times = [_iso(scenario.config.start_ms + int(t), zone) for t in counted.edges_ms]
    streams = [(int(link), "", counted.link[:, link]) for link in np.flatnonzero(network.is_origin)]
    for movement, name in enumerate(network.movement.ids):
        streams.append((int(network.movement_from[movement]), name, counted.movement[:, movement]))
    for link, name, counts in sorted(streams, key=lambda stream: stream[:2]):
        for k, count in enumerate(counts.tolist()):
            yield {
                "camera_id": network.link.ids[link],
                "interval_start": times[k],
                "interval_end": times[k + 1],
                "link_id": network.link.ids[link],
                "movement_id": name,
                "count": count,
                "vehicle_class": "all",
                "quality": "good",
            }


def _iso(utc_ms: int, zone: tzinfo | None) -> str:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc_ms)
    return instant.astimezone(zone).isoformat()
