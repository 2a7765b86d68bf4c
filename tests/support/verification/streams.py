"""Chains of links, a merge and a corridor for the engine: what ``waves`` computes, run."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from signalsim.engine.records import Kind
from support.roads import arrivals_of, run, tables_of, two_stages

from .roads import CHANGE_MS
from .waves import Link


def chain_passages(engine: str, depart_ms: Sequence[int], links: Sequence[Link], until_ms: int) -> np.ndarray:
    """(n links + 1, vehicles) entries and passages of ``links`` as the engine's records have them, ms.

    The greens of a link's signal are those of group 1 of the one junction.
    """
    greens = next((link.greens for link in links if link.greens), ())
    rows = [
        {
            "travel_ms": link.travel_ms,
            "slots": 2 * link.room,
            "wave_ms": link.wave_ms,
            "headway_ms": link.headway_ms,
        }
        for link in links
    ]
    movements = []
    for k, link in enumerate(links[:-1]):
        signal = {"group": 1, **link.rule.movement()} if link.greens else {}
        movements.append({"a": k, "b": k + 1, **signal, "headway_ms": link.headway_ms})
    tables = tables_of(rows, movements, signals=two_stages(0, 3000, CHANGE_MS))
    trips = [(t, 0, list(range(len(movements)))) for t in depart_ms]
    requests = [r for began, end in greens for r in ((began - CHANGE_MS, 1), (end, 0)) if r[0] < until_ms]
    return _curves(run(engine, tables, arrivals_of(trips), until_ms, requests), len(links), len(trips))


def _curves(made: Any, n_links: int, n_vehicles: int) -> np.ndarray:
    records = made.records()
    curve = np.full((n_links + 1, n_vehicles), -1, np.int64)
    departed = records[records["kind"] == Kind.DEPART]
    curve[0, departed["entity"]] = departed["t_ms"]
    crossed = records[records["kind"] == Kind.CROSS]
    curve[crossed["place"] + 1, crossed["entity"]] = crossed["t_ms"]
    return curve


def merge_flows(
    engine: str, demand: tuple[float, float], flows: tuple[float, float], room: float, hours: float
) -> tuple[int, int]:
    """Vehicles of two streams (per hour: demands, saturation flows) into a lane that takes ``room`` an hour.

    The lane leads to a drop of capacity, whose queue has spilled back before the counting begins.
    """
    headways = [round(3_600_000 / flow) for flow in flows]
    feeders = [{"headway_ms": h, "slots": 400, "wave_ms": 1000} for h in headways]
    onto = {"headway_ms": 1800, "slots": 60, "wave_ms": 30_000}
    drop = {"headway_ms": round(3_600_000 / room), "slots": 60, "wave_ms": 30_000}
    movements = [
        {"a": 0, "b": 2, "headway_ms": headways[0]},
        {"a": 1, "b": 2, "headway_ms": headways[1]},
        {"a": 2, "b": 3, "headway_ms": 1800},
    ]
    tables = tables_of([*feeders, onto, drop], movements, origins=(0, 1))
    begin, end = 1_800_000, 1_800_000 + round(hours * 3_600_000)
    trips = [
        (round(i * 3_600_000 / rate) + 7 * link, link, [link, 2])
        for link, rate in enumerate(demand)
        for i in range(int(rate * end / 3_600_000) + 1)
    ]
    made = run(engine, tables, arrivals_of(trips), begin)
    before = made.observe().movement_out[:2].copy()
    made.advance(end)
    first, second = (made.observe().movement_out[:2] - before).tolist()
    return first, second
