"""Turning counts that add up: what comes onto a link leaves it, but for named sources and sinks.

Where a link's two counts differ, the difference is a source (vehicles begin there, from a car park or a side
street that is not in the network) or a sink: on links whose opt_entry or opt_exit says so all of it,
elsewhere if it is beyond chance (three standard deviations of Poisson counts). The rest is spread over the
counts by weighted least squares, each with the variance of its count (Van Zuylen & Branston 1982).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from signalsim.demand.fitting.extent import extent
from signalsim.network import Network

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_CHANCE = 3.0  # standard deviations


@dataclass(frozen=True)
class Balance:
    """Vehicles of the demand window. ``flow`` has the nearest flows that add up ('best') and those with the
    smallest and the largest number of vehicles that are as near to the counts ('low', 'high').
    """

    counted: np.ndarray  # (n_movements,) float64; NaN: not counted
    flow: dict[str, np.ndarray]  # (n_movements,) float64; NaN: not counted
    is_begin: np.ndarray  # (n_movements,) bool, whose vehicles begin on the link it leaves
    entered: np.ndarray  # (n_links,) vehicles that were counted as beginning there; NaN: not counted
    link: np.ndarray  # (n,) int32, links with counts on both sides
    difference: np.ndarray  # (n,) float64, counted out less counted in
    extra: np.ndarray  # (n,) float64, of it a source (> 0) or a sink (< 0)

    def named(self, network: Network) -> dict[str, float]:
        """Links that are sources (> 0) or sinks (< 0), by name."""
        return {network.link.ids[self.link[k]]: float(self.extra[k]) for k in np.flatnonzero(self.extra)}

    def total(self, end: str) -> float:
        """Vehicles that begin."""
        entering = float(np.nansum(np.where(self.is_begin, self.flow[end], 0.0)))
        return entering + float(np.nansum(self.entered)) + float(np.maximum(self.extra, 0).sum())


def is_complete(counted: np.ndarray, network: Network, share: float = 0.9) -> bool:
    """Whether nearly all links that movements leave have all of them counted."""
    n_links = len(network.link)
    lacks = np.bincount(network.movement_from, np.isnan(counted), n_links) > 0
    return bool((~lacks[network.has_outbound]).mean() >= share) if network.has_outbound.any() else False


def balance(counted: np.ndarray, network: Network, entered: np.ndarray) -> Balance:
    """Balance movement counts.

    ``counted``: (n_movements,) vehicles, NaN: not counted; ``entered``: (n_links,) vehicles counted as they
    begin on a link, NaN: not counted.
    """
    n_links = len(network.link)
    is_counted = ~np.isnan(counted)
    y = np.where(is_counted, counted, 0.0)
    lacks = [np.bincount(of, ~is_counted, n_links) for of in (network.movement_to, network.movement_from)]
    both = network.has_inbound & network.has_outbound & (lacks[0] == 0) & (lacks[1] == 0)
    link = np.flatnonzero(both)
    into, out = (np.bincount(of, y, n_links)[link] for of in (network.movement_to, network.movement_from))
    known = np.nan_to_num(entered)[link]
    difference = out - into - known
    is_extra = np.abs(difference) > _CHANCE * np.sqrt(np.maximum(out + into, 1.0))
    is_extra |= (difference > 0) & (network.is_origin & np.isnan(entered))[link]
    is_extra |= (difference < 0) & network.is_exit[link]
    extra = np.where(is_extra, difference, 0.0)
    keeps = _conservation(link, network)
    is_begin = (~network.has_inbound & np.isnan(entered))[network.movement_from]
    best = _balanced(y, keeps, extra + known)
    weight, no = 1 / np.sqrt(np.maximum(y, 1.0)), np.zeros(len(y), bool)
    eye = _identity(len(y))
    low, high = extent(eye, y, weight, best, is_begin.astype(float), no, (keeps, extra + known))
    ends = {"best": best, "low": low, "high": best if high is None else high}
    flow = {end: np.where(is_counted, values, np.nan) for end, values in ends.items()}
    return Balance(counted, flow, is_begin, entered, link.astype(np.int32), difference, extra)


def _identity(n: int) -> "csr_array":
    from scipy.sparse import csr_array, diags_array

    return csr_array(diags_array(np.ones(n)))


def _conservation(link: np.ndarray, network: Network) -> "csr_array":
    """(n_links, n_movements) what leaves less what comes onto each of some links."""
    from scipy.sparse import csr_array

    row = np.full(len(network.link), -1)
    row[link] = np.arange(len(link))
    parts = []
    for of, sign in ((network.movement_from, 1.0), (network.movement_to, -1.0)):
        there = np.flatnonzero(row[of] >= 0)
        parts.append((np.full(len(there), sign), row[of][there], there))
    value, rows, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
    return csr_array((value, (rows, columns)), shape=(len(link), len(network.movement)))


def _balanced(y: np.ndarray, keeps: "csr_array", begins: np.ndarray) -> np.ndarray:
    """(n_movements,) flows nearest to ``y`` with keeps @ flow = begins."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import lsqr

    flow = y.copy()
    for _ in range(20):  # flows below 0 are set to 0 and the rest is balanced again
        off = begins - keeps @ flow
        if np.abs(off).max(initial=0) < 1e-6:
            break
        sd = np.sqrt(np.maximum(flow, 0.0))
        shift = lsqr(keeps @ diags_array(sd), off, atol=1e-12, btol=1e-12)[0]
        flow = np.maximum(flow + sd * shift, 0.0)
    return flow
