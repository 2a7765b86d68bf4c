"""Mean delay on a signalised grid made by SUMO's netgenerate, beside SUMO's microsimulation.

Same network, routes, departures and signal programs. Needs the extra ``sumo``. A comparison, not a
test: it prints what it finds.

    python benchmarks/sumo_grid.py [--size 5] [--loads 0.5,0.7,0.9] [--seeds 3]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np

from signalsim.engine.build import Road, SignalSpec, make_tables
from signalsim.engine.compiled import CompiledEngine
from signalsim.engine.random import stream_key, uniform
from signalsim.engine.tables import EXIT, Arrivals

HEADWAY_MS, JAM_SPACING_M, LOSS_MS, GAIN_MS = 1895, 7.5, 2000, 2000  # the project's defaults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=5)
    parser.add_argument("--loads", default="200,400,600", help="vehicles per hour and entry link")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        net = make_net(Path(folder), given.size)
        for load in map(float, given.loads.split(",")):
            for seed in range(1, given.seeds + 1):
                rows.append(one_case(net, load, seed))
    if given.json:
        print(json.dumps(rows))
        return
    heads = ("veh/h per entry", "seed", "delay SUMO s", "delay ours s", "ratio", "CPU SUMO s", "CPU ours s")
    print("".join(f"{head:>16}" for head in heads))
    for r in rows:
        ratio = r["delay_s"] / r["sumo_delay_s"]
        cells = (r["load"], r["seed"], r["sumo_delay_s"], r["delay_s"], ratio, r["sumo_cpu_s"], r["cpu_s"])
        print("".join(f"{cell:16.4g}" for cell in cells))


def make_net(folder: Path, size: int) -> Path:
    """A grid with two lanes a direction, SUMO's own permissive signal programs, 90 s cycle."""
    out = folder / "grid.net.xml"
    subprocess.run(
        ["netgenerate", "--grid", f"--grid.number={size}", "--grid.length=300", "--grid.attach-length=300",
         "--default.lanenumber=2", "--default.speed=13.89", "--default-junction-type=traffic_light",
         "--tls.cycle.time=90", "--no-turnarounds=true", "--seed=1", f"--output-file={out}"],
        check=True, capture_output=True, env=_environment(),
    )  # fmt: skip
    return out


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


class Net:
    """What is needed of a ``.net.xml``: edges, connections as movements, signal programs."""

    def __init__(self, path: Path) -> None:
        root = ET.parse(path).getroot()
        edges = sorted(
            (e for e in root.iter("edge") if e.get("function") != "internal"), key=lambda e: e.get("id")
        )
        self.edge = {e.get("id"): i for i, e in enumerate(edges)}
        self.lanes = [
            [(float(x.get("length")), float(x.get("speed"))) for x in e.iter("lane")] for e in edges
        ]
        internal = {x.get("id"): (float(x.get("length")), float(x.get("speed"))) for x in root.iter("lane")}
        links = [
            c for c in root.iter("connection") if c.get("from") in self.edge and c.get("to") in self.edge
        ]
        pairs = sorted({(self.edge[c.get("from")], self.edge[c.get("to")]) for c in links})
        self.movement = {pair: m for m, pair in enumerate(pairs)}
        self.serves = set()
        self.signal: dict[int, tuple[str, int]] = {}
        self.traverse_s = np.zeros(len(pairs))
        index_of: dict[tuple[str, int], int] = {}
        for c in links:
            m = self.movement[self.edge[c.get("from")], self.edge[c.get("to")]]
            self.serves.add((self.edge[c.get("from")], int(c.get("fromLane")), m))
            self.signal[m] = (c.get("tl"), int(c.get("linkIndex")))
            length, speed = internal[c.get("via")]
            self.traverse_s[m] = max(self.traverse_s[m], length / speed)
            index_of[c.get("tl"), int(c.get("linkIndex"))] = m
        self.yields = set()
        for junction in root.iter("junction"):
            for row in junction.iter("request"):
                for k, flag in enumerate(reversed(row.get("response"))):
                    a = index_of.get((junction.get("id"), int(row.get("index"))))
                    b = index_of.get((junction.get("id"), k))
                    if flag == "1" and a is not None and b is not None and a != b:
                        self.yields.add((a, b))
        self.yields = {(a, b) for a, b in self.yields if (b, a) not in self.yields}
        self.program = {
            logic.get("id"): [(int(float(p.get("duration"))), p.get("state")) for p in logic.iter("phase")]
            for logic in root.iter("tlLogic")
        }
        self.entries = [i for i in range(len(edges)) if not any(b == i for _, b in pairs)]


def one_case(path: Path, load: float, seed: int) -> dict:
    net = Net(path)
    vehicles = _trips(net, load, seed)
    sumo_delay, sumo_cpu = _run_sumo(path, net, vehicles, seed)
    delay, cpu = _run_ours(net, vehicles)
    return {
        "load": load, "seed": seed, "vehicles": len(vehicles), "sumo_delay_s": sumo_delay, "delay_s": delay,
        "sumo_cpu_s": sumo_cpu, "cpu_s": cpu,
    }  # fmt: skip


