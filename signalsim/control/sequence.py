"""Which phase follows: inside a barrier each ring goes on by itself, a barrier is crossed by all at once."""

from signalsim.engine.jit import njit
from signalsim.engine.tables import INF

from .coordination import fits
from .timers import end_green, judge

NOWHERE, LAST = -1, 1 << 30


@njit
def _first_called(course, memory, j, r, barrier, after, before, now):
    """The first phase of ring ``r`` between two barriers that is called and fits, behind ``after`` and
    before ``before``; NOWHERE if there is none.
    """
    ring = course.ring[r]
    for q in range(max(ring.first_phase, after + 1), min(ring.first_phase + ring.n_phases, before)):
        if course.phase[q].barrier == barrier and memory.phase[q].called and fits(course, memory, j, q, now):
            return q
    return NOWHERE


@njit
def _companion(course, memory, j, r, barrier, now):
    """What ring ``r`` shows between two barriers when nobody calls it there: its last phase with dual
    entry, NOWHERE if it stays dark.
    """
    ring = course.ring[r]
    chosen = NOWHERE
    for q in range(ring.first_phase, ring.first_phase + ring.n_phases):
        if course.phase[q].barrier == barrier and course.phase[q].dual_entry and fits(course, memory, j, q, now):
            chosen = q
    return chosen


@njit
def stage_of(course, memory, j):
    """The local stage of the phases that the rings are at, -1 if there is none."""
    junction = course.junction[j]
    at = junction.first_set
    for r in range(junction.first_ring, junction.first_ring + junction.n_rings):
        p = memory.ring[r].phase
        if p >= 0:
            at += course.ring[r].stride * (p - course.ring[r].first_phase + 1)
    return course.set_stage[at]


@njit
def begin(course, memory, stage, j, now):
    """First look: find the phases of the stage in force; the first phases where it is none of theirs."""
    junction = course.junction[j]
    n_sets = 1
    for r in range(junction.first_ring, junction.first_ring + junction.n_rings):
        n_sets *= course.ring[r].n_phases + 1
    found = -1
    for s in range(n_sets - 1, 0, -1):  # stages before the sets that are rarer
        if course.set_stage[junction.first_set + s] == stage:
            found = s
    for s in range(1, n_sets):
        if found < 0 and course.set_stage[junction.first_set + s] >= 0:
            found = s
    for r in range(junction.first_ring, junction.first_ring + junction.n_rings):
        ring = course.ring[r]
        place = found // ring.stride % (ring.n_phases + 1)
        memory.ring[r].phase = ring.first_phase + place - 1 if place > 0 else NOWHERE
        memory.ring[r].since_ms = 0


@njit
def _go(course, memory, calls, j, r, q, now):
    """Ring ``r`` goes on to phase ``q``; False if there is no stage for that."""
    old = memory.ring[r].phase
    memory.ring[r].phase = q
    if stage_of(course, memory, j) < 0:
        memory.ring[r].phase = old
        return False
    if old >= 0:
        end_green(course, memory, calls, j, old, now)
    memory.ring[r].since_ms = now
    return True


@njit(forceinline=True)
def _may_end(memory, r):
    """Whether a ring's phase has its green and may end; a dark ring always may."""
    p = memory.ring[r].phase
    return p < 0 or (memory.phase[p].green_ms >= 0 and memory.phase[p].why > 0)


@njit
def _barrier(course, memory, j):
    """Between which barriers the junction is."""
    junction = course.junction[j]
    for r in range(junction.first_ring, junction.first_ring + junction.n_rings):
        if memory.ring[r].phase >= 0:
            return course.phase[memory.ring[r].phase].barrier
    return 0


@njit
def _target_barrier(course, memory, j, barrier, now):
    """The next barrier, in order, behind which a phase is called; NOWHERE if that is behind none."""
    junction = course.junction[j]
    for step in range(1, junction.n_barriers):
        b = (barrier + step) % junction.n_barriers
        for r in range(junction.first_ring, junction.first_ring + junction.n_rings):
            if _first_called(course, memory, j, r, b, NOWHERE, LAST, now) >= 0:
                return b
    return NOWHERE


@njit
def _cross(course, memory, calls, j, barrier, now):
    """All rings go on behind a barrier, if there is a stage for what they would show."""
    junction = course.junction[j]
    first, end = junction.first_ring, junction.first_ring + junction.n_rings
    at = junction.first_set
    for turn in range(2):  # look first, then go
        for r in range(first, end):
            q = _first_called(course, memory, j, r, barrier, NOWHERE, LAST, now)
            if q < 0:
                q = _companion(course, memory, j, r, barrier, now)
            if turn == 0:
                at += course.ring[r].stride * (q - course.ring[r].first_phase + 1) if q >= 0 else 0
            else:
                memory.ring[r].next = q
        if turn == 0 and course.set_stage[at] < 0:
            return
    for r in range(first, end):
        old = memory.ring[r].phase
        if old >= 0:
            end_green(course, memory, calls, j, old, now)
        memory.ring[r].phase = memory.ring[r].next
        memory.ring[r].since_ms = now


@njit
def go_on(course, memory, calls, j, now):
    """Let each ring whose phase may end go on. When something may end (ms), and whether calls or lamps
    that are awaited may change that before.
    """
    junction = course.junction[j]
    first, end = junction.first_ring, junction.first_ring + junction.n_rings
    again, waits = INF, False
    for r in range(first, end):
        p = memory.ring[r].phase
        time = now
        if p >= 0 and memory.phase[p].green_ms >= 0:
            time = judge(course, memory, calls, j, p, now)
        if time > now:
            again = min(again, time)
        else:
            waits = True
    barrier = _barrier(course, memory, j)
    beyond = _target_barrier(course, memory, j, barrier, now)
    is_over = beyond >= 0
    for r in range(first, end):
        if not _may_end(memory, r):
            is_over = False
            continue
        p = memory.ring[r].phase
        q = _first_called(course, memory, j, r, barrier, p, LAST, now)
        if q < 0 and beyond < 0:
            q = _first_called(course, memory, j, r, barrier, NOWHERE, p, now)
        if q >= 0:
            is_over = False
            waits |= _go(course, memory, calls, j, r, q, now)
    if is_over:
        _cross(course, memory, calls, j, beyond, now)
    return again, waits
