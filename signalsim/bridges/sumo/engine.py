"""SUMO behind the protocol that this project's engines have."""

import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.engine.detectors import Cabinet, Detectors
from signalsim.engine.gridlock import Holdups, no_holdups
from signalsim.engine.records import RECORD
from signalsim.engine.surface import Sight, Sums, Totals
from signalsim.engine.tables import Arrivals

from .interlock import Interlock
from .lamps import Lamps
from .pipe import Pipe
from .roads import Survey, find_roads
from .traffic import STEP_MS, Row, Setup

NET, TYPES = "sumo.net.xml", "sumo.vtypes.xml"  # beside the tables of a scenario that came from SUMO


class SumoEngine:
    """SUMO moves the vehicles of one run; interlock, cameras and controllers are this project's.

    Requests may come at any millisecond; SUMO steps, and lamps change, at whole seconds. There are no
    pedestrians: walks without a button are shown, nobody calls or crosses.

    Args:
        built: the scenario. If it was imported from SUMO its own network is used, else it is exported.
        arrivals: the demand; ``depart_ms`` ascending.
        count_from_ms, count_to_ms: who wishes to depart in [from, to) is counted in the sums.
        record: keep every change of state (``records()``).

    Raises InputError where libsumo is missing, or SUMO cannot load the network or refuses a route.
    """

    def __init__(
        self, built: Any, arrivals: Arrivals, *, count_from_ms: int, count_to_ms: int, record: bool = False
    ) -> None:
        self._world = Pipe()
        try:
            survey, net, edges = _start(self._world, built, arrivals)
            roads = find_roads(survey, net, built, edges)
            self._lamps = Lamps(survey, built, roads)
            self._world.ask("begin", Setup(built.tables, arrivals, roads, count_from_ms, count_to_ms, record))
        except BaseException:
            self.close()
            raise
        self._interlock = Interlock(built.tables.signals)
        self._signal_rows: list[Row] | None = [] if record else None
        self._now_ms = self._next_step_ms = 0
        self._n_lanes = len(built.tables.lane_slots)
        self._loops: dict[str, np.ndarray] = {}
        self._loops_ms = -1  # of which step they are

    @property
    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, until_ms: int) -> None:
        """Handle everything that happens before ``until_ms``."""
        while self._next_step_ms < until_ms:
            self._step(self._next_step_ms)
            self._next_step_ms += STEP_MS
        self._now_ms = max(self._now_ms, until_ms)

    def _step(self, now_ms: int) -> None:
        rows = self._interlock.settle(now_ms)
        if self._signal_rows is not None:
            self._signal_rows += rows
        self._world.tell("step", now_ms, self._lamps.changes(self._interlock.aspect))

    def request(self, stage: np.ndarray, switch_at_ms: np.ndarray) -> None:
        """Ask for local stages (int32, -1: nothing) not before ``switch_at_ms`` (int64), per junction."""
        self._interlock.ask(stage, switch_at_ms, self._now_ms)

    def next_stage(self) -> np.ndarray:
        """(n_junctions,) int32 local stage in force or being changed to."""
        return self._interlock.next_stage()

    def holdups(self) -> Holdups:
        """Not known: SUMO does not say which lane a vehicle waits for."""
        return no_holdups(self._now_ms, self._n_lanes)

    def observe(self, *, lanes: bool = True, signals: bool = True) -> Sight:
        """The truth of the last whole second, all of it; see ``traffic.Traffic.sight``."""
        now = self._now_ms
        return Sight(now_ms=now, **self._world.ask("sight", now), **self._interlock.sight(now))

    def cabinet(self, detectors: Detectors) -> Cabinet:
        """What detectors said in the last whole second, and the lamps now."""
        if self._loops_ms != self._next_step_ms:
            self._loops, self._loops_ms = self._world.ask("loops", detectors), self._next_step_ms
        return Cabinet(now_ms=self._now_ms, **self._loops, **self._interlock.lamps())

    def records(self) -> np.ndarray:
        """All records so far, dtype ``records.RECORD``; at one time signals come before vehicles."""
        signals = np.array(self._signal_rows or [], np.int64).reshape(-1, 5)
        rows = np.concatenate([signals, self._world.ask("records")])
        out = np.zeros(len(rows), RECORD)
        for column, name in enumerate(("t_ms", "kind", "entity", "place", "value")):
            out[name] = rows[:, column]
        return out[np.argsort(out["t_ms"], kind="stable")]

    def sums(self) -> Sums:
        """The integers that measures need, as of now. A stop is a halt as SUMO counts it: below 0.1 m/s."""
        return self._world.ask("sums", self._now_ms)

    def all_counted_arrived(self) -> bool:
        """Whether every counted vehicle has left the network."""
        return self._world.ask("all_counted_arrived")

    def totals(self) -> Totals:
        return self._world.ask("totals", self._now_ms)

    def time_loss_s(self) -> np.ndarray:
        """(n_vehicles,) SUMO's own time loss of each vehicle, up to the end of the demand window."""
        return self._world.ask("time_loss_s")

    def libsumo(self, domain: str, function: str, *arguments: Any) -> Any:
        """Ask libsumo itself, for example ``("trafficlight", "getRedYellowGreenState", "C")``."""
        return self._world.ask("libsumo", domain, function, *arguments)

    def close(self) -> None:
        """End SUMO; nothing can be asked any more."""
        self._world.close()


def _start(world: Pipe, built: Any, arrivals: Arrivals) -> tuple[Survey, Path, list[tuple[str, ...]]]:
    """Load the scenario's network: what is in it, its file, and SUMO's edges of each link.

    SUMO's own random numbers follow from the demand's.
    """
    seed = zlib.crc32(arrivals.depart_ms.tobytes() + arrivals.pace.tobytes()) >> 1
    network = built.scenario.network
    net = network.node.path.parent / NET
    if net.is_file():
        types = [str(path) for path in [net.with_name(TYPES)] if path.is_file()]
        return world.ask("start", str(net), types, seed), net, [(name,) for name in network.link.ids]
    from signalsim.formats.sumo.export import Plans, write_net
    from signalsim.formats.sumo.export.names import Names

    plans = Plans(built.plans, next(iter(built.plans), ""))  # none of them runs: the interlock has the lights
    names = Names(network, plans.plans)
    with tempfile.TemporaryDirectory(prefix="signalsim-") as made:
        net = write_net(network, built.signals, plans, names, Path(made))
        return world.ask("start", str(net), [], seed), net, names.edges
