"""A corridor of signals as a scenario folder: what a user writes, down to the sign of an offset."""

import csv
from itertools import pairwise
from pathlib import Path

LINK_M, SPEED_KMH, CYCLE_S, GREEN_S = 300, 54, 90, 40
LINK_S = LINK_M / (SPEED_KMH / 3.6)  # 20 s
CROSS_S = 2  # through a junction: 30 m
CHANGE_S = 5
JUNCTIONS = ("J1", "J2", "J3", "J4")
Rows = list[list[object]]


def write(folder: Path, offset_s: float, trips_s: list[float], is_westbound: bool = False) -> Path:
    """Four junctions on a street from W to E; the plan of each begins ``offset_s`` after that of its western
    neighbour, wherever the traffic (one way) goes.

    All drivers keep the free speed. ``trips_s``: wished departures, all from one end to the other.
    """
    folder.mkdir(parents=True, exist_ok=True)
    street = ["W", *JUNCTIONS, "E"]
    way = street[::-1] if is_westbound else street
    nodes: Rows = [["node_id", "x_coord", "y_coord", "ctrl_type"]]
    nodes += [[name, LINK_M * i, 0, "signal" if name in JUNCTIONS else ""] for i, name in enumerate(street)]
    links: Rows = [["link_id", "from_node_id", "to_node_id", "length", "lanes", "free_speed"]]
    links += [[f"{a}{b}", a, b, LINK_M, 1, SPEED_KMH] for a, b in pairwise(way)]
    moves: Rows = [
        [
            "mvmt_id", "node_id", "ib_link_id", "ob_link_id", "start_ib_lane", "end_ib_lane", "type",
            "opt_signal_group_id", "opt_path_m", "opt_speed_kmh",
        ]
    ]  # fmt: skip
    groups: Rows = [["group_id", "junction_id", "min_green_s", "yellow_s", "all_red_s"]]
    stages: Rows = [["junction_id", "stage_id", "group_ids"]]
    plans: Rows = [["plan_id", "junction_id", "position", "stage_id", "green_s", "offset_s", "cycle_s"]]
    for i, name in enumerate(JUNCTIONS):
        nodes += [[f"{name}n", LINK_M * (i + 1), 300, ""], [f"{name}s", LINK_M * (i + 1), -300, ""]]
        links += [[f"{name}in", f"{name}n", name, 300, 1, SPEED_KMH]]
        links += [[f"{name}out", name, f"{name}s", 300, 1, SPEED_KMH]]
        k = way.index(name)
        through = f"{way[k - 1]}{name}", f"{name}{way[k + 1]}"
        path = [30, SPEED_KMH]
        moves += [[f"{name}_main", name, *through, 1, 1, "thru", f"{name}A", *path]]
        moves += [[f"{name}_side", name, f"{name}in", f"{name}out", 1, 1, "thru", f"{name}B", *path]]
        groups += [[f"{name}A", name, 5, 3, 2], [f"{name}B", name, 5, 3, 2]]
        stages += [[name, "1", f"{name}A"], [name, "2", f"{name}B"]]
        at = (offset_s * i) % CYCLE_S
        greens = {"1": GREEN_S, "2": CYCLE_S - GREEN_S - 2 * CHANGE_S}
        plans += [
            ["deployed", name, n, stage, greens[stage], at, CYCLE_S] for n, stage in ((1, "1"), (2, "2"))
        ]
    trips: Rows = [["vehicle_id", "depart_s", "class", "route_id"]]
    trips += [[f"v{i:03d}", t, "car", "all"] for i, t in enumerate(trips_s)]
    routes: Rows = [["route_id", "link_ids"], ["all", " ".join(row[0] for row in links[1 : len(street)])]]
    tables = {
        "node": nodes, "link": links, "movement": moves, "signal_group": groups, "signal_stage": stages,
        "signal_plan": plans, "trips": trips, "routes": routes,
    }  # fmt: skip
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
    (folder / "scenario.toml").write_text(_SCENARIO, encoding="utf-8")
    return folder


def platoon(first_offset_s: float, cycles: int = 5) -> list[float]:
    """Departures, s: in each of some cycles a platoon of 15 at 2 s headway; its first vehicles meet the end
    of red at the first junction, whose plan has that offset."""
    begin = (first_offset_s - 10 - LINK_S) % CYCLE_S
    return [CYCLE_S * k + begin + 2.0 * i for k in range(cycles) for i in range(15)]


_SCENARIO = """format_version = 1
name = "corridor"
time_zone = "UTC"
start = 2024-05-14T00:00:00
seed = 1

[horizon]
warm_up_s = 0
demand_s = 900
drain_s = 900

[demand]
trips = "trips.csv"

[defaults]
pace_sd = 0

[source]
description = "Made up"
"""
