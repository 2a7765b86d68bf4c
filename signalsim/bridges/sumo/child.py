"""The process in which libsumo runs: reads calls from its standard input, answers on its output."""

import os
import pickle
import signal
import sys
from typing import Any, BinaryIO

import numpy as np

from signalsim.bridges.sumo.drivers import Drivers
from signalsim.bridges.sumo.roads import SumoLane, Survey
from signalsim.bridges.sumo.traffic import STEP_MS, Setup, Traffic
from signalsim.engine.detectors import Detectors
from signalsim.engine.surface import Sums, Totals
from signalsim.errors import InputError

OPTIONS = (
    "--begin", "0",
    "--step-length", "1",
    "--time-to-teleport", "-1",  # who is stuck stays: nobody jumps over a jam
    "--collision.action", "warn",
    "--default.speeddev", "0",  # drivers' speeds are drawn by this project
    "--xml-validation", "never",
    "--no-step-log",
    "--no-warnings",
    "--duration-log.disable",
)  # fmt: skip


class World:
    """SUMO and the vehicles in it."""

    def __init__(self) -> None:
        import libsumo  # type: ignore[import-untyped,import-not-found,unused-ignore]

        self._sumo: Any = libsumo
        self._errors = (libsumo.TraCIException, libsumo.FatalTraCIError)
        self._net = ""

    def start(self, net: str, files: list[str], seed: int) -> Survey:
        """Load a network and additional files; what is in them. Raises InputError."""
        self._net = net
        command = ["sumo", "--net-file", net, "--seed", str(seed), *OPTIONS]
        if files:
            command += ["--additional-files", ",".join(files)]
        try:
            self._sumo.start(command)
        except self._errors as error:
            raise InputError(f"{net}: SUMO cannot load it: {_one_line(error)}") from None
        return _survey(self._sumo)

    def begin(self, setup: Setup) -> None:
        """Make ready for the first second."""
        self._drivers = Drivers(self._sumo, setup.tables, setup.arrivals, setup.roads)
        self._traffic = Traffic(self._sumo, setup, self._drivers)

    def step(self, now_ms: int, lights: dict[str, str]) -> None:
        """The second from ``now_ms`` on, with new states of traffic lights. Raises InputError."""
        try:
            for light, state in lights.items():
                self._sumo.trafficlight.setRedYellowGreenState(light, state)
            self._drivers.depart(now_ms + STEP_MS)
            self._sumo.simulationStep()
        except self._errors as error:
            raise InputError(
                f"{self._net}: SUMO stopped at {now_ms / 1000:g} s: {_one_line(error)}"
            ) from None
        self._traffic.look(now_ms)

    def sight(self, now_ms: int) -> dict[str, np.ndarray]:
        return self._traffic.sight(now_ms)

    def loops(self, detectors: Detectors) -> dict[str, np.ndarray]:
        return self._traffic.loops(detectors)

    def records(self) -> np.ndarray:
        return np.array(self._traffic.rows or [], np.int64).reshape(-1, 5)

    def sums(self, now_ms: int) -> Sums:
        return self._traffic.sums(now_ms)

    def totals(self, now_ms: int) -> Totals:
        return self._traffic.totals(now_ms)

    def all_counted_arrived(self) -> bool:
        return self._traffic.all_counted_arrived()

    def time_loss_s(self) -> np.ndarray:
        return self._traffic.time_loss_s

    def libsumo(self, domain: str, function: str, *arguments: Any) -> Any:
        """Whatever libsumo can be asked, such as ``("trafficlight", "getIDList")``."""
        return getattr(getattr(self._sumo, domain), function)(*arguments)


def _survey(sumo: Any) -> Survey:
    lanes = {
        edge: tuple(
            SumoLane(name, sumo.lane.getLength(name), sumo.lane.getMaxSpeed(name))
            for name in (f"{edge}_{i}" for i in range(sumo.edge.getLaneNumber(edge)))
        )
        for edge in sumo.edge.getIDList()
        if not edge.startswith(":")
    }
    lights = {
        light: [
            [(start, end) for start, end, _ in link] for link in sumo.trafficlight.getControlledLinks(light)
        ]
        for light in sumo.trafficlight.getIDList()
    }
    return Survey(lanes, lights)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def serve(calls: BinaryIO, answers: BinaryIO) -> None:
    """Answer until nobody calls any more. After an exception every answer is that exception."""
    world, failure = World(), None
    while True:
        try:
            method, arguments, wants_answer = pickle.load(calls)
        except EOFError:
            return
        answer = None
        if failure is None:
            try:
                answer = getattr(world, method)(*arguments)
            except Exception as error:  # all of them belong to the caller
                failure = error
        if wants_answer:
            pickle.dump((failure is None, answer if failure is None else failure), answers)
            answers.flush()


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller answers Ctrl-C, and then hangs up
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what SUMO prints is no answer
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
