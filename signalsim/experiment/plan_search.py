"""The best fixed plan that simulation finds: cycle, splits, offsets and order of stages.

A stochastic local search from the best of the plans that there are. In each round some random
neighbours of the best plan so far (``plan_moves``) are simulated on the first samples of traffic; those
that are better there, on all. The best of them replaces the plan if it is better over all. Steps
narrow while nothing better is found and widen when something is. All candidates meet the same traffic
(common random numbers), so that small differences show after few runs.

Why no library's optimiser: neighbours change from whole seconds of green to the order of stages, each
keeps minimum greens, and common random numbers let most candidates go after a few runs. CMA-ES and its
like ask for a fixed number of real variables and judge every candidate in full.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from signalsim.errors import InputError
from signalsim.signals import Plan

from .plan_moves import Moves, Plans
from .plan_pool import Pool
from .statistics import paired_difference

TUNED_APART = 1_000_003  # added to a scenario's seed: traffic that plans are tuned on is never compared on
_NEIGHBOURS, _FIRST, _FINALISTS = 8, 3, 3
_START, _START_SHARE = 3, 0.25  # times the samples that choose the start; of the budget, while undecided
_CONFIRM, _CONFIRM_PART = (
    2,
    16,
)  # times the samples, or a part of the runs: on so many others the plan is held
_APART = 100_000  # the first of these others
_WIDER, _NARROWER, _NARROWEST = 1.5, 0.94, 0.08


@dataclass
class Search:
    """Where a search stands: all that is needed to go on with it."""

    key: str  # of scenario and settings
    start: str  # the plan that it began with, by name
    plans: Plans
    values: list[float]  # of the plans, by sample of traffic
    start_values: dict[str, float]  # name -> mean of each plan that was there to begin with
    scale: float = 1.0
    round: int = 0
    runs: int = 0
    history: list[tuple[int, float]] = field(default_factory=list)  # (runs, mean) at each improvement

    @property
    def mean(self) -> float:
        return float(np.mean(self.values))

    def to_json(self) -> str:
        """As a text; ``from_json`` makes the same of it."""
        data = asdict(self) | {"plans": {str(j): asdict(plan) for j, plan in self.plans.items()}}
        return json.dumps(data, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Search":
        """Raises ValueError, KeyError or TypeError where the text is none of ``to_json``."""
        data = json.loads(text)
        plans = {
            int(j): Plan(tuple(p["stages"]), tuple(p["green_s"]), p["offset_s"], tuple(p["change_s"]))
            for j, p in data["plans"].items()
        }
        history = [(int(runs), float(mean)) for runs, mean in data["history"]]
        return cls(**(data | {"plans": plans, "history": history}))


@dataclass(frozen=True)
class Budget:
    """When to stop: after seconds, or after simulated runs; 0: that does not count."""

    seconds: float = 120.0
    runs: int = 0

    def share(self, seconds: float, runs: int) -> float:
        """Of the budget that is used up."""
        parts = [seconds / self.seconds] if self.seconds else []
        return max([*parts, *([runs / self.runs] if self.runs else [])], default=1.0)


def search_key(
    digest: str, seed: int, samples: int, measure: str, added: Sequence[Sequence[str]] = ()
) -> str:
    """What must be equal for a search to go on: scenario, seed, samples, measure, stages added."""
    return hashlib.sha256(json.dumps([digest, seed, samples, measure, *added]).encode()).hexdigest()


def search_plan(
    built: Any,
    starts: Mapping[str, Plans],
    budget: Budget,
    *,
    seed: int,
    samples: int = 12,
    measure: str = "mean_delay_s",
    key: str = "",
    earlier: Search | None = None,
    workers: int = 0,
    keep: Callable[[Search], None] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Search:
    """The best plan found within the budget, by the measure's mean over ``samples`` of traffic.

    The plan found is then held against the one that it began with on other samples, which takes little
    more than the budget. Where it is not surely better there (the 95 % interval of the paired differences
    lies below 0), what was found may fit its samples only: the plan is the one that it began with.

    ``starts``: name -> plans to begin with; ``earlier``: a search to go on with instead. ``keep`` is called
    with every improvement and at the end. With a budget in runs equal input gives equal plans; with one in
    seconds the machine has a say.
    """
    if samples < _FIRST:
        raise InputError(f"samples: {samples} is too few to choose a plan by; give {_FIRST} or more")
    began, moves = time.monotonic(), Moves(built.signals)
    with Pool(built, seed + TUNED_APART, measure, workers) as pool:

        def used() -> float:
            return budget.share(time.monotonic() - began, pool.runs)

        state = earlier or _begun(pool, starts, samples, key, used)
        if keep:
            keep(state)
        while used() < 1:
            if _round(state, pool, moves, seed, samples) and keep:
                keep(state)
            if progress:
                progress(min(100, round(100 * used())), 100, f"{state.mean:.2f} s")
        _confirm(state, pool, starts[state.start], samples)
    if keep:
        keep(state)
    return state


def _begun(
    pool: Pool, starts: Mapping[str, Plans], samples: int, key: str, used: Callable[[], float]
) -> Search:
    """The best of the starts; which of the two best it is gets more samples while they do not tell."""
    every = range(_START * samples)
    values = {name: pool.values([(plans, k) for k in every]) for name, plans in starts.items()}
    means = {name: float(np.mean(found[:samples])) for name, found in values.items()}
    order = sorted(values, key=lambda name: float(np.mean(values[name])))[:2]
    while used() < _START_SHARE and len(order) == 2:
        difference = paired_difference(np.array(values[order[0]]), np.array(values[order[1]]))
        if not difference.low < 0 < difference.high:
            break
        more = range(len(values[order[0]]), len(values[order[0]]) + samples)
        for name in order:
            values[name] += pool.values([(starts[name], k) for k in more])
        order.sort(key=lambda name: float(np.mean(values[name])))
    start = order[0]
    state = Search(key, start, dict(starts[start]), values[start][:samples], means, runs=pool.runs)
    state.history.append((state.runs, state.mean))
    return state


def _confirm(state: Search, pool: Pool, start: Plans, samples: int) -> None:
    """Back to the start where the plan is not surely better on samples that it was not found by."""
    if state.plans == start:
        return
    others = range(_APART, _APART + max(_CONFIRM * samples, state.runs // _CONFIRM_PART))
    found = pool.values([(plans, k) for plans in (state.plans, start) for k in others])
    state.runs += len(found)
    difference = paired_difference(np.array(found[: len(others)]), np.array(found[len(others) :]))
    if not difference.high < 0:
        state.plans = dict(start)
        state.values = pool.values([(start, k) for k in range(samples)])
        state.runs += samples


def _round(state: Search, pool: Pool, moves: Moves, seed: int, samples: int) -> bool:
    """Try some neighbours; whether one of them is the new plan."""
    rng = np.random.default_rng([seed, state.round])
    state.round += 1
    new = [
        plans
        for _ in range(_NEIGHBOURS)
        if (plans := moves.neighbour(state.plans, rng, state.scale)) != state.plans
    ]
    first = pool.values([(plans, k) for plans in new for k in range(_FIRST)])
    state.runs += len(first)
    gains = np.reshape(first, (-1, _FIRST)) - np.array(state.values[:_FIRST])
    mean = gains.mean(axis=1)
    hopeful = [int(i) for i in np.argsort(mean, kind="stable")[:_FINALISTS] if mean[i] < 0]
    rest = pool.values([(new[i], k) for i in hopeful for k in range(_FIRST, samples)])
    state.runs += len(rest)
    best, values = state.mean, None
    for place, i in enumerate(hopeful):
        width = samples - _FIRST
        found = first[i * _FIRST : (i + 1) * _FIRST] + rest[place * width : (place + 1) * width]
        if float(np.mean(found)) < best:
            best, values = float(np.mean(found)), found
            state.plans = new[i]
    if values is None:
        state.scale = max(_NARROWEST, state.scale * _NARROWER)
        return False
    state.values, state.scale = values, min(1.0, state.scale * _WIDER)
    state.history.append((state.runs, state.mean))
    return True
