"""Track ids, held only as long as the vehicle can be in view: to count it once, to join its two lines."""

from collections import OrderedDict
from collections.abc import Hashable

_MAX_TRACKS = 100_000  # in view at one time: memory is bounded even if ids never come again


class Tracks:
    """What was last told of each track; forgotten when nothing is told of it for ``forget_ms``."""

    def __init__(self, forget_ms: int) -> None:
        self._forget_ms = forget_ms
        self._last: OrderedDict[Hashable, tuple[int, str]] = OrderedDict()  # by time of the last word

    def is_new(self, track: Hashable, time_ms: int) -> bool:
        """Whether a track is told of for the first time."""
        return self.line_before(track, time_ms, "") is None

    def line_before(self, track: Hashable, time_ms: int, line: str) -> str | None:
        """The line that a track crossed before, None if it is new; ``line`` is kept as its last one."""
        before = self._last.pop(track, None)
        self._last[track] = (time_ms, line)
        while self._last:
            oldest = next(iter(self._last))
            is_gone = time_ms - self._last[oldest][0] > self._forget_ms
            if not is_gone and len(self._last) <= _MAX_TRACKS:
                break
            del self._last[oldest]
        if before is None or abs(time_ms - before[0]) > self._forget_ms:
            return None
        return before[1]