def _trips(net: Net, load: float, seed: int) -> list[tuple[float, list[int]]]:
    """(departure s, links) for one hour: random turns, straight ahead most, until the grid is left."""
    n = int(load * len(net.entries))
    key = stream_key(seed, "sumo grid")
    depart = np.sort(uniform(key, np.arange(n), 0) * 3600)
    onward: dict[int, list[int]] = {}
    for a, b in net.movement:
        onward.setdefault(a, []).append(b)
    trips = []
    for v in range(n):
        draw = uniform(key, np.full(100, v), 1 + np.arange(100))
        at = net.entries[int(draw[0] * len(net.entries))]
        links = [at]
        for u in draw[1:]:
            if at not in onward:
                break
            at = _turn(onward[at], net, at, float(u))
            links.append(at)
        trips.append((float(depart[v]), links))
    return trips


def _turn(options: list[int], net: Net, at: int, u: float) -> int:
    """Ahead with 0.7, left 0.15, right 0.15: the movement over most lanes goes ahead."""
    lanes = {b: sum(1 for e, _, m in net.serves if m == net.movement[at, b]) for b in options}
    ahead = max(options, key=lambda b: lanes[b])
    others = [b for b in options if b != ahead]
    if u < 0.7 or not others:
        return ahead
    return others[int((u - 0.7) / 0.3 * len(others))]


def _run_sumo(path: Path, net: Net, vehicles: list, seed: int) -> tuple[float, float]:
    name = list(net.edge)
    routes, info = path.with_name("grid.rou.xml"), path.with_name("info.xml")
    rows = [
        f'<vehicle id="{v}" depart="{t:.2f}" departLane="best" departSpeed="max">'
        f'<route edges="{" ".join(name[i] for i in links)}"/></vehicle>'
        for v, (t, links) in enumerate(vehicles)
    ]
    routes.write_text("<routes>" + "\n".join(rows) + "</routes>")
    before = os.times()
    subprocess.run(
        ["sumo", "-n", path, "-r", routes, "--tripinfo-output", info, "--time-to-teleport=-1", "--end=7200",
         "--no-step-log", "--no-warnings", f"--seed={seed}"],
        check=True, capture_output=True, env=_environment(),
    )  # fmt: skip
    after = os.times()
    trips = list(ET.parse(info).getroot().iter("tripinfo"))
    loss = np.mean([float(t.get("timeLoss")) + float(t.get("departDelay")) for t in trips])
    return float(
        loss
    ), after.children_user + after.children_system - before.children_user - before.children_system


def _run_ours(net: Net, vehicles: list) -> tuple[float, float]:
    tables, stages = _tables(net)
    arrivals = _arrivals(net, vehicles)
    for _ in range(2):  # the first compiles
        engine = CompiledEngine(tables, arrivals, count_from_ms=0, count_to_ms=3_600_000)
        start = time.process_time()
        _drive(engine, stages)
        cpu = time.process_time() - start
    sums = engine.sums()
    done = sums.arrive_ms >= 0
    return float((sums.arrive_ms - sums.depart_ms - sums.freeflow_ms)[done].mean() / 1000), cpu


def _drive(engine: CompiledEngine, stages: list[list[tuple[int, int]]]) -> None:
    """Fixed programs: each stage is asked for when its yellow phase begins in SUMO."""
    cycle = [sum(d for _, d in rows) for rows in stages]
    starts = [np.cumsum([0] + [d for _, d in rows])[:-1] for rows in stages]
    for now in range(7200):
        stage = np.full(len(stages), -1, np.int32)
        for j, rows in enumerate(stages):
            for k, start in enumerate(starts[j]):
                if now % cycle[j] == start and now > 0:
                    stage[j] = rows[k][0]
        if (stage >= 0).any():
            engine.advance(now * 1000)
            engine.request(stage, np.full(len(stages), now * 1000, np.int64))
    engine.advance(7_200_000)


