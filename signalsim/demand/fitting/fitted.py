"""Route flows to counts, with what is known of their total and how well they fit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from signalsim.demand.fit import geh
from signalsim.demand.fitting.candidates import Candidates
from signalsim.demand.fitting.entropy import entropy_flows
from signalsim.demand.fitting.extent import extent
from signalsim.demand.fitting.observed import Observed, slots
from signalsim.demand.fitting.passing import passing
from signalsim.errors import InputError
from signalsim.network import Network

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SOFTNESS = 0.01  # of a count, its variance over its size: free-flow times are not those in traffic
ENDS = ("low", "best", "high")


@dataclass(frozen=True)
class Fitted:
    """Vehicles by route and departure slot. ``n_points`` P, ``n_routes`` R, ``n_slots`` S."""

    candidates: Candidates
    observed: Observed
    edges_ms: np.ndarray  # (S + 1,) int64
    window_ms: tuple[int, int]
    seen: "csr_array"  # (n_counts, R * S)
    flow: dict[str, np.ndarray]  # by ENDS: (R, S) float64; without 'high': nothing bounds the total
    uncounted: np.ndarray  # (R,) bool: routes that pass no point; they get no traffic

    def total(self, end: str) -> float:
        """Vehicles that depart in the demand window."""
        return float((self.flow[end] * self.share_in_window).sum())

    @property
    def share_in_window(self) -> np.ndarray:
        """(S,) of a slot."""
        a, b = self.edges_ms[:-1], self.edges_ms[1:]
        inside = np.minimum(b, self.window_ms[1]) - np.maximum(a, self.window_ms[0])
        return np.clip(inside, 0, None) / (b - a)

    def at_points(self, end: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(P,) each: vehicles of the fit, vehicles counted, hours counted."""
        model = self.seen @ self.flow[end].reshape(-1)
        point, n = self.observed.point, self.observed.n_points
        hours = (self.observed.end_ms - self.observed.start_ms) / 3_600_000
        values = (model, self.observed.count, hours)
        fit, counted, time = (np.bincount(point, value, n) for value in values)
        return fit, counted, time

    def geh(self, end: str = "best") -> np.ndarray:
        """(P,) GEH of hourly flows; a lower bound that is kept is 0."""
        model, counted, hours = self.at_points(end)
        found = geh(model / hours, counted / hours)
        bound = np.bincount(self.observed.point, self.observed.at_least, self.observed.n_points) > 0
        return np.where(bound & (model >= counted), 0.0, found)

    def r2(self, end: str = "best") -> float:
        """Share of the counts' variance over points that the fit explains; NaN for counts all alike."""
        model, counted, _ = self.at_points(end)
        spread = float(((counted - counted.mean()) ** 2).sum())
        return 1 - float(((model - counted) ** 2).sum()) / spread if spread else float("nan")


def fit_routes(
    candidates: Candidates,
    observed: Observed,
    network: Network,
    window_ms: tuple[int, int],
    *,
    with_range: bool = True,
) -> Fitted:
    """Flows of candidate routes that meet the counts with the least departure from their prior; with
    ``with_range`` also those with the smallest and the largest total that fit as well.

    Raises InputError where no candidate passes a counted point.
    """
    edges = slots(observed, window_ms[1])
    n_slots = len(edges) - 1
    seen = passing(candidates, observed, edges, network)
    passes = np.bincount(seen.indices // n_slots, minlength=len(candidates)) > 0
    if not passes.any():
        raise InputError("no candidate route passes a counted point; give routes that do")
    column = np.flatnonzero(np.repeat(passes, n_slots))
    own = seen[:, column]
    prior = _prior(candidates, own, observed, edges, column)
    softness = _SOFTNESS * np.maximum(observed.count, 1.0)
    best = entropy_flows(own, observed.count, prior, softness, observed.at_least)
    found = {"best": best}
    if with_range:
        weight = 1 / np.sqrt(np.maximum(observed.count, 1.0))
        inside = _in_window(edges, window_ms, len(candidates))[column]
        low, high = extent(own, observed.count, weight, best, inside, observed.at_least)
        found |= {"low": low} | ({} if high is None else {"high": high})
    flow = {}
    for end, values in found.items():
        whole = np.zeros(len(candidates) * n_slots)
        whole[column] = values
        flow[end] = whole.reshape(len(candidates), n_slots)
    return Fitted(candidates, observed, edges, window_ms, seen, flow, ~passes)


def _in_window(edges: np.ndarray, window_ms: tuple[int, int], n_routes: int) -> np.ndarray:
    inside = np.minimum(edges[1:], window_ms[1]) - np.maximum(edges[:-1], window_ms[0])
    return np.tile(np.clip(inside, 0, None) / np.diff(edges), n_routes)


def _prior(
    candidates: Candidates, seen: "csr_array", observed: Observed, edges: np.ndarray, column: np.ndarray
) -> np.ndarray:
    """The routes' prior at the level of the counts, even over time."""
    n_slots = len(edges) - 1
    shape: np.ndarray = candidates.prior[column // n_slots] * np.diff(edges)[column % n_slots]
    expected = float((seen @ shape).sum())
    return shape * (float(observed.count.sum()) / max(expected, 1e-9)) + 1e-9
