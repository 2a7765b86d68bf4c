"""Pedestrians who have pressed a button have their stage within ``PATIENCE_S``, whatever vehicles would like.

A controller that chooses among all stages by vehicles never comes to one that nobody drives in. Beyond a
minute pedestrians are very likely to walk on red (Highway Capacity Manual 2000, exhibit 18-9). Who has waited
for longest comes first; minimum greens and intergreens are the interlock's as ever.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import BUTTON, Signals
from signalsim.engine.walks import has
from signalsim.sensing.observation import Observation

from .base import Request
from .layout import Junctions

PATIENCE_S = 60.0
_NOBODY = -1


class Buttons(NamedTuple):
    """Groups that walk when they are called; CSR by junction."""

    first: np.ndarray  # (n_junctions + 1,) int32
    group: np.ndarray  # int32
    local: np.ndarray  # int32, its bit in the junction's stages
    called_ms: np.ndarray  # int64, since when somebody waits; -1: nobody


class Walkers:
    """Remembers who waits, and asks for their stages."""

    def __init__(self, signals: Signals, layout: Junctions) -> None:
        self._layout, self._stages = layout, signals.stage
        group = np.flatnonzero(signals.group["walk"] & BUTTON)
        junction = signals.group["junction"][group]
        self._buttons = Buttons(
            np.searchsorted(junction, np.arange(len(signals.junction) + 1)).astype(np.int32),
            group.astype(np.int32),
            (group - signals.junction["first_group"][junction]).astype(np.int32),
            np.full(len(group), _NOBODY, np.int64),
        )

    def serve(self, seen: Observation, due: np.ndarray, request: Request) -> None:
        """In the place of what was asked for junctions of ``due`` where somebody has waited too long."""
        if len(self._buttons.group):
            serve(self._layout, self._stages, self._buttons, seen, due, request)


@njit
def serve(layout, stages, buttons, seen, due, request):
    """See ``Walkers.serve``; ``stages``: the interlock's bitmasks."""
    for b in range(len(buttons.group)):
        if not seen.group_called[buttons.group[b]]:
            buttons.called_ms[b] = _NOBODY
        elif buttons.called_ms[b] == _NOBODY:
            buttons.called_ms[b] = seen.now_ms
    for j in due:
        if seen.stage[j] < 0:
            continue
        first, longest, urgent = layout.first_stage[j], np.int64(PATIENCE_S * 1000), -1
        for b in range(buttons.first[j], buttons.first[j + 1]):
            waited = seen.now_ms - buttons.called_ms[b]
            is_shown = has(stages[first + seen.stage[j]], buttons.local[b])
            if buttons.called_ms[b] != _NOBODY and waited >= longest and not is_shown:
                longest, urgent = waited, b
        if urgent >= 0:
            request.stage[j] = _nearest(layout, stages, j, seen.stage[j], buttons.local[urgent])
            request.switch_at_ms[j] = seen.now_ms


@njit
def _nearest(layout, stages, j, now, local):
    """The stage with a local group that comes soonest after stage ``now``; that one if none has it."""
    n = layout.first_stage[j + 1] - layout.first_stage[j]
    best, least = now, np.int64(1) << 60
    for s in range(n):
        change = layout.change_ms[layout.change_start[j] + now * n + s]
        if has(stages[layout.first_stage[j] + s], local) and change < least:
            best, least = s, change
    return best
