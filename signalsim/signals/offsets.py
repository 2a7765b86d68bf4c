"""Offsets of least delay in a network of any shape, at one common cycle.

The delay of each stream follows from its arrivals over the cycle and its greens; arrivals are the
dispersed departures of the signals before. For one junction at a time all offsets are tried at once,
with what leaves the others as it is: first along a tree of the strongest connections from the busiest
junction outwards, each against those that have an offset already, then in sweeps over all junctions.
Then departures are computed anew from the arrivals that the offsets make, and the sweeps repeated:
the hill climb of TRANSYT (Robertson 1969) on the tree of Gartner's combination method (Gartner 1972).
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from signalsim.signals.platoons import Paths
from signalsim.signals.streams import Streams
from signalsim.signals.waiting import limited, overflow_veh, queues

_SWEEPS, _ROUNDS = 8, 3
_STANDS = 1e-6  # of what a bin serves: where less is left over, a queue leaves
_KEPT = 0.5  # of the gain over even arrivals that platoons keep: turners that wait for gaps break them up


@dataclass(frozen=True)
class Offsets:
    """``offset``: (n_junctions,) bins after the common second; ``queue``: (n_streams,) mean pcu that wait
    under them, as far as is expected: see ``_KEPT``."""

    offset: np.ndarray
    queue: np.ndarray

    @property
    def total(self) -> float:
        """Mean number of vehicles that wait: delay per time, as a rate in s/s."""
        return float(self.queue.sum())


class OffsetSearch:
    """The traffic of one set of splits at one common cycle; ``serving``: of ``streams.served``."""

    def __init__(self, which: Streams, paths: Paths, serving: np.ndarray, n_junctions: int, hours: float):
        self.which, self.paths, self.serving = which, paths, serving
        self.n_bins, self.n_junctions, self.hours = serving.shape[1], n_junctions, hours
        self.bin_s = paths.cycle_s / self.n_bins
        self._links = sorted(set(which.link.tolist()))
        self._of_link = {link: np.flatnonzero(which.link == link) for link in self._links}
        self._turn = -2j * np.pi * np.arange(self.n_bins // 2 + 1) / self.n_bins
        uniform = np.repeat(which.flow[:, None] * self.bin_s, self.n_bins, axis=1)
        self._grouped: dict[int, list[tuple[int, np.ndarray]]] = {}
        self._even, departures = queues(limited(uniform, serving), serving)
        self._set_departures(departures)

    def best(self, starts: Sequence[np.ndarray] = (), *, rounds: int = _ROUNDS) -> Offsets:
        """The best of what is found from the tree and from each of ``starts`` ((n_junctions,) bins)."""
        begin = [self._along_tree(), *(start.copy() for start in starts)]
        found = [self._climb(start, rounds) for start in begin]
        return min(found, key=lambda offsets: offsets.total)

    def evaluate(self, offset: np.ndarray) -> Offsets:
        """Queues under given offsets: departures and arrivals in turn until they belong together."""
        for _ in range(_ROUNDS):
            arrivals = self._arrivals(offset)
            queue, departures = queues(limited(arrivals, self.serving), self.serving)
            self._set_departures(departures)
        capacity = self.serving.sum(axis=1) / (self.n_bins * self.bin_s)
        overflow = overflow_veh(self.which, np.arange(len(self.which)), capacity, self.hours)
        return Offsets(offset, _KEPT * queue + (1 - _KEPT) * self._even + overflow)

    def _climb(self, offset: np.ndarray, rounds: int) -> Offsets:
        best = self.evaluate(offset)
        for _ in range(rounds):
            offset = best.offset.copy()
            for _ in range(_SWEEPS):
                before = offset.copy()
                for j in range(self.n_junctions if self.n_junctions > 1 else 0):
                    offset[j] = self._best_of(j, offset, np.ones(self.n_junctions, bool))
                if (offset == before).all():
                    break
            found = self.evaluate(offset)
            if found.total >= best.total - 1e-9:
                break
            best = found
        return best

    def _along_tree(self) -> np.ndarray:
        """Offsets from the busiest junction outwards, the strongest connection first."""
        load = np.bincount(self.which.junction, self.which.flow, self.n_junctions)
        ties: dict[int, dict[int, float]] = {j: {} for j in range(self.n_junctions)}
        for (j, link), parts in self._parts.items():
            other = int(self.which.junction[self._of_link[link][0]])
            weight = float(parts[0].real)
            for a, b in ((j, other), (other, j)):
                if a != b:
                    ties[a][b] = ties[a].get(b, 0.0) + weight
        offset, placed = np.zeros(self.n_junctions, int), np.zeros(self.n_junctions, bool)
        for root in np.argsort(-load, kind="stable").tolist():
            edge = [] if placed[root] else [(0.0, root)]
            while edge:
                _, j = heapq.heappop(edge)
                if placed[j]:
                    continue
                offset[j] = self._best_of(j, offset, placed) if placed.any() else 0
                placed[j] = True
                for other, weight in ties[j].items():
                    if not placed[other]:
                        heapq.heappush(edge, (-weight, other))
        return offset

    def _best_of(self, j: int, offset: np.ndarray, counts: np.ndarray) -> int:
        """The offset of ``j`` of least delay at ``j`` and behind it, among junctions that count."""
        n = self.n_bins
        own_time = (np.arange(n)[None, :] + np.arange(n)[:, None]) % n  # [offset, bin] -> bin in common time
        arriving, serving = [], []
        for link in sorted(set(self.which.link[self.which.at(j)].tolist())):
            profile = self._profile(link, self._sum(link, offset, counts, without=j))
            for i in self._of_link[link]:
                arriving.append(self._share(i) * profile[own_time])
                serving.append(self.serving[i])
        for (source, link), spectrum in self._parts.items():
            i0 = self._of_link[link][0]
            other = int(self.which.junction[i0])
            if source != j or other == j or not counts[other]:
                continue
            local = np.exp(-self._turn * offset[other])
            rest = self._sum(link, offset, counts, without=j) * local
            shifts = np.exp(self._turn[None, :] * np.arange(n)[:, None])
            profiles = self._profile(link, rest[None, :] + shifts * (spectrum * local)[None, :])
            for i in self._of_link[link]:
                arriving.append(self._share(i) * profiles)
                serving.append(self.serving[i])
        if not arriving:
            return int(offset[j])
        served = np.array(serving)
        cut = limited(np.array(arriving), served[:, None, :])
        waiting = queues(cut, served, leave=False)[0].sum(axis=0)
        return int(np.argmin(np.round(waiting, 9)))

    def _set_departures(self, departures: np.ndarray) -> None:
        """What leaves each stream, (n, n_bins), and the spectra of what comes of it: by (junction, link) and
        by link, without the junction's offset."""
        self._parts: dict[tuple[int, int], np.ndarray] = {}
        started = np.where(departures >= self.serving * (1 - _STANDS), departures, 0.0)
        moving, starting = np.fft.rfft(departures - started, axis=1), np.fft.rfft(started, axis=1)
        for i, ways in enumerate(self.paths.to):
            for way in ways:
                key = (int(self.which.junction[i]), way.link)
                come = way.spectrum * moving[i] + way.started * starting[i]
                self._parts[key] = self._parts.get(key, 0) + way.share * come
        self._grouped = {}
        for (j, link), spectrum in self._parts.items():
            self._grouped.setdefault(link, []).append((j, spectrum))

    def _sum(self, link: int, offset: np.ndarray, counts: np.ndarray, without: int = -1) -> np.ndarray:
        """Spectrum of what arrives at a link's end from junctions that count, in common time; what comes
        from the others is even."""
        total = np.zeros(len(self._turn), complex)
        for j, spectrum in self._grouped.get(link, ()):
            if j == without:
                continue
            if counts[j]:
                total += spectrum * np.exp(self._turn * offset[j])
            else:
                total[0] += spectrum[0]
        return total

    def _profile(self, link: int, spectrum: np.ndarray) -> np.ndarray:
        """(..., n_bins) arrivals per bin of a link's streams: the spectrum's shape, their flow's mean."""
        wanted = float(self.which.flow[self._of_link[link]].sum()) * self.bin_s
        come = np.fft.irfft(spectrum, self.n_bins, axis=-1)
        mean = come.mean(axis=-1, keepdims=True)
        waves = (come - mean) * np.minimum(1.0, wanted / np.maximum(mean, 1e-12))
        return np.maximum(wanted + waves, 0.0)

    def _share(self, stream: Any) -> float:
        """Of its link's flow."""
        of_link = self._of_link[int(self.which.link[stream])]
        return float(self.which.flow[stream] / self.which.flow[of_link].sum())

    def _arrivals(self, offset: np.ndarray) -> np.ndarray:
        """(n, n_bins) arrivals of every stream in its junction's own time."""
        out = np.zeros_like(self.serving)
        everyone = np.ones(self.n_junctions, bool)
        for link in self._links:
            j = int(self.which.junction[self._of_link[link][0]])
            local = self._sum(link, offset, everyone) * np.exp(-self._turn * offset[j])
            profile = self._profile(link, local)
            for i in self._of_link[link]:
                out[i] = self._share(i) * profile
        return out