def _tables(net: Net):  # type: ignore[no-untyped-def]
    """Engine tables, and per junction its (stage, seconds until the next is asked for)."""
    lane_of = {
        (i, k): n for n, (i, k) in enumerate((i, k) for i, x in enumerate(net.lanes) for k in range(len(x)))
    }
    length = np.array([max(x for x, _ in lanes) for lanes in net.lanes])
    speed = np.array([lanes[0][1] for lanes in net.lanes])
    lane_link = np.array([i for i, _ in lane_of])
    wave = _wave(speed)
    spec, stages, group_of = _signals(net)
    n = len(net.movement)
    from_link, to_link = np.array(list(net.movement)).T
    road = Road(
        segment_link=np.arange(len(length)),
        segment_travel_ms=np.ceil(1000 * length / speed).astype(int),
        lane_segment=lane_link,
        lane_slots=(2 * length / JAM_SPACING_M).astype(int)[lane_link],
        lane_headway_ms=np.full(len(lane_of), HEADWAY_MS),
        lane_wave_ms=np.ceil(1000 * length / wave).astype(int)[lane_link],
        lane_view_ms=np.zeros(len(lane_of), int),
        lane_view_slots=np.zeros(len(lane_of), int),
        movement_from_link=from_link,
        movement_to_link=to_link,
        movement_group=np.array([group_of[m] for m in range(n)]),
        movement_traverse_ms=np.round(1000 * net.traverse_s).astype(int),
        movement_headway_ms=np.full(n, HEADWAY_MS),
        movement_startup_ms=np.full(n, LOSS_MS + HEADWAY_MS // 2),
        movement_startup2_ms=np.zeros(n, int),
        movement_end_gain_ms=np.full(n, GAIN_MS),
        movement_gap_ms=np.full(n, 4500),
        movement_follow_ms=np.full(n, 2500),
        movement_sneakers=np.full(n, 2),
        serves=np.array([(lane_of[i, k], m) for i, k, m in net.serves]),
        yields=np.array(sorted(net.yields)).reshape(-1, 2),
        origins=np.array(net.entries),
    )
    return make_tables(road, spec), stages


def _wave(speed: np.ndarray) -> np.ndarray:
    flow = 1000 / HEADWAY_MS
    return flow / (1 / JAM_SPACING_M - flow / speed)


def _signals(net: Net):  # type: ignore[no-untyped-def]
    """Groups are the columns of a program that are alike; stages its phases without yellow."""
    group_junction, yellow, forbidden, intergreen, stage_junction, stage_mask, stages = (
        [],
        [],
        [],
        [],
        [],
        [],
        [],
    )
    group_of: dict[int, int] = {}
    for j, (tl, phases) in enumerate(sorted(net.program.items())):
        here = sorted((k, m) for m, (t, k) in net.signal.items() if t == tl)
        columns: dict[str, int] = {}
        first = len(group_junction)
        for k, m in here:
            column = "".join(state[k].lower() for _, state in phases)
            if column not in columns:
                columns[column] = first + len(columns)
                group_junction.append(j)
            group_of[m] = columns[column]
        green = [p for p, (_, state) in enumerate(phases) if "y" not in state]
        change = [sum(d for d, s in phases[p + 1 : _next(green, p, len(phases))] if "y" in s) for p in green]
        yellow += [1000 * max(change)] * len(columns)
        for p in green:
            mask = sum(1 << (g - first) for column, g in columns.items() if column[p] == "g")
            stage_junction.append(j)
            stage_mask.append(mask)
        stages.append(_asked_at(phases, green, change))
        for a in columns.items():
            for b in columns.items():
                if not any(x == "g" and y == "g" for x, y in zip(a[0], b[0], strict=True)):
                    forbidden.append((a[1], b[1]))
                    intergreen.append((a[1], b[1], 1000 * max(change)))
    none = np.zeros(len(group_junction), int)
    spec = SignalSpec(
        np.array(group_junction), none, np.array(yellow), none, np.array(stage_junction),
        np.array(stage_mask, np.uint64), np.zeros(len(stages), int),
        np.array(forbidden), np.array(intergreen),
    )  # fmt: skip
    return spec, stages, group_of


def _next(green: list[int], p: int, n: int) -> int:
    return next((q for q in green if q > p), n)


def _asked_at(phases: list, green: list[int], change: list[int]) -> list[tuple[int, int]]:
    """(stage to ask for, seconds until the next request) through one cycle.

    The cycle begins with the first green; a stage is asked for when the green before it ends.
    """
    rows = []
    for s, p in enumerate(green):
        lead = phases[green[0]][0] if s == 0 else change[s - 1] + phases[p][0]
        rows.append((s, lead))
    rows.append((0, change[-1]))  # back to the first: asked for when the last green ends
    return rows


def _arrivals(net: Net, vehicles: list) -> Arrivals:
    rows = [[net.movement[pair] for pair in pairwise(links)] + [EXIT] for _, links in vehicles]
    n = len(rows)
    key = stream_key(1, "pace")
    normal = np.sqrt(-2 * np.log(np.maximum(uniform(key, np.arange(n), 0), 1e-12))) * np.cos(
        2 * np.pi * uniform(key, np.arange(n), 1)
    )
    return Arrivals(
        depart_ms=np.array([1000 * t for t, _ in vehicles]).astype(np.int64),
        route=np.arange(n, dtype=np.int32),
        pace=(1000 / np.clip(1 + 0.1 * normal, 0.8, 1.2)).astype(np.int32),
        size=np.full(n, 2, np.int32),
        route_link=np.array([links[0] for _, links in vehicles], np.int32),
        route_start=np.cumsum([0, *map(len, rows)]).astype(np.int32),
        route_movement=np.array([m for row in rows for m in row], np.int32),
        route_dwell_ms=np.zeros(sum(map(len, rows)), np.int32),
        siren=np.zeros(n, bool),
    )


if __name__ == "__main__":
    main()
