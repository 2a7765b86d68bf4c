"""Timers of a phase: initial, passage with gap reduction, maximum; calls and what they conflict with.

The rules are those of NEMA TS 2 (section 3.5.3) as NTCIP 1202 (section 2.2.2) words them: the variable
initial is the added initial times the vehicles counted during yellow and red, not below the minimum
green and not above the maximum initial; the gap is reduced from the passage time, beginning
``before_ms`` after the first conflicting call, linearly within ``reduction_ms`` down to the minimum
gap; the maximum runs from the first conflicting call, or from the start of green if that is later.
"""

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import INF

from .coordination import fits, force_off, yields
from .course import MAX, MIN, PED, SOFT

GAP_OUT, MAX_OUT, FORCE_OFF = 4, 5, 6  # codes of a phase's end, as high-resolution logs have them
CALL, NO_CALL = 43, 44


@njit(forceinline=True)
def note(memory, now, j, group, code):
    """Write a row of the log."""
    n = memory.n_log[0]
    if n < len(memory.log):
        memory.log[n, 0], memory.log[n, 1], memory.log[n, 2], memory.log[n, 3] = now, j, group, code
        memory.n_log[0] = n + 1


@njit
def take_calls(course, memory, calls, j, now):
    """Which phases of a junction are called, by detectors, memory, pedestrians or recall."""
    junction = course.junction[j]
    green, pressed = np.uint64(0), np.uint64(0)
    for i in range(junction.n_groups):
        if calls.green[junction.first_group + i]:
            green |= np.uint64(1) << np.uint64(i)
        if calls.called[junction.first_group + i]:
            pressed |= np.uint64(1) << np.uint64(i)
    wanted = np.uint64(0)
    for d in range(junction.first_detector, junction.first_detector + junction.n_detectors):
        detector = course.detector[d]
        if not detector.calls:
            continue
        if calls.on[d] and now - calls.on_ms[d] >= detector.delay_ms:
            wanted |= detector.groups
        if calls.on[d] or calls.last_ms[d] > memory.looked_ms[j]:
            memory.locked[j] |= detector.groups & junction.locks
    memory.locked[j] &= ~green
    memory.looked_ms[j] = now
    wanted = (wanted | memory.locked[j]) & ~green
    _log_calls(memory, junction, j, wanted, now)
    served = _served(course, memory, j)
    anybody = False
    for p in range(junction.first_phase, junction.first_phase + junction.n_phases):
        phase, state = course.phase[p], memory.phase[p]
        walk = phase.recall == PED or phase.walkers & pressed != 0
        if state.green_ms < 0:
            state.walks = walk
        state.called = (wanted & phase.shows & ~served) != 0 or (walk and state.green_ms < 0)
        if memory.ring[junction.first_ring + phase.ring].phase != p:
            state.called |= phase.recall in (MIN, MAX, PED) or phase.coordinated
            anybody |= state.called
    for p in range(junction.first_phase, junction.first_phase + junction.n_phases):
        is_current = memory.ring[junction.first_ring + course.phase[p].ring].phase == p
        if course.phase[p].recall == SOFT and not anybody and not is_current:
            memory.phase[p].called = 1


@njit
def _log_calls(memory, junction, j, wanted, now):
    changed = wanted ^ memory.wanted[j]
    memory.wanted[j] = wanted
    for i in range(junction.n_groups):
        if changed >> np.uint64(i) & np.uint64(1):
            is_new = wanted >> np.uint64(i) & np.uint64(1)
            note(memory, now, j, junction.first_group + i, CALL if is_new else NO_CALL)


@njit
def _served(course, memory, j):
    """Groups that are green, or will be, with the phases that the rings are at."""
    junction, served = course.junction[j], np.uint64(0)
    for r in range(junction.first_ring, junction.first_ring + junction.n_rings):
        if memory.ring[r].phase >= 0:
            served |= course.phase[memory.ring[r].phase].shows
    return served


@njit
def take_lamps(course, memory, calls, j, now):
    """Greens of the rings' phases: one that has begun gets its initial."""
    junction = course.junction[j]
    for r in range(junction.first_ring, junction.first_ring + junction.n_rings):
        p = memory.ring[r].phase
        if p < 0:
            continue
        phase, state = course.phase[p], memory.phase[p]
        since, is_green = memory.ring[r].since_ms, True
        for i in range(junction.n_groups):
            if phase.lamps >> np.uint64(i) & np.uint64(1):
                g = junction.first_group + i
                is_green &= calls.green[g]
                since = max(since, calls.since_ms[g])
        if not is_green:
            state.green_ms = -1
        elif state.green_ms != since:
            state.green_ms, state.conflict_ms, state.latched = since, since, 0
            added = phase.added_ms * (_counted(course, calls, j, phase.own) - state.counted)
            state.initial_ms = max(phase.min_ms, min(added, phase.max_initial_ms))
            if state.walks:
                state.initial_ms = max(state.initial_ms, phase.walk_ms)


