"""Routes, drawn movement by movement from the turning shares.

At the end of a link a vehicle takes a movement with the shares of the time at which it would be
there at free flow. No vehicle uses a link twice: a movement that leads back is drawn again among
those that do not (if all do, the first draw stands). This keeps drivers from circling; what it
does to the turning flows is in the fit (``demand.fit``). A route ends on a link that no movement
leads on from, on one where the shares lack something to 1, with that chance, or on the link it is
on when it has ``max_links`` links.
"""

import numpy as np

from signalsim.demand.model import Turning
from signalsim.engine.random import mix, stream_key, uniform
from signalsim.engine.tables import EXIT

_CHUNK_LINKS = 1 << 23  # of vehicles times max_links: what is held at a time
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _pick(turning: Turning, time_bin: np.ndarray, link: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Positions in the CSR of the movements drawn by ``u``; all links have at least one movement."""
    first, last = turning.start[link], turning.start[link + 1] - 1
    pick = first.copy()
    for _ in range(int((last - first).max(initial=0))):
        pick += (pick < last) & (turning.cumulative[time_bin, pick] <= u)
    return pick


def _redraw(
    turning: Turning, time_bin: np.ndarray, link: np.ndarray, u: np.ndarray, visited: np.ndarray
) -> np.ndarray:
    """Positions drawn among movements that lead to links not visited; -1 where there is none.

    ``visited``: (steps, n) links seen so far.
    """
    first, degree = turning.start[link], turning.start[link + 1] - turning.start[link]
    width = int(degree.max())
    place = first[:, None] + np.minimum(np.arange(width), degree[:, None] - 1)
    running = turning.cumulative[time_bin[:, None], place]
    share = np.diff(running, axis=1, prepend=0.0)
    share[np.arange(width) >= degree[:, None]] = 0
    seen = (turning.to_link[place][:, :, None] == visited.T[:, None, :]).any(axis=2)
    share[seen | (share < 1e-12)] = 0
    total = share.sum(axis=1)
    chosen = (np.cumsum(share, axis=1) <= (u * total)[:, None]).sum(axis=1)
    chosen = np.minimum(chosen, width - 1)
    while (wrong := (share[np.arange(len(u)), chosen] == 0) & (total > 0)).any():
        chosen = np.where(wrong, chosen - 1, chosen)
    return np.where(total > 0, first + chosen, -1)


class _Visited:
    """Links that vehicles have been on, a column per vehicle; columns of those that left are dropped
    now and then, because the comparison with all earlier links is what a long walk costs.
    """

    def __init__(self, link: np.ndarray, max_links: int):
        self.links = np.full((max_links, len(link)), -1, np.int32)
        self.links[0] = link
        self.steps = 1
        self.column = np.arange(len(link))  # of the vehicles that still drive

    def leave(self, stay: np.ndarray) -> None:
        """Keep the vehicles where ``stay`` (bool over those that drive)."""
        self.column = self.column[stay]
        if len(self.column) < 0.75 * self.links.shape[1]:
            self.links = self.links[:, self.column]
            self.column = np.arange(len(self.column))

    def has(self, link: np.ndarray) -> np.ndarray:
        """Whether each driving vehicle was on that link."""
        wanted = np.full(self.links.shape[1], -2, np.int32)
        wanted[self.column] = link
        return (self.links[: self.steps] == wanted).any(axis=0)[self.column]

    def of(self, some: np.ndarray) -> np.ndarray:
        """(steps, k) links of some driving vehicles."""
        return self.links[: self.steps, self.column[some]]

    def add(self, link: np.ndarray) -> None:
        self.links[self.steps, self.column] = link
        self.steps += 1


def _walk(
    turning: Turning,
    freeflow_ms: np.ndarray,
    key: np.uint64,
    vehicle: np.ndarray,
    link: np.ndarray,
    depart_ms: np.ndarray,
    max_links: int,
) -> np.ndarray:
    """(n, steps) int32 movements of some vehicles, EXIT behind the last one."""
    steps: list[np.ndarray] = []
    visited = _Visited(link, max_links)
    row, here, time = np.arange(len(vehicle)), link.astype(np.int64), depart_ms + freeflow_ms[link]
    for step in range(1, max_links):
        drives = turning.start[here + 1] > turning.start[here]
        row, here, time = row[drives], here[drives], time[drives]
        visited.leave(drives)
        if not len(row):
            break
        time_bin = np.maximum(np.searchsorted(turning.bin_start_ms, time, side="right") - 1, 0)
        u = uniform(key, vehicle[row], np.full(1, 2 * step))
        goes_on = u < turning.cumulative[time_bin, turning.start[here + 1] - 1]
        if not goes_on.all():
            row, here, time, time_bin, u = (a[goes_on] for a in (row, here, time, time_bin, u))
            visited.leave(goes_on)
        pick = _pick(turning, time_bin, here, u)
        seen = np.flatnonzero(visited.has(turning.to_link[pick]))
        if len(seen):
            u = uniform(key, vehicle[row[seen]], np.full(1, 2 * step + 1))
            again = _redraw(turning, time_bin[seen], here[seen], u, visited.of(seen))
            pick[seen] = np.where(again >= 0, again, pick[seen])
        moves = np.full(len(vehicle), EXIT, np.int32)
        moves[row] = turning.movement[pick]
        steps.append(moves)
        here = turning.to_link[pick].astype(np.int64)
        time = time + freeflow_ms[here]
        visited.add(here)
    steps.append(np.full(len(vehicle), EXIT, np.int32))
    return np.stack(steps, axis=1)


def _pack(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows that end with EXIT and padding -> (flat movements with one EXIT each, lengths)."""
    length = np.argmax(rows == EXIT, axis=1) + 1
    keep = np.arange(rows.shape[1]) < length[:, None]
    return rows[keep], length


def draw_routes(
    turning: Turning, freeflow_ms: np.ndarray, seed: int, replication: int, link: np.ndarray,
    depart_ms: np.ndarray, max_links: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Routes of all vehicles: (route of each vehicle, route_link, route_start, route_movement).

    Equal routes are stored once, in the order of the first vehicle that takes them.
    """
    key = stream_key(seed, "routes", replication)
    flat, lengths = [], []
    chunk = max(_CHUNK_LINKS // max_links, 1)
    for begin in range(0, len(link), chunk):
        part = slice(begin, begin + chunk)
        vehicle = np.arange(begin, min(begin + chunk, len(link)))
        rows = _walk(turning, freeflow_ms, key, vehicle, link[part], depart_ms[part], max_links)
        movements, length = _pack(rows)
        flat.append(movements)
        lengths.append(length)
    if not flat:
        return (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(1, np.int32), np.zeros(0, np.int32))
    return _deduplicate(link, np.concatenate(flat), np.concatenate(lengths))


def _deduplicate(
    link: np.ndarray, movement: np.ndarray, length: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Keep each distinct (first link, movements) once."""
    start = np.append(0, np.cumsum(length))
    place = np.arange(len(movement)) - np.repeat(start[:-1], length)
    word = mix(movement.astype(np.uint64) * _GOLDEN + place.astype(np.uint64))
    digest = mix(np.add.reduceat(word, start[:-1]) + link.astype(np.uint64))
    first, route = np.unique(digest, return_index=True, return_inverse=True)[1:]
    order = np.argsort(first, kind="stable")  # routes in order of their first vehicle
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    first, route = first[order], rank[route.reshape(-1)]
    size = length[first]
    same = (size[route] == length) & (link[first][route] == link)
    route_start = np.append(0, np.cumsum(size))
    out = movement[np.repeat(start[first] - route_start[:-1], size) + np.arange(route_start[-1])]
    if same.all():
        theirs = np.repeat(route_start[route], length) + place
        same_moves = bool((out[theirs] == movement).all())
    if not same.all() or not same_moves:  # two routes with one digest: keep every row
        return np.arange(len(link), dtype=np.int32), link.astype(np.int32), start.astype(np.int32), movement
    return route.astype(np.int32), link[first].astype(np.int32), route_start.astype(np.int32), out
