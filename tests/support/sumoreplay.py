"""What SUMO's controllers did, replayed by ours on the detectors that SUMO's saw."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.tables import INF
from signalsim.sensing.calls import Calls
from signalsim.signals.rings import Rings

from .cabinets import Bench, make_calls, phase, quad
from .sumolights import RED_S, YELLOW_S, Recording, flows, lanes_of, make_net, record, state

GAP_S, LEAST_S, MOST_S = 3, 5, 30
VEHPH = {"n": (400.0, 80.0), "s": (400.0, 60.0), "e": (300.0, 70.0), "w": (250.0, 50.0)}
STAGES = ((2, 6), (1, 5), (4, 8), (3, 7))
LANES = [lane for number in range(1, 9) for lane in lanes_of(number)]


class Agreement(NamedTuple):
    """Greens of SUMO's and of ours, paired in their order; the last of each phase may be cut by the end."""

    theirs: int
    compared: int
    equal: int  # same second at start and end
    largest_s: float  # difference of a start or an end


def compare(case: str, folder: Path, seconds: int) -> Agreement:
    """Record SUMO under a program and replay. ``case``: actuated or nema."""
    make_net(folder)
    routes = flows(folder, VEHPH, seconds)
    recording = {"actuated": _actuated, "nema": _nema}[case](folder, routes, seconds)
    rings = quad({"max_green_s": float(MOST_S), "recall": "min", "gap_out_together": False})
    if case == "actuated":
        first = [stage[0] - 1 for stage in STAGES]
        recording = Recording(
            recording.green[:, first],
            np.stack([recording.on[:, [a - 1, b - 1]].any(axis=1) for a, b in STAGES], axis=1),
            np.stack([recording.since_s[:, [a - 1, b - 1]].min(axis=1) for a, b in STAGES], axis=1),
        )
        rings = Rings(tuple(phase(k, 1, 1, k, recall="min", max_green_s=float(MOST_S)) for k in range(1, 5)))
    bench = Bench(rings)
    bench.run(seconds, _calls(recording), 1000)
    return _agreement(_greens(recording.green), bench, seconds)


def _greens(green: np.ndarray) -> dict[int, list[tuple[int, int]]]:
    """Phase -> (start, end) of its greens, s."""
    out = {}
    for number in range(1, green.shape[1] + 1):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], green[:, number - 1].astype(int), [0]))))
        out[number] = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    return out


def _agreement(theirs: dict[int, list[tuple[int, int]]], bench: Bench, seconds: int) -> Agreement:
    differences = []
    for number, rows in theirs.items():
        ours = [(g.start_s, g.end_s) for g in bench.greens() if g.phase == number]
        whole = [row for row in rows if row[1] < seconds]
        for (start, end), (own_start, own_end) in zip(whole, ours, strict=False):
            differences.append(max(abs(start - own_start), abs(end - (seconds if own_end is None else own_end))))
    n = sum(map(len, theirs.values()))
    return Agreement(n, len(differences), sum(d == 0 for d in differences), max(differences))


def _calls(seen: Recording) -> Callable[[int], Calls]:
    """A controller decides at the beginning of a second by what was so at the end of the one before."""
    n = seen.on.shape[1]

    def at(now: int) -> Calls:
        t = now // 1000 - 1
        if t < 0:
            return make_calls([False] * n, [INF] * n, [-INF] * n, [0] * n)
        on = seen.on[t]
        last = np.where(on, now, now - np.round(1000 * np.minimum(seen.since_s[t], 1e6)))
        return make_calls(on, np.where(on, now - 1, INF), last.astype(np.int64), [0] * n)

    return at


def _actuated(folder: Path, routes: Path, seconds: int) -> Recording:
    """Induction loops 20 m before the stop line."""
    loops = "".join(
        f'<inductionLoop id="D{lane}" lane="{lane}" pos="-20" period="99999" file="NUL"/>' for lane in LANES
    )
    phases = "".join(
        f'<phase duration="20" minDur="{LEAST_S}" maxDur="{MOST_S}" state="{state(set(stage))}"/>'
        f'<phase duration="{YELLOW_S}" state="{state(set(stage), "y")}"/>'
        f'<phase duration="{RED_S}" state="{"r" * 16}"/>'
        for stage in STAGES
    )
    program = (
        '<tlLogic id="c" type="actuated" programID="own" offset="0">'
        f'<param key="max-gap" value="{GAP_S}"/>{_wires("D")}{phases}</tlLogic>'
    )

    def read(sumo: Any, lane: str) -> tuple[bool, float]:
        since = sumo.inductionloop.getTimeSinceDetection(f"D{lane}")
        return since == 0, since

    return record(folder, program, loops, routes, seconds, read)


def _nema(folder: Path, routes: Path, seconds: int) -> Recording:
    """Zones of 20 m at the stop line."""
    zones = "".join(
        f'<laneAreaDetector id="D{lane}" lane="{lane}" pos="-20" endPos="-0.1" period="99999" file="NUL"/>'
        for lane in LANES
    )
    phases = "".join(
        f'<phase duration="99" minDur="{LEAST_S}" maxDur="{MOST_S}" vehext="{GAP_S}" yellow="{YELLOW_S}" '
        f'red="{RED_S}" name="{number}" state="{state({number})}"/>'
        for number in range(1, 9)
    )
    values = {
        "ring1": "1,2,3,4", "ring2": "5,6,7,8", "barrierPhases": "4,8", "barrier2Phases": "2,6",
        "coordinate-mode": "false", "whetherOutputState": "false", "fixForceOff": "false",
        "minRecall": "1,2,3,4,5,6,7,8",
    }  # fmt: skip
    given = "".join(f'<param key="{key}" value="{value}"/>' for key, value in values.items())
    program = f'<tlLogic id="c" type="NEMA" programID="own" offset="0">{given}{_wires("D")}{phases}</tlLogic>'

    def read(sumo: Any, lane: str) -> tuple[bool, float]:
        return sumo.lanearea.getLastStepVehicleNumber(f"D{lane}") > 0, 1e6

    seen = record(folder, program, zones, routes, seconds, read)
    since = np.zeros_like(seen.since_s)
    ago = np.full(8, 1e6)
    for t, on in enumerate(seen.on):
        ago = np.where(on, 0, ago + 1)
        since[t] = ago
    return seen._replace(since_s=since)


def _wires(prefix: str) -> str:
    return "".join(f'<param key="{lane}" value="{prefix}{lane}"/>' for lane in LANES)
