"""Crossings in the engine's columns: where and when vehicles and pedestrians are in each other's way."""

from typing import TYPE_CHECKING

import numpy as np

from signalsim.engine.tables import BUTTON, RESTS, WALKS
from signalsim.network import Network
from signalsim.signals import SignalSystem
from signalsim.signals.crossings import ON_RED, meetings

if TYPE_CHECKING:
    from signalsim.engine.footways import Crossings


def walk_bits(signals: SignalSystem) -> np.ndarray:
    """(n_groups,) int32, the engine's bits of pedestrian groups."""
    crossings, out = signals.crossings, np.zeros(len(signals.groups), np.int32)
    for x in np.flatnonzero(crossings.group >= 0).tolist():
        out[crossings.group[x]] = WALKS | BUTTON * crossings.has_button[x] | RESTS * crossings.rests[x]
    return out


def lead_rows(signals: SignalSystem) -> np.ndarray:
    """(k, 3) int64 pedestrian group, group of vehicles behind its lead, ms."""
    rows = [(p, v, round(1000 * s)) for (p, v), s in sorted(signals.lead_s.items())]
    return np.array(rows, np.int64).reshape(-1, 3)


def crossing_columns(network: Network, signals: SignalSystem) -> "Crossings":
    """The crossings, and a zone for each movement and side of the junction where it meets pedestrians."""
    from signalsim.engine.footways import Crossings

    crossings = signals.crossings
    gap_ms = round(1000 * network.defaults.pedestrian_gap_s)
    zones = [
        (m, x, int(when == ON_RED), gap_ms, *_zone_ms(network, signals, m, x, in_front))
        for m, x, when, in_front in meetings(crossings, network, signals.movement_group, network.on_red)
    ]
    return Crossings(
        group=crossings.group,
        cross_ms=_ms(crossings.clearance_s),
        zones=np.array(zones, np.int64).reshape(-1, 8),
    )


def _ms(seconds: np.ndarray) -> np.ndarray:
    return np.round(1000 * seconds).astype(np.int64)


def _zone_ms(
    network: Network, signals: SignalSystem, movement: int, x: int, in_front: bool
) -> tuple[int, int, int, int]:
    """From and to, for a pedestrian of the near kerb and of the far one, ms after setting off.

    The near kerb is that of the lanes that lead away from the junction. Vehicles in front of it are on
    the other side. A crossing of one direction only is in their way over its whole length.
    """
    crossings = signals.crossings
    whole = float(crossings.length_m[x])
    at = int(signals.crossings.node[x])
    both = len({int(network.link_to[link]) == at for link in crossings.links[x]}) == 2
    link = int((network.movement_from if in_front else network.movement_to)[movement])
    lanes = len(network.lane_numbers(link)) if in_front else int(network.link.numbers("lanes")[link])
    width = min(whole, lanes * network.defaults.lane_width_m) if both else whole
    beside, beyond = (0.0, width), (whole - width, whole)
    near, far = (beyond, beside) if in_front else (beside, beyond)
    from_s, to_s, far_from_s, far_to_s = (m / float(crossings.speed_mps[x]) for m in (*near, *far))
    return round(1000 * from_s), round(1000 * to_s), round(1000 * far_from_s), round(1000 * far_to_s)
