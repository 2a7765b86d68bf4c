"""Links on which routes may end although movements lead on: what the counts say about it.

Vehicles are conserved: what comes onto a link in the demand window (movements into it, vehicles that
begin on it) and does not leave it by a movement has ended there.
"""

from dataclasses import replace

import numpy as np

from signalsim.demand.model import Turning
from signalsim.network import Network


def with_ends(
    turning: Turning, network: Network, counted: np.ndarray, entered: np.ndarray
) -> tuple[Turning, list[str]]:
    """The shares less what ends on links with opt_exit, and what could not be told.

    ``counted``: (n_movements,), ``entered``: (n_links,) that begin there; vehicles of the demand window,
    NaN: not counted.
    """
    candidates = network.is_exit & network.has_outbound
    if not candidates.any():
        return turning, []
    onward = _share_driving_on(network, counted, entered)
    unknown = candidates & np.isnan(onward)
    onward = np.where(candidates & ~unknown, onward, 1.0)
    row = np.repeat(np.arange(len(onward)), np.diff(turning.start))
    warnings = [
        f"link '{network.link.ids[i]}' has opt_exit = 1, but not all that comes onto it or leaves it was "
        "counted in the demand window: nobody ends there"
        for i in np.flatnonzero(unknown)
    ]
    return replace(turning, cumulative=turning.cumulative * onward[row]), warnings


def _share_driving_on(network: Network, counted: np.ndarray, entered: np.ndarray) -> np.ndarray:
    """(n_links,) vehicles that leave by a movement over those that came, 0 to 1; NaN: not known.

    A movement that was not counted although its link was carries nobody.
    """
    n_links = len(network.link)
    is_counted = np.bincount(network.movement_from, ~np.isnan(counted), n_links) > 0
    flow = np.where(np.isnan(counted) & is_counted[network.movement_from], 0.0, counted)
    leaving = np.bincount(network.movement_from, flow, n_links)
    begins = np.where(np.isnan(entered) & network.has_inbound, 0.0, entered)
    coming = np.bincount(network.movement_to, flow, n_links) + begins
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(np.where(coming == 0, 1.0, leaving / coming), 0, 1)
