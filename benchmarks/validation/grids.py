"""Signalised grids by SUMO's netgenerate: the scenarios that calibration may look at.

Vehicles depart at random (Poisson) at the grid's border and turn at random at every junction, straight
on with 0.7, to each side with 0.15, until they leave. The load is set by the degree of saturation X of
the busiest approach: its flow over the capacity of its lanes in the green that the program gives, a
left turn that gives way counted as as many straight vehicles as would leave in the time its gaps take
(equivalents as in HCM 2010, ch. 18, with Harders' capacity).
"""

import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

import numpy as np

from signalsim.engine.random import stream_key, uniform
from signalsim.formats import reader
from signalsim.formats.sumo.discharge import Driver
from signalsim.formats.sumo.layout import Layout
from signalsim.formats.sumo.net import read_net
from signalsim.scenario.bring import bring

AHEAD = 0.7
GAP_S, FOLLOW_S = 4.5, 2.5  # of a left turn that gives way, for X only
MOST_EDGES = 100  # of a route
MOST_VPH = 2000  # at an entry


class Grid(NamedTuple):
    """A network to be generated."""

    name: str
    size: int  # junctions on a side
    block_m: float
    lanes: int
    speed_kmh: float
    bay_lanes: int = 0  # turn bays of 60 m

    @property
    def options(self) -> list[str]:
        """netgenerate's: SUMO's own programs with a cycle of 90 s."""
        given = {
            "grid.number": self.size, "grid.length": self.block_m, "grid.attach-length": self.block_m,
            "default.lanenumber": self.lanes, "default.speed": self.speed_kmh / 3.6,
            "default-junction-type": "traffic_light", "tls.cycle.time": 90, "no-turnarounds": "true",
            "seed": 1,
        }  # fmt: skip
        if self.bay_lanes:
            given |= {"turn-lanes": self.bay_lanes, "turn-lanes.length": 60}
        return ["--grid", *(f"--{name}={value}" for name, value in given.items())]


GRIDS = (
    Grid("grid 50 km/h, 2 lanes", 3, 300, 2, 50),
    Grid("grid 70 km/h, 2 lanes", 3, 400, 2, 70),
    Grid("grid 50 km/h, bays", 2, 300, 2, 50, 1),
)


