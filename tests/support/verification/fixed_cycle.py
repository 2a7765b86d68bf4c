"""Random arrivals at a signal of fixed cycle, exactly: the Markov chain of the queue from green to green.

Built for the engine's own discharge rule (``lindley.Discharge``): who meets green and no queue passes at
once and keeps its headway from then on. Arrivals are Bernoulli per millisecond, see ``roads``.
"""

from dataclasses import dataclass

import numpy as np

from .lindley import Discharge

_SHORT = 64  # vehicles: more neither queue up within a green nor arrive within a red


@dataclass(frozen=True)
class FixedCycle:
    """The stationary queue."""

    queue_at_green: float  # vehicles at the stop line when green begins, mean
    delay_ms: float  # per vehicle, mean
    chain: np.ndarray  # (size, size) from the queue at one green to the queue at the next

    def still_missing(self, cycles: int) -> float:
        """By how much the mean queue is below the stationary one after so many cycles from empty: a share."""
        law = np.zeros(len(self.chain))
        law[0] = 1.0
        for _ in range(cycles):
            law = law @ self.chain
        return 1 - float(law @ np.arange(len(law))) / self.queue_at_green


def binomial(m: np.ndarray | int, p: float, size: int) -> np.ndarray:
    """(..., size) probability of k arrivals in m milliseconds."""
    m, k = np.asarray(m)[..., None], np.arange(1, size)
    steps = np.maximum(m - k + 1, 0) / k * (p / (1 - p))
    return (1 - p) ** m * np.concatenate((np.ones_like(m), np.cumprod(steps, -1)), -1)


def _arrive(size: int, m: int, p: float) -> np.ndarray:
    """(size, size) matrix [queue before, queue after m ms of arrivals]; the last state takes the rest."""
    pmf = binomial(m, p, size)
    shift = np.arange(size)[None, :] - np.arange(size)[:, None]
    matrix = np.where(shift >= 0, pmf[np.maximum(shift, 0)], 0.0)
    matrix[:, -1] += 1 - matrix.sum(1)
    return matrix


class _FromIdle:
    """What follows an idle moment in an endless green: crossings and idleness by ms after it."""

    def __init__(self, p: float, headway_ms: int, until_ms: int) -> None:
        self.left = np.zeros((until_ms, _SHORT))  # [u, m]: crosses at u and leaves m behind it
        self.idle = np.zeros(until_ms)
        epoch = np.zeros((until_ms, _SHORT))  # [u, n]: the headway ends at u, n wait
        arrive = _arrive(_SHORT, headway_ms, p)
        idle = 1.0
        self.idle[0] = 1.0
        for start in range(1, until_ms, headway_ms):
            block = slice(start, min(start + headway_ms, until_ms))
            if start > headway_ms:
                before = slice(block.start - headway_ms, block.stop - headway_ms)
                epoch[block] = self.left[before] @ arrive
            self.left[block, :-1] = epoch[block, 1:]
            for u in range(block.start, block.stop):
                self.left[u, 0] += p * idle
                idle = idle * (1 - p) + epoch[u, 0]
                self.idle[u] = idle


def solve(p: float, cycle_ms: int, green_ms: int, rule: Discharge, size: int = 400) -> FixedCycle:
    """The stationary queue; ``size``: states kept (queues of ``size`` vehicles must be as good as never)."""
    open_ms = green_ms + rule.end_gain_ms
    idle = _FromIdle(p, rule.headway_ms, open_ms)
    too_late = np.arange(open_ms - rule.headway_ms, open_ms)  # crossings whose followers see red
    to_green = binomial(cycle_ms - too_late, p, _SHORT)
    to_green_idle = binomial(cycle_ms - open_ms + 1, p, size)

    def from_idle(at_ms: int) -> tuple[np.ndarray, float]:
        """(queue at the next green, sum over crossings of the rest of the cycle in ms), idle at ``at_ms``."""
        after = np.arange(open_ms - at_ms)
        more = float(idle.left[after].sum(1) @ (cycle_ms - at_ms - after))
        last = (too_late - at_ms)[too_late >= at_ms]
        left = idle.left[last].T @ to_green[-len(last) :]
        queue = idle.idle[after[-1]] * to_green_idle
        for m in range(_SHORT):
            queue[m : m + _SHORT] += left[m, : size - m]
        return queue, more

    chain = np.zeros((size, size))
    rest = np.zeros(size)  # by queue at green: expected sum over crossings of the rest of the cycle
    chain[0], rest[0] = from_idle(0)
    waiting = _arrive(size, rule.startup_ms, p)[1:]
    t, following = rule.startup_ms, rule.headway_ms + rule.second_ms
    while True:
        queue, more = from_idle(t)
        chain[1:] += waiting[:, :1] * queue
        rest[1:] += waiting[:, 0] * more
        left = np.zeros_like(waiting)
        left[:, :-1] = waiting[:, 1:]
        rest[1:] += left.sum(1) * (cycle_ms - t)
        if t + following >= open_ms:
            chain[1:] += left @ _arrive(size, cycle_ms - t, p)
            break
        waiting = left @ _arrive(size, following, p)
        t, following = t + following, rule.headway_ms
    return _stationary(chain, rest, p, cycle_ms)


def _stationary(chain: np.ndarray, rest: np.ndarray, p: float, cycle_ms: int) -> FixedCycle:
    size = len(chain)
    assert abs(chain.sum(1) - 1).max() < 1e-9, "the chain loses probability"
    system = np.vstack([(chain.T - np.eye(size))[:-1], np.ones(size)])
    law = np.linalg.solve(system, np.append(np.zeros(size - 1), 1.0))
    assert law[-20:].sum() < 1e-9, "more states are needed"
    queue = float(law @ np.arange(size))
    area = queue * cycle_ms + p * cycle_ms * (cycle_ms - 1) / 2 - float(law @ rest)
    return FixedCycle(queue, area / (p * cycle_ms), chain)
