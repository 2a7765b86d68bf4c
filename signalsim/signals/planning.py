"""Plans of single junctions from movement flows: Webster's, or with equal greens.

Where nobody gives way what a lane passes in an hour of green does not depend on the cycle, and Webster's
formula has the cycle of least delay. Where somebody does, shorter cycles pass more: every green begins with
those that stand ahead of the first who waits for a gap, and ends with one or two who clear. There the
cycle is the one of least delay up to the formula's, by the two terms of ``waiting``.
"""

from collections.abc import Mapping
from dataclasses import replace

from signalsim.signals.design import MAX_CYCLE_S, MIN_CYCLE_S, Design, uniform, webster
from signalsim.signals.flows import USUAL_CYCLE_S, stage_losses_s, stage_rates, stage_ratios
from signalsim.signals.greens import least_greens_s
from signalsim.signals.model import Plan, SignalSystem
from signalsim.signals.traffic import Traffic
from signalsim.signals.waiting import metered, waiting

MARGIN = 1.1  # traffic that cycles are judged by, over what was counted (assumption)
_MOST_ROUNDS, _SETTLED_S = 20, 0.001
_STEP, _FINE_STEP = 1.2, 1.09  # from one cycle to the next that is tried
_MOST_STEPS = 16


def design_plans(
    traffic: Traffic,
    method: str = "webster",
    sequences: Mapping[int, tuple[int, ...]] | None = None,
    *,
    is_rough: bool = False,
    min_cycle_s: float = MIN_CYCLE_S,
    max_cycle_s: float = MAX_CYCLE_S,
) -> tuple[dict[int, Plan], dict[int, Design]]:
    """Plans and designs of all junctions. ``method``: webster or uniform.

    ``sequences``: local stages in order per junction (all stages in local order where not given); the
    others do not count. Greens are whole seconds. ``is_rough``:
    the formula's cycles only, for many plans of which few are kept.
    """
    signals, limits = traffic.signals, {"min_cycle_s": min_cycle_s, "max_cycle_s": max_cycle_s}
    orders = {
        j: (sequences or {}).get(j) or tuple(range(len(signals.stages[j])))
        for j in range(len(signals.junctions))
    }
    only = traffic.only(orders)
    by_formula = {j: _Junction(only, j, order) for j, order in orders.items()}
    designs = {j: one.by_formula(method, **limits) for j, one in by_formula.items()}
    plans = {j: one.plan(designs[j]) for j, one in by_formula.items()}
    giving = [j for j in orders if gives_way(only, j)]
    if method == "webster" and giving and not is_rough:
        known = metered(only, plans)
        for j in giving:
            one = _Junction(known, j, orders[j])
            designs[j] = one.of_least_delay(designs[j], **limits)
            plans[j] = one.plan(designs[j])
    return plans, designs


def design_plan(
    traffic: Traffic, method: str, junction: int, sequence: tuple[int, ...], **limits: float
) -> tuple[Plan, Design]:
    """Plan and design of one junction by itself; all its stages count."""
    one = _Junction(traffic, junction, sequence)
    design = one.by_formula(method, **limits)
    if method == "webster" and gives_way(traffic, junction):
        design = one.of_least_delay(design, **limits)
    return one.plan(design), design


def gives_way(traffic: Traffic, junction: int) -> bool:
    """Whether anybody waits for gaps there while his signal is green."""
    return bool(stage_rates(traffic, junction).is_giving_way[:, traffic.flow_pcuph > 0].any())


def busier(traffic: Traffic) -> Traffic:
    """What cycles are judged by where somebody gives way: days and hours differ from what was counted, and a
    cycle a little too short for its traffic costs far more than one a little too long."""
    return replace(traffic, flow_pcuph=MARGIN * traffic.flow_pcuph)


def least_cycle_s(signals: SignalSystem, junction: int, sequence: tuple[int, ...]) -> float:
    """The shortest cycle that holds minimum greens, walks, clearances and intergreens, s."""
    return sum(least_greens_s(signals, junction, sequence)) + sum(signals.changes_s(junction, sequence))


class _Junction:
    """Designs of one junction at different cycles."""

    def __init__(self, traffic: Traffic, junction: int, sequence: tuple[int, ...]):
        self.traffic, self.junction, self.sequence = traffic, junction, sequence
        self.busier = busier(traffic)
        self.least = least_greens_s(traffic.signals, junction, sequence)
        self.changes = traffic.signals.changes_s(junction, sequence)
        self.losses = stage_losses_s(traffic, junction, sequence)

    def ratios(self, cycle_s: float) -> list[float]:
        found = stage_ratios(self.traffic, self.junction, cycle_s)
        return [found[s] for s in self.sequence]

    def by_formula(self, method: str, **limits: float) -> Design:
        """At the cycle that the formula gives for the ratios that hold at this cycle."""
        designer, cycle_s = {"webster": webster, "uniform": uniform}[method], USUAL_CYCLE_S
        for _ in range(_MOST_ROUNDS):
            design = designer(
                self.ratios(cycle_s), self.changes, self.least, loss_per_stage_s=self.losses, **limits
            )
            is_settled = abs(design.cycle_s - cycle_s) < _SETTLED_S
            cycle_s = design.cycle_s
            if is_settled:
                break
        return design

    def of_least_delay(self, formula: Design, min_cycle_s: float = MIN_CYCLE_S, **_: float) -> Design:
        """At the cycle of least estimated delay, up to the formula's."""
        low = max(min_cycle_s, sum(self.least) + sum(self.changes))
        tried: dict[float, float] = {formula.cycle_s: self.waiting(formula)}
        designs: dict[float, Design] = {formula.cycle_s: formula}

        def attempt(cycle_s: float) -> None:
            if low - 1e-9 <= cycle_s < formula.cycle_s:
                designs[cycle_s] = self.at(cycle_s)
                tried[cycle_s] = self.waiting(designs[cycle_s])

        for k in range(_MOST_STEPS):
            attempt(low * _STEP**k)
        middle = min(tried, key=lambda c: (tried[c], c))
        for factor in (1 / _FINE_STEP, _FINE_STEP):
            attempt(middle * factor)
        best_s = min(tried, key=lambda c: (tried[c], c))
        return replace(designs[best_s], is_oversaturated=formula.is_oversaturated)

    def waiting(self, design: Design) -> float:
        """Vehicles that wait on average, by estimate."""
        return waiting(self.busier, {self.junction: self.plan(design)})

    def at(self, cycle_s: float) -> Design:
        """At one cycle that holds the minimum greens."""
        return webster(
            self.ratios(cycle_s), self.changes, self.least, loss_per_stage_s=self.losses, cycle_s=cycle_s,
            min_cycle_s=0.0, max_cycle_s=cycle_s,
        )  # fmt: skip

    def plan(self, design: Design) -> Plan:
        """In whole seconds of green."""
        green = tuple(max(float(round(g)), low) for g, low in zip(design.green_s, self.least, strict=True))
        return Plan(self.sequence, green, 0.0)
