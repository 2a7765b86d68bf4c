"""Where vehicles stand in SUMO that stand at stops here: on the lane at the kerb."""

from collections.abc import Iterator, Sequence

import numpy as np

from signalsim.engine.tables import Arrivals
from signalsim.formats.sumo.export.plain import crossing_m, mouth_m
from signalsim.formats.sumo.export.xml import seconds, tag
from signalsim.network import Network


def stop_tags(
    network: Network, arrivals: Arrivals, edges: Sequence[Sequence[str]], stop_m: np.ndarray, route: int
) -> Iterator[str]:
    """<stop>s of a route; several of one link are one, for their whole time.

    ``edges``: those of every link, in order. ``stop_m``: (n_links,) where vehicles stand.
    """
    first, end = arrivals.route_start[route : route + 2].tolist()
    link = int(arrivals.route_link[route])
    for k in range(first, end):
        if dwell_ms := int(arrivals.route_dwell_ms[k]):
            lane, end_m = kerb(network, link, edges[link], float(stop_m[link]))
            yield tag(
                "stop", lane=lane, endPos=f"{end_m:.2f}", duration=seconds(dwell_ms), friendlyPos="true"
            )  # fmt: skip
        if k < end - 1:
            link = int(network.movement_to[arrivals.route_movement[k]])


def kerb(network: Network, link: int, parts: Sequence[str], position_m: float) -> tuple[str, float]:
    """(lane, m from its beginning) of a place on a link, which is one edge or is split at a bay's mouth."""
    edge = parts[0]
    if len(parts) > 1:
        above = float(network.length_m[link]) - mouth_m(network, link) - crossing_m(network, link)
        if position_m > above:
            edge, position_m = parts[-1], position_m - above
    return _named_lane(network, link, edge) or f"{edge}_0", position_m


def _named_lane(network: Network, link: int, edge: str) -> str:
    """The outermost of the lanes that the scenario has of SUMO's: those beyond it are not for cars."""
    own = np.flatnonzero(network.lane_link == link)
    number = network.lane.numbers("lane_num")
    outer = sorted(own.tolist(), key=lambda i: number[i], reverse=network.drive_right)
    return next((name for i in outer if (name := network.lane.ids[i]).startswith(f"{edge}_")), "")
