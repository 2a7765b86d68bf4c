"""Looking for gridlock while a run goes on: every minute, each circle of lanes reported once."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .circles import gridlocks
from .protocol import Engine

LOOK_S = 60
_NAMED = 6  # links named in a message


@dataclass(frozen=True)
class Gridlock:
    """Lanes that wait for each other and will not move again by themselves."""

    since_s: float  # the last departure from any of them, simulated time
    found_s: float
    links: tuple[str, ...]  # their links, in the order of ids

    def __str__(self) -> str:
        more = len(self.links) - _NAMED
        names = ", ".join(self.links[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f"gridlock from {self.since_s:,.0f} s on: nobody leaves {names}"


class GridlockFinder:
    """Remembers what it has reported: a circle that grows is still the same."""

    def __init__(self, built: Any) -> None:
        self._built = built
        self._known: set[int] = set()
        self.found: list[Gridlock] = []

    def look(self, engine: Engine) -> None:
        """Add what is new."""
        held = engine.holdups()
        now_stuck: set[int] = set()
        for lanes in gridlocks(self._built.tables, held):
            members = set(lanes.tolist())
            now_stuck |= members
            if not members & self._known:
                self.found.append(
                    Gridlock(
                        since_s=float(held.since_ms[lanes].max()) / 1000,
                        found_s=held.now_ms / 1000,
                        links=self._links(lanes),
                    )
                )
        self._known = now_stuck

    def _links(self, lanes: np.ndarray) -> tuple[str, ...]:
        index = self._built.index
        return tuple(index.links[link] for link in np.unique(index.lane_link[lanes]))
