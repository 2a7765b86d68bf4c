"""One junction and standing queues: saturation flow at a stop line, in both engines.

Four arms, one lane each or two; once a cycle a queue of 20 cars a lane drives up at red, all for the
same turn, and leaves in one green. Saturation flow is 3600 s over the mean headway from the 5th to the
last car of the queue (HCM 2010, ch. 31: from the 4th car on, of a queue).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.validation.grids import Ways, add_vehicles, tool
from benchmarks.validation.runs import Result

ARM_M, CYCLE_S, GREEN_S, RED_S = 500, 240, 90, 140  # the red leaves time to drive up
QUEUE, FIRST_COUNTED = 20, 4
TURNS = {"thru": "cn", "left": "cw", "right": "ce"}  # from the south


class Line(NamedTuple):
    """A stop line: speed limit, and the turn that all make."""

    speed_kmh: float
    turn: str

    @property
    def name(self) -> str:
        return f"{self.turn} at {self.speed_kmh:g} km/h"


LINES = (*(Line(v, "thru") for v in (30, 50, 70)), Line(50, "left"), Line(50, "right"))


def make(line: Line, folder: Path, cycles: int) -> Path:
    """The scenario folder. Raises InputError, CalledProcessError."""
    away = {"n": (0, ARM_M), "s": (0, -ARM_M), "e": (ARM_M, 0), "w": (-ARM_M, 0)}
    nodes = "".join(f'<node id="{a}" x="{x}" y="{y}"/>' for a, (x, y) in away.items())
    edges = "".join(
        f'<edge id="{a}{b}" from="{a}" to="{b}" numLanes="1" speed="{line.speed_kmh / 3.6}"/>'
        for arm in away
        for a, b in ((arm, "c"), ("c", arm))
    )
    own = folder / line.name.replace(" ", "_").replace("/", "p")
    own.mkdir()
    net = own / "line.net.xml"
    (own / "nod.xml").write_text(f'<nodes><node id="c" x="0" y="0" type="traffic_light"/>{nodes}</nodes>')
    (own / "edg.xml").write_text(f"<edges>{edges}</edges>")
    tool("netconvert", "-n", str(own / "nod.xml"), "-e", str(own / "edg.xml"), "-o", str(net),
         "--no-turnarounds")  # fmt: skip
    _program(net)
    route = ["sc", TURNS[line.turn]]
    departs = [CYCLE_S * c + 2.0 * k for c in range(cycles) for k in range(QUEUE)]
    return add_vehicles(Ways(net), [route] * len(departs), departs, "queue", cycles * CYCLE_S / 60)


def _program(net: Path) -> None:
    """One arm after the other, the southern one last and long."""
    links = [c for c in Ways(net).layout.net.connections if c.light]
    state = ["r"] * (1 + max(link.light_index for link in links))
    for link in links:
        state[link.light_index] = "G" if link.start == "sc" else "r"
    south = "".join(state)
    others = "".join("r" if letter == "G" else "g" for letter in south)
    rows = (
        (others, RED_S - 3), (others.replace("g", "y"), 3), ("r" * len(south), 4),
        (south, GREEN_S), (south.replace("G", "y"), CYCLE_S - RED_S - GREEN_S - 4),
    )  # fmt: skip
    text = net.read_text(encoding="utf-8")
    begin, end = text.index("<phase"), text.index("</tlLogic>")
    phases = "".join(f'<phase duration="{s}" state="{letters}"/>\n' for letters, s in rows)
    net.write_text(text[:begin] + phases + text[end:], encoding="utf-8")


def flow_vph(result: Result) -> tuple[float, float]:
    """(mean, standard error over cycles) of the saturation flow of a run whose crossings were kept."""
    first_lane = result.crossings[result.crossings[:, 1] == result.crossings[0, 1]]
    times_s = np.sort(first_lane[:, 0]) / 1000
    by_cycle = times_s[: len(times_s) // QUEUE * QUEUE].reshape(-1, QUEUE)
    headway = (by_cycle[:, -1] - by_cycle[:, FIRST_COUNTED]) / (QUEUE - 1 - FIRST_COUNTED)
    error = headway.std(ddof=1) / len(headway) ** 0.5 if len(headway) > 1 else 0.0
    return 3600 / headway.mean(), 3600 / headway.mean() ** 2 * error
