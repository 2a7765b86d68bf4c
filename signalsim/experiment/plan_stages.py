"""Plans with the stages that the conflicts allow, in a scenario that has them."""

from dataclasses import dataclass, replace
from typing import Any

from signalsim.control.lasting import lasting_plan
from signalsim.control.plans import plain_plans, stage_order
from signalsim.control.volumes import traffic_of
from signalsim.scenario import build
from signalsim.signals import Plan, SignalSystem, design_plans, plan_arrays
from signalsim.signals.coordinated import check_cycle, coordinated
from signalsim.signals.sequences import Staged, best_sequences, protected

from .plan_methods import FORMULA, Planned, check_signals, why_coordinated


@dataclass(frozen=True)
class AnyStages:
    """``built``: the scenario with the new stages; ``sequences``: local stages in order per junction;
    ``plans``: Webster's; ``added``: what is new, as junction, id and groups."""

    built: Any
    sequences: dict[int, tuple[int, ...]]
    plans: dict[int, Plan]
    added: tuple[tuple[str, str, str], ...]
    why: tuple[str, ...]

    def planned(self, method: str, name: str, **limits: float) -> Planned:
        """As ``plan_methods.design`` gives it; by ``webster`` or ``coordinated``."""
        traffic = traffic_of(self.built)
        if method == "coordinated":
            found = coordinated(traffic, self.sequences, **limits)
            plans, why = found.plans, why_coordinated(self.built.signals, found)
        else:
            plans, why = self.plans, (FORMULA["webster"],)
        return Planned(method, {name: plans}, {name: traffic}, why=(*why, *self.why))


def any_stages(built: Any, *, min_cycle_s: float, max_cycle_s: float) -> AnyStages:
    """The stages of least estimated delay at every junction, and Webster's plan. Raises InputError."""
    check_signals(built)
    limits = {"min_cycle_s": min_cycle_s, "max_cycle_s": max_cycle_s}
    order = stage_order(lasting_plan(built.deployed, built.tables.signals))
    check_cycle(built.signals, order, max_cycle_s)
    found = best_sequences(traffic_of(built), order, **limits)
    wide = build(replace(built.scenario, signals=found.signals))
    plans, _ = design_plans(
        traffic_of(wide), "webster", found.sequences, min_cycle_s=min_cycle_s, max_cycle_s=max_cycle_s
    )
    plain = plain_plans(plan_arrays(wide.signals, plans))
    return AnyStages(wide, found.sequences, plain, _added(found), _why(found, built.signals, order))


def _added(found: Staged) -> tuple[tuple[str, str, str], ...]:
    signals = found.signals
    return tuple(
        (
            signals.junctions[j],
            signals.stages[j][s],
            " ".join(signals.groups[g] for g in sorted(signals.stage_groups[j][s])),
        )
        for j, stages in found.added.items()
        for s in stages
    )


def _why(found: Staged, before: SignalSystem, order: dict[int, tuple[int, ...]]) -> tuple[str, ...]:
    """Sentences on what differs from the deployed stages. ``order``: local stages of ``before``."""
    signals = found.signals
    why = [f"new stage {stage} of junction {junction}: {groups}" for junction, stage, groups in _added(found)]
    for j, sequence in found.sequences.items():
        name = signals.junctions[j]
        old = [before.stages[j][s] for s in order[j]]
        new = [signals.stages[j][s] for s in sequence]
        if new != old:
            why.append(f"junction {name} shows stages {', '.join(new)} instead of {', '.join(old)}")
        if bare := protected(before, j, order[j]) - protected(signals, j, sequence):
            groups = ", ".join(signals.groups[g] for g in sorted(bare))
            why.append(
                f"junction {name} has no protected stage any more for {groups}: by estimate gaps serve them"
            )
    if not why:
        why.append("no other stages lower the estimated delay")
    if found.kept:
        ids = ", ".join(signals.junctions[j] for j in found.kept)
        why.append(f"with rings or pedestrians' signals, so with the deployed stages: {ids}")
    return tuple(why)
