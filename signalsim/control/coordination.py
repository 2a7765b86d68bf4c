"""Coordination: the clock of the cycle, yield points, force-offs, permissive periods.

A cycle has one yield point per coordinated phase: there its green may end, if somebody else calls
who can still be served before his own force-off (that is the permissive period of each phase).
Other phases are forced off at a fixed point of the cycle or, floating, when their split is used
up. Who comes back to a coordinated phase early rests there until its next yield point.
"""

from signalsim.engine.jit import njit
from signalsim.engine.tables import INF


@njit(forceinline=True)
def cycle_time(junction, now):
    """Where in its cycle a junction is at ``now``, ms from the reference point on."""
    return (now - junction.offset_ms) % junction.cycle_ms


@njit(forceinline=True)
def until(junction, point_ms, now):
    """Time (ms) from ``now`` on to the next moment at which the cycle is at ``point_ms``; 0: it is now."""
    return (point_ms - cycle_time(junction, now)) % junction.cycle_ms


@njit(forceinline=True)
def force_off(junction, phase, green_ms):
    """When a phase that is green since ``green_ms`` must end."""
    end = green_ms + until(junction, phase.force_ms, green_ms)
    return min(end, green_ms + phase.limit_ms) if junction.floating else end


@njit(forceinline=True)
def yields(junction, phase, green_ms, now):
    """Whether a coordinated phase has been green at its last yield point, and so may end."""
    return now - (cycle_time(junction, now) - phase.force_ms) % junction.cycle_ms >= green_ms


@njit
def fits(course, memory, j, q, now):
    """Whether phase ``q`` can begin after a change from ``now`` on, and be forced off with its minimum
    behind it, before the coordinated phases have their next yield point.

    Of the phases that clear before it the shortest counts: where they differ, all end at the last yield
    point, and what is due then begins late by the difference.
    """
    junction = course.junction[j]
    phase = course.phase[q]
    if junction.cycle_ms == 0 or phase.coordinated:
        return True
    change, next_yield = INF, INF
    for r in range(junction.first_ring, junction.first_ring + junction.n_rings):
        p = memory.ring[r].phase
        if p >= 0:
            change = min(change, course.phase[p].clear_ms)
    for c in range(junction.first_phase, junction.first_phase + junction.n_phases):
        other = course.phase[c]
        if other.coordinated and (other.ring == phase.ring or next_yield == INF):
            wait = until(junction, other.force_ms, now)
            next_yield = wait if wait > 0 else junction.cycle_ms
    left = until(junction, phase.force_ms, now)
    need = max(phase.min_ms, phase.walk_ms if memory.phase[q].walks else 0)
    return (change if change < INF else 0) + need <= left < next_yield
