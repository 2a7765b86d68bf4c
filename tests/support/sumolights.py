"""A crossing of four approaches in SUMO under SUMO's own controllers: what detectors and lamps did."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .sumonets import tool

SIDES = "nesw"  # approaches in the order of SUMO's link indices: right, straight, straight, left of each
LEFT = {"n": "e", "e": "s", "s": "w", "w": "n"}
ACROSS = {"n": "s", "s": "n", "e": "w", "w": "e"}
RIGHT = {"n": "w", "e": "n", "s": "e", "w": "s"}
# NEMA's numbers: 2 and 6 straight on from north and south, 1 the left turn against 2, ...
PHASE = {("n", "thru"): 2, ("s", "thru"): 6, ("s", "left"): 1, ("n", "left"): 5,
         ("e", "thru"): 4, ("w", "thru"): 8, ("w", "left"): 3, ("e", "left"): 7}  # fmt: skip
YELLOW_S, RED_S = 3, 2


class Recording(NamedTuple):
    """One row per second; what was so after the step of that second."""

    green: np.ndarray  # (n_steps, 8) bool, phases 1 to 8
    on: np.ndarray  # (n_steps, 8) bool, any detector of the phase
    since_s: np.ndarray  # (n_steps, 8) float64, time since its last detection, 0 while on


def make_net(folder: Path) -> Path:
    """Three lanes: right and straight, straight, left."""
    (folder / "x.nod.xml").write_text(
        '<nodes><node id="c" x="0" y="0" type="traffic_light"/><node id="n" x="0" y="400"/>'
        '<node id="s" x="0" y="-400"/><node id="e" x="400" y="0"/><node id="w" x="-400" y="0"/></nodes>'
    )
    edges = "".join(
        f'<edge id="{a}c" from="{a}" to="c" numLanes="3" speed="13.89"/>'
        f'<edge id="c{a}" from="c" to="{a}" numLanes="2" speed="13.89"/>'
        for a in SIDES
    )
    (folder / "x.edg.xml").write_text(f"<edges>{edges}</edges>")
    turns = "".join(
        f'<connection from="{a}c" to="c{to}" fromLane="{lane}" toLane="{onto}"/>'
        for a in SIDES
        for to, lane, onto in ((RIGHT[a], 0, 0), (ACROSS[a], 0, 0), (ACROSS[a], 1, 1), (LEFT[a], 2, 1))
    )
    (folder / "x.con.xml").write_text(f"<connections>{turns}</connections>")
    net = folder / "x.net.xml"
    tool("netconvert", "-n", str(folder / "x.nod.xml"), "-e", str(folder / "x.edg.xml"), "-x",
         str(folder / "x.con.xml"), "-o", str(net), "--no-turnarounds", "true")  # fmt: skip
    return net


def state(phases: set[int], letter: str = "G") -> str:
    """SUMO's state with these phases green (or yellow)."""
    out = ""
    for side in SIDES:
        out += (letter if PHASE[side, "thru"] in phases else "r") * 3
        out += letter if PHASE[side, "left"] in phases else "r"
    return out


def lanes_of(phase: int) -> list[str]:
    """SUMO's lanes that a phase serves."""
    side, turn = next(key for key, number in PHASE.items() if number == phase)
    return [f"{side}c_2"] if turn == "left" else [f"{side}c_0", f"{side}c_1"]


def flows(folder: Path, vehph: dict[str, tuple[float, float]], end_s: int) -> Path:
    """Random arrivals: by approach (straight, left) veh/h."""
    rows = []
    for side in SIDES:
        for to, rate in ((ACROSS[side], vehph[side][0]), (LEFT[side], vehph[side][1])):
            rows.append(
                f'<flow id="{side}{to}" from="{side}c" to="c{to}" begin="0" end="{end_s}" '
                f'period="exp({rate / 3600})" departLane="best" departSpeed="max"/>'
            )
    path = folder / "x.rou.xml"
    path.write_text("<routes>" + "".join(rows) + "</routes>")
    return path


def record(folder: Path, program: str, detectors: str, routes: Path, end_s: int, read: Any) -> Recording:
    """Run SUMO with a program and detectors; ``read(libsumo, lane)`` -> (on, seconds since)."""
    import libsumo

    more = folder / "x.add.xml"
    more.write_text(f"<additional>{detectors}{program}</additional>")
    libsumo.start(
        ["sumo", "-n", str(folder / "x.net.xml"), "-a", str(more), "-r", str(routes), "--seed", "7",
         "--no-step-log", "true", "--no-warnings", "true", "--time-to-teleport", "-1"]
    )  # fmt: skip
    green, on, since = [], [], []
    try:
        for _ in range(end_s):
            libsumo.simulationStep()
            lamps = libsumo.trafficlight.getRedYellowGreenState("c")
            row, seen, ago = [], [], []
            for phase in range(1, 9):
                at = state({phase}).index("G")
                row.append(lamps[at] in "Gg")
                states = [read(libsumo, lane) for lane in lanes_of(phase)]
                seen.append(any(is_on for is_on, _ in states))
                ago.append(min(s for _, s in states))
            green.append(row), on.append(seen), since.append(ago)
    finally:
        libsumo.close()
    return Recording(np.array(green), np.array(on), np.array(since, float))

