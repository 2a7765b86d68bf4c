"""A scenario to try controllers on: two junctions with signals, 250 m apart, a few minutes of traffic."""

from pathlib import Path

SCENARIO = """format_version = 1
name = "street"
description = "Two junctions on a street. All made up."
time_zone = "UTC"
start = 2024-05-14T08:00:00
seed = 1

[horizon]
warm_up_s = 0
demand_s = 420
drain_s = 60

[demand]
counts = "counts.csv"
mode = "sampled"

[source]
description = "Made up"
"""
PLACES = {"A": (0, 0), "B": (250, 0), "W": (-250, 0), "E": (500, 0)} | {
    name + j: (x, y) for j, x in (("A", 0), ("B", 250)) for name, y in (("N", 250), ("S", -250))
}
STREETS = (("W", "A"), ("A", "B"), ("B", "E"), ("NA", "A"), ("SA", "A"), ("NB", "B"), ("SB", "B"))
MAIN = ("W", "E", "A", "B")
PER_QUARTER_HOUR = {"left": 12, "thru": 90, "right": 15}


def write_street(folder: Path) -> Path:
    """Write the scenario into a folder that exists; the folder."""
    links = [pair for a, b in STREETS for pair in ((a, b), (b, a))]
    tables = {
        "node": ["node_id,x_coord,y_coord,ctrl_type"]
        + [f"{n},{x},{y},{'signal' if n in 'AB' else ''}" for n, (x, y) in PLACES.items()],
        "link": ["link_id,from_node_id,to_node_id,length,lanes,free_speed"]
        + [f"{a}_{b},{a},{b},250,{2 if a in MAIN and b in MAIN else 1},50" for a, b in links],
        "movement": ["mvmt_id,node_id,ib_link_id,ob_link_id,type,opt_signal_group_id"],
        "signal_group": ["group_id,junction_id,min_green_s,yellow_s,all_red_s"],
        "signal_stage": ["junction_id,stage_id,group_ids"],
        "signal_plan": ["plan_id,junction_id,position,stage_id,green_s,offset_s,cycle_s"],
        "counts": ["camera_id,interval_start,interval_end,link_id,movement_id,vehicle_class,count"],
    }
    for j in "AB":
        inward = [a for a, b in links if b == j]
        groups = {True: [a for a in inward if a in MAIN], False: [a for a in inward if a not in MAIN]}
        for stage, is_main in ((1, True), (2, False)):
            tables["signal_stage"].append(f"{j},{stage},{' '.join(groups[is_main])}")
            tables["signal_plan"].append(f"deployed,{j},{stage},{stage},{25 if is_main else 15},0,50")
        for a in inward:
            tables["signal_group"].append(f"{a},{j},6,3,2")
            for b in (b for i, b in links if i == j and b != a):
                turn = _turn(PLACES[a], PLACES[j], PLACES[b])
                tables["movement"].append(f"{a}_{j}_{b},{j},{a}_{j},{j}_{b},{turn},{a}")
                count = PER_QUARTER_HOUR[turn] // (1 if a in MAIN else 2)
                span = "2024-05-14T08:00:00Z,2024-05-14T08:15:00Z"
                tables["counts"].append(f"at_{a}_{j},{span},{a}_{j},{a}_{j}_{b},all,{count}")
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    return folder


def _turn(a: tuple[int, int], j: tuple[int, int], b: tuple[int, int]) -> str:
    """Which way one turns from ``a`` over ``j`` to ``b``."""
    cross = (j[0] - a[0]) * (b[1] - j[1]) - (j[1] - a[1]) * (b[0] - j[0])
    return "thru" if cross == 0 else "left" if cross > 0 else "right"