@njit
def _counted(course, calls, j, groups):
    junction, total = course.junction[j], 0
    for d in range(junction.first_detector, junction.first_detector + junction.n_detectors):
        if course.detector[d].counts and course.detector[d].groups & groups:
            total += calls.passed[d]
    return total


@njit
def end_green(course, memory, calls, j, p, now):
    """Phase ``p`` is about to end: say why, and count from now on."""
    junction, state = course.junction[j], memory.phase[p]
    for i in range(junction.n_groups):
        if course.phase[p].lamps >> np.uint64(i) & np.uint64(1):
            note(memory, now, j, junction.first_group + i, state.why)
    is_cut = state.why != GAP_OUT and now - actuated_ms(course, calls, j, p, now) < course.phase[p].passage_ms
    if is_cut:  # who was caught behind the line is remembered
        memory.locked[j] |= course.phase[p].own & junction.locks
    state.green_ms, state.why, state.called = -1, 0, 0
    state.counted = _counted(course, calls, j, course.phase[p].own)


@njit
def actuated_ms(course, calls, j, p, now):
    """When phase ``p`` was last extended: now while a detector is on."""
    junction, last = course.junction[j], -INF
    for d in range(junction.first_detector, junction.first_detector + junction.n_detectors):
        detector = course.detector[d]
        if detector.extends and detector.groups & course.phase[p].own:
            last = max(last, now if calls.on[d] else min(calls.last_ms[d] + detector.extend_ms, now))
    return last


@njit(forceinline=True)
def gap_ms(phase, state, now):
    """The gap that ends the green at this moment."""
    if state.conflict_ms == INF or phase.min_gap_ms >= phase.passage_ms:
        return phase.passage_ms
    passed = now - state.conflict_ms - phase.before_ms
    if passed <= 0:
        return phase.passage_ms
    if passed >= phase.reduction_ms:
        return phase.min_gap_ms
    return phase.passage_ms - (phase.passage_ms - phase.min_gap_ms) * passed // phase.reduction_ms


@njit
def _conflicts(course, memory, j, p, now):
    """Whether somebody calls who cannot be served beside phase ``p`` (and, coordinated, still can be)."""
    junction, phase = course.junction[j], course.phase[p]
    for q in range(junction.first_phase, junction.first_phase + junction.n_phases):
        other = course.phase[q]
        if q == p or not memory.phase[q].called:
            continue
        if (other.ring == phase.ring or other.barrier != phase.barrier) and fits(course, memory, j, q, now):
            return True
    return False


@njit
def judge(course, memory, calls, j, p, now):
    """Whether, and why, the green of phase ``p`` may end now; when to look at it again, ``now`` if that
    depends on calls.
    """
    junction, phase, state = course.junction[j], course.phase[p], memory.phase[p]
    state.why = 0
    if not _conflicts(course, memory, j, p, now):
        state.conflict_ms, state.latched = INF, 0
        return now
    if state.conflict_ms == INF:
        state.conflict_ms = max(now, state.green_ms)
    least = state.green_ms + state.initial_ms
    if junction.cycle_ms > 0 and phase.coordinated:
        if yields(junction, phase, state.green_ms, now) and now >= least:
            state.why = FORCE_OFF
        return now
    last = actuated_ms(course, calls, j, p, now)
    gap = gap_ms(phase, state, now)
    if junction.cycle_ms > 0:
        latest, code = force_off(junction, phase, state.green_ms), FORCE_OFF
    else:
        latest, code = state.conflict_ms + phase.max_ms, MAX_OUT
    latest = max(latest, least)
    is_gap = now >= least and (state.latched or (phase.recall != MAX and now - last >= gap))
    if is_gap:
        state.why = GAP_OUT
        state.latched = not phase.together
    elif now >= latest:
        state.why = code
    if state.why:
        return now
    soonest = last + (
        gap if gap == phase.passage_ms and now < state.conflict_ms + phase.before_ms else phase.min_gap_ms
    )
    if phase.recall == MAX:
        soonest = latest
    return min(max(soonest, least), latest)
