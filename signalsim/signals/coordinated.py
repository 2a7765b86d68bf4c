"""Plans of one common cycle: Webster's splits, offsets of least delay, half cycles where better."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from signalsim.errors import InputError
from signalsim.signals.arterial import Arterial, arterial, bands_of, green_wave
from signalsim.signals.bandwidth import Bands
from signalsim.signals.design import MAX_CYCLE_S, MIN_CYCLE_S, webster
from signalsim.signals.flows import stage_losses_s, stage_ratios
from signalsim.signals.greens import least_greens_s
from signalsim.signals.model import Plan, SignalSystem
from signalsim.signals.offsets import Offsets, OffsetSearch
from signalsim.signals.planning import busier, design_plans, gives_way, least_cycle_s
from signalsim.signals.platoons import Paths
from signalsim.signals.streams import Streams, streams
from signalsim.signals.traffic import Traffic
from signalsim.signals.waiting import metered, served, waiting, waiting_alone

_COARSE_S, _FINE_S = 10.0, 2.0  # steps of the search for the cycle
_COARSE_BIN_S = 2.0  # bins while it is searched for; then a second
_HALF_GAIN = 0.9  # of a junction's delay alone that half the cycle must be below
_ALL_HALF_GAIN = 0.8  # of all delay that half cycles must be below: they cost progression
_MOST_DEGREE = 0.95  # degree of saturation that half a cycle may bring


@dataclass(frozen=True)
class Coordinated:
    """A coordinated plan and why it is what it is.

    ``cycle_s``: 0 where Webster's plans, each with a cycle of its own, are estimated to be better;
    ``waiting``: estimated vehicles that wait, by cycle (s) tried, ``waiting_alone`` under Webster's plans;
    ``halved``: junctions that run twice in a cycle; ``bands``: widths of the bands under the plan, in cycles,
    and ``widest``: the widest that this cycle and these splits allow, both of an arterial only.
    """

    plans: dict[int, Plan]
    cycle_s: float
    waiting: dict[float, float]
    waiting_alone: float
    halved: tuple[int, ...]
    bands: tuple[float, float] | None
    widest: Bands | None


@dataclass(frozen=True)
class _Try:
    plans: dict[int, Plan]
    offsets: Offsets
    serving: np.ndarray
    halved: tuple[int, ...]
    road: Arterial | None
    widest: Bands | None

    @property
    def total(self) -> float:
        return self.offsets.total


def check_cycle(signals: SignalSystem, sequences: Mapping[int, tuple[int, ...]], max_cycle_s: float) -> None:
    """Raise InputError where minimum greens and intergreens do not fit into the longest cycle."""
    for j, sequence in sequences.items():
        need = least_cycle_s(signals, j, sequence)
        if need > max_cycle_s + 1e-6:
            walks = any(signals.walks[g] for s in sequence for g in signals.stage_groups[j][s])
            what = "minimum greens, walks and intergreens" if walks else "minimum greens and intergreens"
            raise InputError(
                f"junction '{signals.junctions[j]}': its {what} take {need:g} s, and the longest cycle is "
                f"{max_cycle_s:g} s; allow a cycle of {math.ceil(need)} s, or shorten them"
            )


def coordinated(
    traffic: Traffic,
    sequences: Mapping[int, tuple[int, ...]],
    *,
    min_cycle_s: float = MIN_CYCLE_S,
    max_cycle_s: float = MAX_CYCLE_S,
    cycle_s: float | None = None,
) -> Coordinated:
    """The common cycle, splits and offsets of least estimated delay; or Webster's plans where no common cycle
    is estimated to be better. ``sequences``: stages in order per junction; ``cycle_s`` fixes the cycle.
    Raises InputError where no common cycle is long enough.
    """
    signals = traffic.signals
    check_cycle(signals, sequences, max_cycle_s)
    need = max((least_cycle_s(signals, j, seq) for j, seq in sequences.items()), default=0.0)
    low = math.ceil(max(min_cycle_s, need))
    alone, _ = design_plans(traffic, "webster", sequences, min_cycle_s=min_cycle_s, max_cycle_s=max_cycle_s)
    traffic = metered(traffic.only(sequences), alone)
    if any(gives_way(traffic, j) for j in sequences):
        traffic = busier(traffic)
    unrelated = waiting(traffic, alone)
    designer = _Designer(traffic, sequences)
    tried: dict[float, _Try] = {}

    def consider(cycle: float) -> None:
        if low <= cycle <= max(max_cycle_s, low) and cycle not in tried:
            tried[cycle] = designer.at(cycle, _COARSE_BIN_S, rounds=1)

    if cycle_s is not None:
        if cycle_s < need - 1e-6:
            raise InputError(
                f"cycle {cycle_s:g} s: minimum greens and intergreens take {need:g} s; give more"
            )
        tried[cycle_s] = designer.at(cycle_s)
    else:
        for cycle in [float(low), *np.arange(_COARSE_S * (low // _COARSE_S + 1), max_cycle_s + 1, _COARSE_S)]:
            consider(float(cycle))
        middle = min(tried, key=lambda c: tried[c].total)
        for cycle in np.arange(middle - _COARSE_S + _FINE_S, middle + _COARSE_S, _FINE_S):
            consider(float(cycle))
    best = min(tried, key=lambda c: (tried[c].total, c))
    one = designer.at(best) if cycle_s is None else tried[best]
    if cycle_s is None and unrelated <= one.total:
        every = {c: tried[c].total for c in sorted(tried)}
        return Coordinated(alone, 0.0, every, unrelated, (), None, None)
    return Coordinated(
        plans=one.plans,
        cycle_s=best,
        waiting={c: tried[c].total for c in sorted(tried)},
        waiting_alone=unrelated,
        halved=one.halved,
        bands=None if one.road is None else bands_of(one.road, one.serving, best, one.offsets.offset),
        widest=one.widest,
    )


class _Designer:
    """Plans of one scenario at any common cycle."""

    def __init__(self, traffic: Traffic, sequences: Mapping[int, tuple[int, ...]]):
        self.traffic, self.sequences = traffic, sequences
        self.losses_s = {j: stage_losses_s(traffic, j, sequence) for j, sequence in sequences.items()}

    def at(self, cycle_s: float, bin_s: float = 1.0, *, rounds: int = 3) -> _Try:
        """The best plan at one cycle: with all junctions at it, or some at half of it."""
        whole = {j: self._plan(j, cycle_s) for j in self.sequences}
        t, n = self.traffic, max(1, round(cycle_s / bin_s))
        which = streams(t, cycle_s)
        paths = Paths(t, which, cycle_s, n)
        tries = [self._offsets(which, whole, paths, (), rounds)]
        halved = tuple(j for j in self.sequences if self._halves(which, j, whole[j], cycle_s, n))
        if 0 < len(halved) < len(whole):  # all of them: that is the plan of the half cycle
            plans = whole | {j: self._plan(j, cycle_s / 2) for j in halved}
            tries.append(self._offsets(which, plans, paths, halved, rounds))
        return tries[-1] if tries[-1].total < _ALL_HALF_GAIN * tries[0].total else tries[0]

    def _plan(self, j: int, cycle_s: float) -> Plan:
        signals, sequence = self.traffic.signals, self.sequences[j]
        changes = signals.changes_s(j, sequence)
        least = least_greens_s(signals, j, sequence)
        ratios = stage_ratios(self.traffic, j, cycle_s)
        found = webster(
            [ratios[s] for s in sequence], changes, least, loss_per_stage_s=self.losses_s[j],
            cycle_s=cycle_s, min_cycle_s=0.0, max_cycle_s=cycle_s,
        )  # fmt: skip
        return Plan(sequence, whole_greens(found.green_s, least, cycle_s - sum(changes)), 0.0)

    def _halves(self, which: Streams, j: int, plan: Plan, cycle_s: float, n_bins: int) -> bool:
        """Whether a junction alone would be better at half the cycle."""
        need = least_cycle_s(self.traffic.signals, j, self.sequences[j])
        if need > cycle_s / 2:
            return False
        at = which.at(j)
        waits = []
        for one in (plan, self._plan(j, cycle_s / 2)):
            serving = served(which, self.traffic.signals, {j: one}, cycle_s, n_bins)[at]
            capacity = serving.sum(axis=1) / cycle_s
            flow = which.flow[at]
            if (flow > _MOST_DEGREE * capacity).any():
                waits.append(math.inf)
                continue
            waits.append(float(waiting_alone(which, at, serving, cycle_s, self.traffic.hours).sum()))
        return waits[1] < _HALF_GAIN * waits[0]

    def _offsets(
        self, which: Streams, plans: dict[int, Plan], paths: Paths, halved: tuple[int, ...], rounds: int
    ) -> _Try:
        signals, n, cycle_s = self.traffic.signals, len(self.sequences), paths.cycle_s
        serving = served(which, signals, plans, cycle_s, paths.n_bins)
        search = OffsetSearch(which, paths, serving, n, self.traffic.hours)
        road = arterial(which, paths, n) if n > 1 else None
        wave = green_wave(road, which, serving, cycle_s) if road else None
        found = search.best([wave[1]] if wave else [], rounds=rounds)
        bin_s = cycle_s / serving.shape[1]
        placed = {
            j: Plan(plan.stages, plan.green_s, float(found.offset[j] * bin_s) % signals.cycle_s(j, plan))
            for j, plan in plans.items()
        }
        return _Try(placed, found, serving, halved, road, wave[0] if wave else None)


def whole_greens(green_s: tuple[float, ...], least_s: list[float], total_s: float) -> tuple[float, ...]:
    """Greens in whole seconds but for one, so that they make up ``total_s``; none below its minimum.

    ``total_s`` holds the minimum greens.
    """
    rounded = [max(float(round(g)), low) for g, low in zip(green_s, least_s, strict=True)]
    rest = round(total_s - sum(rounded), 3)
    while abs(rest) > 1e-9:
        spare = [g - low for g, low in zip(rounded, least_s, strict=True)]
        k = int(np.argmax(spare if rest < 0 else rounded))
        step = max(rest, -spare[k]) if rest < 0 else rest
        if step == 0:
            break
        rounded[k] = round(rounded[k] + step, 3)
        rest = round(rest - step, 3)
    return tuple(rounded)
