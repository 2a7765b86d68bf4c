"""Saturated stop lines: where counts show capacity instead of demand, and what demand was.

What a stop line discharges in saturation is its capacity; the vehicles that it could not serve are counted
later, or never. Capacity is that of lanes which share movements (a lane group); their queue holds up the
whole link. Saturated is what ``check_capped`` finds, where the plan is known what comes near to what its
greens let through for a quarter of an hour, and the top of links that a user names; all stretched to where
the flow falls off. Then

* **upstream**: the movements onto the link, or the vehicles that begin on it, were counted. They are demand.
* **conserved**: the queue began and cleared within the record. Nobody is lost, so arrivals from the beginning
  to the end of the queue are those counted; their course is that of links that were not saturated, in the
  proportion before and behind: if that is the same all along within chance, throughout; else with a bulge
  between that makes the sum right (cumulative arrivals and departures: Newell 1982, ch. 1).
* **reference**: only one end of the queue is in the record. Arrivals follow the links that were not
  saturated, in the proportion of the end that is known; how far proportions wander is in the interval.
* **refused**: neither is known. The counts are a lower bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from signalsim.counts.courses import FEW, conserved_courses, keeps_level, smooth, wander_of
from signalsim.counts.quality.levels import check_capped
from signalsim.counts.quality.record import Key, Record, runs
from signalsim.network import Network

UPSTREAM, CONSERVED, REFERENCE, REFUSED = "upstream", "conserved", "reference", "refused"
Group = tuple[str, tuple[str, ...]]  # link, movements
_NEAR = 0.85  # of what the greens let through: above, for _LONG_MS, it is saturation
_LONG_MS = 900_000
_TOP = 0.85  # of the saturated level: what is below ends it
_Z = 1.645  # two-sided 90 %
_CLOCK = 0.015  # of a queue's vehicles in the window: they are counted a drive and a red later than they come
_LEAST = 1.05  # times the served: what a queue that is not served must have come to
_MOST = 0.35  # of uncertainty, as a share: beyond, nothing is said


@dataclass(frozen=True)
class Saturated:
    """A link in saturation over intervals [a, b). ``m``: intervals of the record."""

    link: str
    series: tuple[int, ...]  # positions in the record
    a: int
    b: int
    counted: np.ndarray  # (m,) vehicles that left the link
    method: str
    reason: str  # in words: why this method
    demand: np.ndarray  # (m,) float64, expected arrivals; as counted where nothing better is known
    courses: np.ndarray  # (n, m) other courses that are as likely
    wander: float  # standard deviation of the demand's level, as a share; conserved: vehicles of the queue's
    # time over those of the links that tell its course

    def over(self, lo: int, hi: int) -> tuple[float, float, float, float | None]:
        """(counted, demand, low, high) of intervals [lo, hi): 90 % of the time demand is between; high is
        None where nothing bounds it.
        """
        counted, demand = float(self.counted[lo:hi].sum()), float(self.demand[lo:hi].sum())
        if self.method == REFUSED:
            return counted, counted, counted, None
        if self.method == UPSTREAM:
            return counted, demand, demand, demand
        inside = slice(max(lo, self.a - 1), min(hi, self.b + 1))
        total = float(self.demand[max(self.a - 1, 0) : self.b + 1].sum())
        part = float(self.demand[inside].sum())
        if self.method == CONSERVED:
            share = part / max(total, 1e-9)
            chance = total * share * (1 - share) * (1 + self.wander)  # how a known number falls into hours
            likely = self.courses[:, lo:hi].sum(axis=1)
            half = _Z * float(np.sqrt(chance + (_CLOCK * part) ** 2))
            return counted, demand, float(likely.min()) - half, float(likely.max()) + half
        half = _Z * float(np.sqrt(part + (self.wander * part) ** 2))
        return counted, max(demand, counted), max(demand - half, counted), max(demand, counted) + half


def find_saturated(
    record: Record,
    network: Network,
    capacity_vph: Mapping[Group, float] | None = None,
    named: frozenset[str] = frozenset(),
) -> list[Saturated]:
    """All saturated lane groups, by link and time.

    ``capacity_vph``: what the greens of lane groups let through; ``named``: links whose groups count as
    saturated where they are at their top.
    """
    groups = lane_groups(record, network)
    if not groups:
        return []
    count = np.array([record.count[series].sum(axis=0) for series in groups.values()])
    keys = tuple(Key(link, link, " ".join(turns), "all") for link, turns in groups)
    at = {(key.link, key.movement): k for k, key in enumerate(keys)}
    is_full = np.zeros(count.shape, bool)
    summed = replace(record, keys=keys, count=count, row=np.zeros(count.shape, int), imputed=is_full)
    for finding in check_capped(summed, network):
        a, b = ((t - record.start_ms) // record.step_ms for t in (finding.start_ms, finding.end_ms))
        is_full[at[finding.link, finding.movement], a:b] = True
    width = max(1, round(_LONG_MS / record.step_ms))
    for k, group in enumerate(groups):
        if limit := (capacity_vph or {}).get(group):
            is_full[k] |= _near(count[k], limit * record.step_ms / 3_600_000, width)
        if group[0] in named:
            is_full[k] |= count[k] >= _TOP * np.nanquantile(count[k], 0.9)
    return _by_link(record, network, groups, count, is_full)


def _by_link(
    record: Record, network: Network, groups: dict[Group, list[int]], count: np.ndarray, is_full: np.ndarray
) -> list[Saturated]:
    """A queue on one lane group holds up the others behind it: demand is recovered for the link."""
    links = sorted({link for link, _ in groups})
    of = np.array([links.index(link) for link, _ in groups])
    flow, full = np.zeros((len(links), record.m)), np.zeros((len(links), record.m), bool)
    np.add.at(flow, of, count)
    np.logical_or.at(full, of, is_full)
    is_quiet = ~full.any(axis=1)
    origin = network.is_origin[[network.link.index[link] for link in links]]
    usable = is_quiet & ~np.isnan(flow).any(axis=1)
    others = flow[usable & origin] if (usable & origin).any() else flow[usable]
    out = []
    for k, link in enumerate(links):
        series = tuple(s for group, found in groups.items() if group[0] == link for s in found)
        for span in _stretched(flow[k], full[k]):
            out.append(_recover(record, network, link, series, flow[k], span, others))
    return out


def _near(count: np.ndarray, limit: float, width: int) -> np.ndarray:
    """(m,) bool: in a window of ``width`` intervals whose sum is near to so many times the limit."""
    out = np.zeros(len(count), bool)
    if len(count) >= width:
        sums = np.convolve(count, np.ones(width), mode="valid")
        for i in np.flatnonzero(sums >= _NEAR * limit * width).tolist():
            out[i : i + width] = True
    return out


def lane_groups(record: Record, network: Network) -> dict[Group, list[int]]:
    """Series of every lane group of the counted links: (link, movements) -> positions."""
    by_link: dict[str, dict[str, list[int]]] = {}
    for k, key in enumerate(record.keys):
        if key.movement in network.movement.index:
            by_link.setdefault(key.link, {}).setdefault(key.movement, []).append(k)
    out = {}
    for link, turns in sorted(by_link.items()):
        parts: list[tuple[set[int], list[str]]] = []
        for turn in sorted(turns):
            lanes, names = set(network.movement_lanes(network.movement.index[turn])), [turn]
            for part in [part for part in parts if part[0] & lanes]:
                parts.remove(part)
                lanes, names = lanes | part[0], names + part[1]
            parts.append((lanes, names))
        for _, names in parts:
            out[link, tuple(sorted(names))] = [k for name in sorted(names) for k in turns[name]]
    return out


def _stretched(count: np.ndarray, mark: np.ndarray) -> list[tuple[int, int]]:
    """Runs, stretched to where the count stays below their level; runs that touch then are one."""
    out = np.zeros(len(mark), bool)
    for a, b in runs(mark):
        level = _TOP * float(np.nanmean(count[a:b]))
        low = (np.convolve(count, [0.5, 0.5])[: len(count)] < level) | np.isnan(count)  # two in a row
        before, behind = np.flatnonzero(low[:a]), np.flatnonzero(low[b + 1 :])
        out[(before[-1] + 1 if len(before) else 0) : (b + behind[0] if len(behind) else len(count))] = True
    return runs(out)


def _recover(
    record: Record, network: Network, link: str, series: tuple[int, ...], own: np.ndarray,
    span: tuple[int, int], others: np.ndarray,
) -> Saturated:  # fmt: skip
    """``own``: (m,) vehicles of the link; ``others``: (n, m) those of links that were not saturated."""
    a, b = span
    known = np.nan_to_num(own)

    def told(
        method: str, reason: str, demand: np.ndarray, courses: np.ndarray | None = None, wander: float = 0.0
    ) -> Saturated:
        other = demand[None] if courses is None else courses
        return Saturated(link, series, a, b, known, method, reason, demand, other, wander)

    upstream = _upstream(record, network, link)
    if upstream is not None and not np.isnan(upstream[a:b]).any():
        demand = known.copy()
        behind = min(b + 1, len(own))
        demand[a:behind] = upstream[a:behind]
        return told(UPSTREAM, "counted where vehicles come onto the link", np.nan_to_num(demand))
    began, cleared = a >= FEW, len(own) - b >= FEW
    base = smooth(others.sum(axis=0)) if len(others) else None
    if began and cleared:
        courses = conserved_courses(known, a, b, base)
        noise = known[a:b].sum() / base[a:b].sum() if base is not None and base[a:b].sum() else 0.0
        return told(CONSERVED, "the queue began and cleared within the record", courses[0], courses, noise)
    ends = {(True, False): "did not clear within", (False, True): "began before"}.get(
        (began, cleared), "outlasts"
    )
    if base is None or not (began or cleared):
        why = "no link without saturation to go by" if base is None else "nothing before or behind"
        return told(REFUSED, f"the queue {ends} the record, and there is {why}", known)
    outside = np.r_[0 : max(a - 1, 1)] if began else np.r_[min(b + 1, len(own) - 1) : len(own)]
    level = known[outside].sum() / max(base[outside].sum(), 1.0)
    demand = known.copy()
    demand[a:b] = level * base[a:b]
    few = 1 / np.sqrt(max(min(known[outside].sum(), base[outside].sum()), 1.0))
    if demand[a:b].sum() < _LEAST * known[a:b].sum():
        why = "other links' course tells less than was served"
        return told(REFUSED, f"the queue {ends} the record, and {why}", known)
    if not keeps_level(known, base, outside):
        return told(
            REFUSED, f"the queue {ends} the record, and the link's course is not that of others", known
        )
    wander = float(np.hypot(wander_of(others, outside, np.r_[a:b]), few))
    if wander > _MOST:
        return told(REFUSED, f"the queue {ends} the record, and other links tell it to {wander:.0%}", known)
    return told(REFERENCE, f"the queue {ends} the record; by other links' course", demand, None, wander)


def _upstream(record: Record, network: Network, link: str) -> np.ndarray | None:
    """(m,) vehicles that came onto a link, where all that leads there was counted; None otherwise."""
    at = network.link.index[link]
    if network.is_origin[at] and not network.has_inbound[at]:
        own = [k for k, key in enumerate(record.keys) if key.link == link and not key.movement]
        return record.count[own].mean(axis=0) if own else None
    feeding = [network.movement.ids[m] for m in np.flatnonzero(network.movement_to == at)]
    found = [[k for k, key in enumerate(record.keys) if key.movement == turn] for turn in feeding]
    if not found or not all(found) or network.is_origin[at]:
        return None
    total: np.ndarray = np.sum([record.count[k].sum(axis=0) for k in found], axis=0)
    return total
