"""The grids of ``grid.py`` as scenario folders: same streets, lanes, stages, vehicles and routes.

What a link's and a movement's figures are (saturation flow, gaps, ways across a junction) follows from the
scenario's defaults here. Offsets are multiples of 5 s, so that every program can have them.
"""

from pathlib import Path

import numpy as np

from signalsim.demand.specs import ROUTES, TRIPS
from signalsim.engine.random import stream_key, uniform
from signalsim.engine.tables import EXIT, Arrivals, Tables
from signalsim.formats.draft import Draft
from signalsim.network.specs import LINK, MOVEMENT, NODE
from signalsim.signals.specs import GROUP, PLAN, STAGE

from . import grid
from .grid import BLOCK_M, SPEED_MPS, STEP

GREEN_S, YELLOW_S, ALL_RED_S = 40.0, 3.0, 2.0
CYCLE_S = 2 * (GREEN_S + YELLOW_S + ALL_RED_S)
OFFSET_STEP_S = 5.0
_TYPES = ("left", "thru", "right")


def write_grid(
    n: int, folder: Path, warm_up_s: float, demand_s: float, load: float = 1.0, seed: int = 1
) -> None:
    """Write the n x n grid with its vehicles of ``warm_up_s + demand_s`` into a new folder; no drain.

    ``load``: demand over that of ``grid.py``.
    """
    tables, turns = grid.make_grid(n)
    hours = (warm_up_s + demand_s) / 3600
    arrivals = grid.make_demand(tables, turns, load * grid.ENTRY_VEH_H.get(n, grid.USUAL_VEH_H), hours, seed)
    draft = Draft(f"grid-{n}", description=f"A grid of {n} x {n} signals, made up.", time_zone="UTC",
                  start="2026-03-03T07:00:00")  # fmt: skip
    draft.section("horizon", warm_up_s=warm_up_s, demand_s=demand_s, drain_s=0.0)
    draft.section("demand", trips="trips.csv")
    _add_streets(draft, n, tables, turns)
    _add_signals(draft, n, seed)
    _add_trips(draft, tables, arrivals)
    folder.mkdir(parents=True)
    draft.write(folder)


def _node(x: int, y: int) -> str:
    return f"n{x + 1:03d}_{y + 1:03d}"


def _link(k: int) -> str:
    return f"l{k:05d}"


def _add_streets(draft: Draft, n: int, tables: Tables, turns: np.ndarray) -> None:
    links = grid.grid_links(n)
    ends = [(x + STEP[heading][0], y + STEP[heading][1]) for x, y, heading in links]
    onto = tables.segment["link"][tables.movement["to_segment"]]
    for x, y in sorted({(x, y) for x, y, _ in links}):
        lit = 0 <= x < n and 0 <= y < n
        draft.add(NODE, node_id=_node(x, y), x_coord=x * BLOCK_M, y_coord=y * BLOCK_M,
                  ctrl_type="signal" if lit else None)  # fmt: skip
    for k, ((x, y, heading), end) in enumerate(zip(links, ends, strict=True)):
        draft.add(LINK, link_id=_link(k), from_node_id=_node(x, y), to_node_id=_node(*end), length=BLOCK_M,
                  lanes=2, free_speed=SPEED_MPS * 3.6, opt_exit=1)  # fmt: skip
        for turn, movement in enumerate(turns[k].tolist()):
            if movement >= 0:
                draft.add(
                    MOVEMENT,
                    mvmt_id=f"{_link(k)}-{_TYPES[turn]}",
                    node_id=_node(*end),
                    ib_link_id=_link(k),
                    ob_link_id=_link(int(onto[movement])),
                    start_ib_lane=2 if turn == grid.RIGHT else 1,
                    end_ib_lane=1 if turn == grid.LEFT else 2,
                    type=_TYPES[turn],
                    opt_signal_group_id=_group(*end, heading % 2),
                )


def _group(x: int, y: int, axis: int) -> str:
    return f"{_node(x, y)}.{'ew' if axis == 0 else 'ns'}"


def _add_signals(draft: Draft, n: int, seed: int) -> None:
    """Two stages a junction, as in ``grid.py``, and the plan that switches them."""
    steps = uniform(stream_key(seed, "offsets"), np.arange(n * n), 0) * (CYCLE_S / OFFSET_STEP_S)
    for j, offset in enumerate((OFFSET_STEP_S * steps.astype(int)).tolist()):
        x, y = divmod(j, n)
        for axis in (0, 1):
            draft.add(GROUP, group_id=_group(x, y, axis), junction_id=_node(x, y), min_green_s=5,
                      yellow_s=YELLOW_S, all_red_s=ALL_RED_S)  # fmt: skip
            draft.add(STAGE, junction_id=_node(x, y), stage_id=str(axis + 1), group_ids=_group(x, y, axis))
            draft.add(PLAN, plan_id="deployed", junction_id=_node(x, y), position=axis + 1,
                      stage_id=str(axis + 1), green_s=GREEN_S, offset_s=offset, cycle_s=CYCLE_S)  # fmt: skip


def _add_trips(draft: Draft, tables: Tables, arrivals: Arrivals) -> None:
    """Each vehicle, and each way that any of them takes; the longest end on the way, after 400 turns."""
    onto = tables.segment["link"][tables.movement["to_segment"]]
    names: dict[str, str] = {}
    route = []
    for v, first in enumerate(arrivals.route_link.tolist()):
        movements = arrivals.route_movement[arrivals.route_start[v] : arrivals.route_start[v + 1]]
        links = [first, *onto[movements[movements != EXIT]].tolist()]
        route.append(names.setdefault(" ".join(map(_link, links)), f"r{len(names):06d}"))
    draft.extend(ROUTES, route_id=list(names.values()), link_ids=list(names))
    draft.extend(
        TRIPS,
        vehicle_id=[f"v{v:06d}" for v in range(len(route))],
        depart_s=(arrivals.depart_ms / 1000).tolist(),
        route_id=route,
    )
