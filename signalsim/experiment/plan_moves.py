"""Small changes of fixed plans: what a search for better ones tries. All keep minimum greens."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from signalsim.signals import Plan, SignalSystem
from signalsim.signals.coordinated import whole_greens
from signalsim.signals.design import split_green
from signalsim.signals.greens import least_greens_s
from signalsim.signals.planning import least_cycle_s
from signalsim.signals.sequences import is_safe

Plans = dict[int, Plan]
MIN_CYCLE_S, MAX_CYCLE_S = 20.0, 240.0


class Moves:
    """Random neighbours of plans of one scenario; ``scale`` 1 is a wide step, towards 0 a narrow one."""

    def __init__(self, signals: SignalSystem) -> None:
        self.signals = signals
        self._least_s = cache(lambda j, stages: least_greens_s(signals, j, stages))
        self._is_safe = cache(
            lambda j, stages: is_safe(signals, j, [signals.stage_groups[j][s] for s in stages])
        )

    def neighbour(self, plans: Mapping[int, Plan], rng: np.random.Generator, scale: float) -> Plans:
        """Some junctions changed, mostly one or a few, or the cycle of all."""
        out = dict(plans)
        if rng.random() < 0.15 and (changed := self._cycle(out, rng, scale)) is not None:
            return changed
        busy = [j for j, plan in out.items() if len(plan.stages) > 1]
        if not busy:
            return out
        count = min(len(busy), 1 + rng.geometric(1 / (1 + len(busy) / 12)) // 2)
        for j in rng.choice(busy, size=count, replace=False).tolist():
            out[j] = self._one(j, out[j], rng, scale, alone=len(out) == 1)
        return out

    def _one(self, j: int, plan: Plan, rng: np.random.Generator, scale: float, *, alone: bool) -> Plan:
        draw = rng.random()
        change: Callable[..., Plan] = self._green
        if not alone and draw < 0.5:
            change = self._offset
        elif len(plan.stages) > 2 and draw > 0.93:
            change = self._order
        return change(j, plan, rng, scale)

    def _offset(self, j: int, plan: Plan, rng: np.random.Generator, scale: float) -> Plan:
        cycle = self.signals.cycle_s(j, plan)
        step = round(float(rng.normal(0, 0.25 * scale * cycle))) or int(rng.choice([-1, 1]))
        return Plan(plan.stages, plan.green_s, (plan.offset_s + step) % cycle)

    def _green(self, j: int, plan: Plan, rng: np.random.Generator, scale: float) -> Plan:
        giver, taker = rng.choice(len(plan.stages), size=2, replace=False).tolist()
        step = max(1.0, float(round(abs(rng.normal(0, 6 * scale)))))
        step = min(step, plan.green_s[giver] - self._least_s(j, plan.stages)[giver])
        if step <= 0:
            return plan
        green = list(plan.green_s)
        green[giver], green[taker] = green[giver] - step, green[taker] + step
        return Plan(plan.stages, tuple(green), plan.offset_s)

    def _order(self, j: int, plan: Plan, rng: np.random.Generator, scale: float) -> Plan:
        a, b = rng.choice(len(plan.stages), size=2, replace=False).tolist()
        place = list(range(len(plan.stages)))
        place[a], place[b] = place[b], place[a]
        stages = tuple(plan.stages[k] for k in place)
        if self._is_safe(j, plan.stages) and not self._is_safe(j, stages):
            return plan
        green = tuple(plan.green_s[k] for k in place)
        return self._fitted(j, Plan(stages, green, plan.offset_s), self.signals.cycle_s(j, plan)) or plan

    def _fitted(self, j: int, plan: Plan, cycle_s: float) -> Plan | None:
        """The plan with its greens stretched or cut to a cycle; None where that is too short."""
        least, changes = self._least_s(j, plan.stages), self.signals.changes_s(j, plan.stages)
        room = cycle_s - sum(changes)
        if least_cycle_s(self.signals, j, plan.stages) > cycle_s + 1e-9:
            return None
        green = whole_greens(split_green(room, plan.green_s, least), least, room)
        return Plan(plan.stages, green, plan.offset_s % cycle_s)

    def _cycle(self, plans: Plans, rng: np.random.Generator, scale: float) -> Plans | None:
        """Another common cycle for all junctions, offsets in proportion, or where they have none, for one."""
        cycles = {j: self.signals.cycle_s(j, plan) for j, plan in plans.items()}
        longest = max(cycles.values(), default=0.0)
        if not longest:
            return None
        repeats = {j: longest / c for j, c in cycles.items()}
        is_common = all(abs(r - round(r)) < 1e-6 for r in repeats.values())
        chosen = plans if is_common else {j: plans[j] for j in [int(rng.choice(list(plans)))]}
        before = longest if is_common else cycles[next(iter(chosen))]
        cycle = float(round(before * float(np.exp(rng.normal(0, 0.15 * scale)))))
        cycle += float(rng.choice([-1.0, 1.0])) if cycle == round(before) else 0.0
        if not MIN_CYCLE_S <= cycle <= MAX_CYCLE_S:
            return None
        out = dict(plans)
        for j, plan in chosen.items():
            share = cycle / (round(repeats[j]) if is_common else 1)
            offset = round(plan.offset_s * cycle / before, 3) if is_common else plan.offset_s
            fitted = self._fitted(j, Plan(plan.stages, plan.green_s, offset), share)
            if fitted is None:
                return None
            out[j] = fitted
        return out
