"""What ``signalsim controllers new`` writes: controllers that run as they are, to be changed."""

PLAIN = '''"""A signal controller of your own; try it with

    signalsim compare SCENARIO --controllers deployed,{file}:{cls}
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class {cls}:
    """Serves the longest queue; leaves a green only for a queue that is longer by ``margin_veh``."""

    interval_s: float = 5.0  # how often each junction is asked
    margin_veh: float = 2.0

    def decide(self, view):
        """The stage to go to: one of view.stages, or None to leave things as they are.

        A stage has id, queue_veh, near_veh, min_green_s, lanes, movements. The view has now_s, junction,
        stages, stage (in force; None while changing), stage_age_s, and by lane queue_veh, near_veh,
        vehicles, counts, arrivals_veh_h, valid (a camera works), downstream_veh by movement. The
        interlock keeps minimum greens and intergreens whatever is asked for.
        """
        if view.stage is None:
            return None
        if not all(view.valid.values()):  # cameras have failed: everybody gets a turn
            turn = int(view.now_s // 30) % len(view.stages)
            return view.stages[turn]
        longest = max(view.stages, key=lambda stage: stage.queue_veh)
        if longest.queue_veh < view.stage.queue_veh + self.margin_veh:
            return None
        return longest


if __name__ == "__main__":
    from signalsim.testing import check_controller

    check_controller({cls}())
    print("{cls} keeps what controllers promise")
'''

COMPILED = '''"""A compiled signal controller of your own; try it with

    signalsim compare SCENARIO --controllers deployed,{file}:{cls}
"""

from dataclasses import dataclass

import numba

from signalsim.control.fallback import Fallback
from signalsim.control.layout import junctions


@dataclass(frozen=True)
class {cls}:
    """Serves the longest queue; leaves a green only for a queue that is longer by ``margin_veh``."""

    interval_s: float = 5.0  # how often all junctions are asked, together
    margin_veh: float = 2.0

    def prepare(self, built):
        """The rule on a network: what does not change is worked out here, once."""
        return Policy(self, built)


class Policy:
    needs_sensing = True

    def __init__(self, rule, built):
        self.layout = junctions(built.tables)
        self.fallback = Fallback(built, self.layout)  # the deployed plan where cameras have failed
        self.interval_ms, self.margin_veh = round(rule.interval_s * 1000), rule.margin_veh

    def decide(self, observation, due, request):
        """Fill the rows ``due`` of ``request``; signalsim/sensing/observation.py says what is seen."""
        seeing = self.fallback.take(observation, due, request)
        choose(self.layout, self.interval_ms, self.margin_veh, observation, seeing, request)


@numba.njit
def choose(layout, interval_ms, margin_veh, seen, due, request):
    """All junctions in one compiled call. Compiled, arrays have no bounds: a wrong index goes unnoticed;
    NUMBA_DISABLE_JIT=1 runs it as plain Python. The interlock keeps minimum greens and intergreens.
    """
    for j in due:
        request.next_decision_ms[j] = (seen.now_ms // interval_ms + 1) * interval_ms
        request.switch_at_ms[j] = seen.now_ms
        request.stage[j] = -1  # nothing asked
        now = seen.stage[j]
        if now < 0:  # changing
            continue
        best, longest = now, queue_veh(layout, seen, layout.first_stage[j] + now) + margin_veh
        for s in range(layout.first_stage[j + 1] - layout.first_stage[j]):
            queue = queue_veh(layout, seen, layout.first_stage[j] + s)
            if s != now and queue > longest:
                best, longest = s, queue
        request.stage[j] = best


@numba.njit
def queue_veh(layout, seen, stage):
    """Vehicles that stand on the lanes that a stage serves."""
    total = 0.0
    for k in range(layout.stage_lane[stage], layout.stage_lane[stage + 1]):
        total += seen.lane_queue[layout.stage_lane_id[k]]
    return total


if __name__ == "__main__":
    from signalsim.testing import check_controller

    check_controller("{file}:{cls}")
    print("{cls} keeps what controllers promise")
'''
