"""Movement counts -> turning shares per link and time.

* Within an interval the shares are those counted in it; a movement without a count there has its
  mean over all time; a link without any has shares by turn from the table of defaults.
* Where bins times movements exceed MAX_CELLS, the mean shares stand for all time.
* A movement that was never counted although its link was gets no traffic, and a warning says so.
"""

import numpy as np

from signalsim.counts import CountTable
from signalsim.demand.model import KIND_OF_CLASS, Turning
from signalsim.network import Network

MAX_CELLS = 20_000_000  # of bins x movements


def _volumes(
    counts: CountTable, n_movements: int, start: np.ndarray, end: np.ndarray, grid: np.ndarray
) -> np.ndarray:
    """(n_bins, n_movements) vehicles per ms: mean over cameras, sum over classes; NaN: not counted."""
    kind = np.array([KIND_OF_CLASS[name] for name in counts.table.texts("vehicle_class")], np.int64)
    shape = (len(grid) - 1, n_movements)
    out = np.full(shape, np.nan)
    for one in np.unique(kind):
        rows = np.flatnonzero((kind == one) & (counts.movement >= 0) & counts.is_valid & (end > start))
        first, last = np.searchsorted(grid, start[rows]), np.searchsorted(grid, end[rows])
        repeat = last - first
        row = np.repeat(rows, repeat)
        within = np.arange(len(row)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        place = (np.repeat(first, repeat) + within, counts.movement[row])
        total, covering = np.zeros(shape), np.zeros(shape)
        np.add.at(total, place, (counts.count / (counts.end_ms - counts.start_ms))[row])
        np.add.at(covering, place, 1)
        there = covering > 0
        out[there] = np.where(np.isnan(out[there]), 0, out[there]) + total[there] / covering[there]
    return out


def _default_weights(network: Network) -> np.ndarray:
    """(n_movements,) shares by turn, not yet normalised."""
    left, right = network.defaults.left_share, network.defaults.right_share
    by_type = {"left": left, "right": right, "uturn": 0.0, "thru": 1 - left - right}
    weights = np.array([by_type[kind] for kind in network.movement_role])
    total = np.bincount(network.movement_from, weights, len(network.link))[network.movement_from]
    return np.where(total > 0, weights, 1.0)


def _grid(counts: CountTable, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    rows = (counts.movement >= 0) & counts.is_valid
    grid = np.unique(np.concatenate([start[rows], end[rows]]))
    if len(grid) < 2:
        return np.array([0, 1], np.int64)
    return grid


def turning_shares(counts: CountTable, network: Network, start_ms: int) -> tuple[Turning, list[str]]:
    """Shares of all movements, and what was assumed. ``start_ms``: UTC of simulated time 0."""
    n_links, n = len(network.link), len(network.movement)
    start, end = counts.start_ms - start_ms, counts.end_ms - start_ms
    grid = _grid(counts, start, end)
    if (len(grid) - 1) * n > MAX_CELLS:  # one bin for all time: every row covers it with its rate
        start, end = np.full_like(start, grid[0]), np.full_like(end, grid[-1])
        grid = grid[[0, -1]]
    volume = _volumes(counts, n, start, end, grid)
    span = np.diff(grid)[:, None]
    is_known = ~np.isnan(volume)
    with np.errstate(invalid="ignore"):
        mean = np.nansum(volume * span, axis=0) / (is_known * span).sum(axis=0)
    warnings = _uncounted(counts, network, mean)
    mean = np.nan_to_num(mean)
    first, order, row = movement_rows(network)
    fallback = normalised(mean[order][None], row, n_links, _default_weights(network)[order])
    weight = np.where(is_known, volume, mean)[:, order]
    share = normalised(weight, row, n_links, fallback[0])
    return (
        Turning(
            start=first,
            movement=order,
            to_link=network.movement_to[order].astype(np.int32),
            bin_start_ms=grid[:-1],
            cumulative=running(share, first),
        ),
        warnings,
    )


def movement_rows(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Movements by the link they come from: (starts (n_links + 1,), movements, link of each); int32."""
    order = np.argsort(network.movement_from, kind="stable")
    row = network.movement_from[order]
    first = np.searchsorted(row, np.arange(len(network.link) + 1))
    return first.astype(np.int32), order.astype(np.int32), row


def running(share: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Running sums of the shares within each link's row; exactly 1 from the last positive share on."""
    out = share.copy()
    degree = np.diff(first)
    for place in range(1, int(degree.max(initial=0))):
        at = first[:-1][degree > place] + place
        out[:, at] += out[:, at - 1]
    last = np.repeat(first[1:][degree > 0] - 1, degree[degree > 0])
    out[out == out[:, last]] = 1.0
    return out


def normalised(weight: np.ndarray, row: np.ndarray, n_links: int, fallback: np.ndarray) -> np.ndarray:
    """(n_bins, n) weights divided by their link's sum; where that is 0, the fallback's."""
    out = np.empty_like(weight)
    base = np.bincount(row, fallback, n_links)[row]
    for k, values in enumerate(weight):
        total = np.bincount(row, values, n_links)[row]
        with np.errstate(invalid="ignore", divide="ignore"):
            out[k] = np.where(total > 0, values / total, fallback / base)
    return out


def _uncounted(counts: CountTable, network: Network, mean: np.ndarray) -> list[str]:
    """Warnings for movements never counted, by whether their link's other movements were."""
    is_missing = np.isnan(mean)
    n_links = len(network.link)
    missing = np.bincount(network.movement_from, is_missing, n_links)
    all_of = np.bincount(network.movement_from, minlength=n_links)
    warnings = []
    for i in np.flatnonzero(is_missing & (missing < all_of)[network.movement_from]):
        warnings.append(
            f"{counts.path}: movement '{network.movement.ids[i]}' was never counted; no traffic takes it"
        )
    for link in np.flatnonzero((missing == all_of) & (all_of > 1)):
        warnings.append(
            f"{counts.path}: no movement of link '{network.link.ids[link]}' was counted; shares by turn"
        )
    return warnings
