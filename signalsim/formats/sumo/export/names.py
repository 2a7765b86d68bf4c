"""Names that SUMO accepts, for everything that is exported."""

import re
from collections.abc import Iterable

from signalsim.network import Network

_REFUSED = re.compile(r"[\s@$%^&/|\\{}*'\"`;:<>,?!]")  # what SUMO refuses in an id or splits lists at


class Names:
    """SUMO's ids of nodes, links, signals and plans: our own wherever SUMO allows them.

    A link with turn bays is two edges, joined at the bays' mouth.
    """

    def __init__(self, network: Network, plans: Iterable[str]) -> None:
        self.changed: list[str] = []
        self._nodes: set[str] = set()
        self._edges: set[str] = set()
        self._programs = {"off"}
        self.node = [self._plain(name, self._nodes) for name in network.node.ids]
        whole = [self._plain(name, self._edges) for name in network.link.ids]
        with_bays = {link for link, _ in network.bays}
        self.edges: list[tuple[str, ...]] = [
            (name, _unused(f"{name}.stop", self._edges)) if link in with_bays else (name,)
            for link, name in enumerate(whole)
        ]
        self.mouth = {
            link: _unused(f"{whole[link]}.mouth", self._nodes) for link in sorted(with_bays)
        }  # fmt: skip
        self.program = {name: self._plain(name, self._programs) for name in plans}
        self.program_in_net = _unused("0", self._programs)

    def first_edge(self, link: int) -> str:
        """Where vehicles enter a link."""
        return self.edges[link][0]

    def last_edge(self, link: int) -> str:
        """The edge with a link's stop line."""
        return self.edges[link][-1]

    def _plain(self, name: str, taken: set[str]) -> str:
        plain = _unused(_REFUSED.sub("_", name), taken)
        if plain != name:
            self.changed.append(f"{name!r} is {plain}")
        return plain


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name