def tool(name: str, *arguments: str) -> None:
    """Run a program of SUMO's. Raises CalledProcessError."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([name, *arguments], check=True, capture_output=True, env={**os.environ, "PATH": path})


class Ways:
    """A generated network: where one can go from each edge, and what that costs."""

    def __init__(self, net: Path) -> None:
        self.net = net
        self.layout = Layout(read_net(net))
        self.turns: dict[str, list[str]] = {}
        for a, b in sorted(self.layout.moves):
            self.turns.setdefault(a, []).append(b)
        led_to = {b for _, b in self.layout.moves}
        self.entries = [edge for edge in sorted(self.layout.lanes) if edge not in led_to]

    def turn(self, a: str, b: str) -> str:
        return self.layout.moves[a, b].turn

    def walk(self, number: int, seed: int) -> list[str]:
        """The edges of the ``number``-th vehicle."""
        draw = uniform(stream_key(seed, "walk"), np.full(MOST_EDGES, number), np.arange(MOST_EDGES))
        at = self.entries[int(draw[0] * len(self.entries))]
        route = [at]
        for u in draw[1:].tolist():
            if at not in self.turns:
                break
            at = self._next(at, u)
            route.append(at)
        return route

    def _next(self, at: str, u: float) -> str:
        ahead = [b for b in self.turns[at] if self.turn(at, b) == "thru"]
        sides = [b for b in self.turns[at] if b not in ahead]
        if not sides or (ahead and u < AHEAD):
            return ahead[0]
        share = (u - AHEAD) / (1 - AHEAD) if ahead else u
        return sides[int(share * len(sides))]


def make(grid: Grid, folder: Path) -> Ways:
    """Generate the network in a folder. Raises CalledProcessError."""
    net = folder / f"{grid.size}.net.xml"
    tool("netgenerate", *grid.options, f"--output-file={net}")
    return Ways(net)


def add_vehicles(
    ways: Ways, routes: Sequence[Sequence[str]], departs_s: Sequence[float], name: str, minutes: float
) -> Path:
    """A scenario with these vehicles, beside the network. Raises InputError."""
    file, out = ways.net.with_name(f"{name}.rou.xml"), ways.net.with_name(name)
    rows = (
        f'<vehicle id="{v}" depart="{depart:.2f}"><route edges={quoteattr(" ".join(route))}/></vehicle>'
        for v, (route, depart) in enumerate(zip(routes, departs_s, strict=True))
    )
    file.write_text("<routes>\n" + "\n".join(rows) + "\n</routes>\n", encoding="utf-8")
    config = ways.net.with_name(f"{name}.sumocfg")
    config.write_text(
        f'<configuration><net-file value="{ways.net.name}"/><route-files value="{file.name}"/>'
        f'<begin value="0"/><end value="{60 * minutes:g}"/></configuration>\n',
        encoding="utf-8",
    )
    bring(str(config), lambda: reader("sumo")(name, config=str(config)), out)
    return out


def loaded(ways: Ways, x: float, minutes: float, name: str, seed: int = 1) -> Path:
    """The scenario in which the busiest approach has degree of saturation ``x``. Raises InputError."""
    most = MOST_VPH * len(ways.entries)
    routes = [ways.walk(v, seed) for v in range(most)]
    low, high = 1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if saturation(ways, routes[:middle]) < x else (low, middle)
    n = round(low * minutes / 60)
    departs = np.sort(uniform(stream_key(seed, "depart"), np.arange(n), np.zeros(n, np.int64))) * 60 * minutes
    return add_vehicles(ways, routes[:n], departs.tolist(), name, minutes)


def saturation(ways: Ways, routes: Sequence[Sequence[str]]) -> float:
    """X of the busiest approach if these vehicles departed in one hour."""
    flow: Counter[tuple[str, str]] = Counter(pair for route in routes for pair in pairwise(route))
    driver, worst = Driver(), 0.0
    for start, ends in ways.turns.items():
        lanes: dict[frozenset[int], float] = {}
        limit = ways.layout.speed_mps(start)
        through = driver.discharge(limit).saturation_pcuph
        green = 0.0
        for end in ends:
            move = ways.layout.moves[start, end]
            own = frozenset(link.from_lane for link in move.links)
            share, opposed = _green(ways, start, end, flow)
            green = max(green, share)
            own_flow = driver.discharge(limit, move.path_m / move.path_s).saturation_pcuph
            if opposed:
                own_flow = min(own_flow, _gap_capacity(opposed / share))
            lanes[own] = lanes.get(own, 0.0) + flow[start, end] * through / own_flow / max(share, 1e-9)
        n = len(frozenset().union(*lanes))
        groups = [(lanes[own] / len(own)) for own in lanes]
        worst = max(
            worst, sum(lanes.values()) / n / through, *(g / through for g in groups if len(lanes) > 1)
        )
    return worst


def _green(ways: Ways, start: str, end: str, flow: Counter[tuple[str, str]]) -> tuple[float, float]:
    """(share of the cycle that is green, flow that a movement gives way to then)."""
    move = ways.layout.moves[start, end]
    link = move.links[0]
    if not link.light:
        return 1.0, 0.0
    program = ways.layout.net.programs[link.light][-1]
    cycle = sum(phase.duration_s for phase in program.phases)
    seconds = {
        letter: sum(p.duration_s for p in program.phases if p.state[link.light_index] == letter)
        for letter in "gG"
    }
    share = (seconds["g"] + seconds["G"]) / cycle
    if seconds["G"] > 0 or move.turn != "left":
        return share, 0.0
    opposite = [
        (a, b)
        for a, b in ways.layout.moves
        if a != start
        and ways.turn(a, b) != "left"
        and ways.layout.moves[a, b].node == move.node
        and any(
            p.state[link.light_index] in "gG"
            and p.state[ways.layout.moves[a, b].links[0].light_index] in "gG"
            for p in program.phases
        )
    ]
    return share, sum(flow[pair] for pair in opposite)


def _gap_capacity(opposing_vph: float) -> float:
    """Harders' capacity of a stream that crosses another one, veh/h."""
    q = opposing_vph / 3600
    return 3600 * q * math.exp(-q * GAP_S) / -math.expm1(-q * FOLLOW_S) if q else 3600 / FOLLOW_S
