"""Platoons from one signal to the next: travel, dispersion, and who mixes with whom.

Platoons disperse because drivers differ in speed, each keeping their own (Pacey, G. M. (1956), The progress
of a bunch of vehicles released from a traffic signal, RRL Research Note RN/2665), as the scenario's drivers
do. In the steady state of a cycle a link is a product of spectra, so that profiles are handled as spectra.
"""

from collections import defaultdict
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from signalsim.network import Defaults
from signalsim.signals.streams import Streams
from signalsim.signals.traffic import Traffic

_DRIVERS = 20
_STARTING = (
    0.5  # the first of a queue loses the whole of a start behind the line, later ones ever less (assumption)
)
_LEAST_SHARE = 0.05  # of a stream: less is not followed
_MOST_LINKS = 10  # behind a signal that a platoon is followed over


def transfer(travel_s: float, cycle_s: float, n_bins: int, factors: np.ndarray) -> np.ndarray:
    """(n_bins // 2 + 1,) complex: what a link that takes ``travel_s`` makes of a profile's spectrum.
    ``factors``: speeds of equally many drivers, over that of free flow."""
    bin_s = cycle_s / n_bins
    turn = -2j * np.pi * np.arange(n_bins // 2 + 1) / n_bins
    seconds = max(travel_s, 0.0) / factors
    return np.asarray(np.exp(turn[:, None] * (seconds / bin_s)).mean(axis=1))


def speed_factors(defaults: Defaults) -> np.ndarray:
    """(20,) speed factors that stand for a scenario's drivers: the middles of twentieths of a normal
    distribution, cut as theirs is."""
    middles = (np.arange(_DRIVERS) + 0.5) / _DRIVERS
    factors = 1 + defaults.pace_sd * np.array([NormalDist().inv_cdf(float(p)) for p in middles])
    return np.clip(factors, defaults.pace_low, defaults.pace_high)


class Way(NamedTuple):
    """From a signal to the next: to which link's stop line, what share of a stream, in what time, and what
    becomes of a profile's spectrum: of those who pass the signal at speed, and of those who start there."""

    link: int
    share: float
    seconds: float
    spectrum: np.ndarray
    started: np.ndarray


class Paths:
    """Where the departures of each stream arrive: ``to[i]``."""

    def __init__(
        self,
        traffic: Traffic,
        which: Streams,
        cycle_s: float,
        n_bins: int,
    ) -> None:
        network = traffic.network
        self._traffic, self.cycle_s, self.n_bins = traffic, cycle_s, n_bins
        self._held = set(which.link.tolist())
        self._signalled = set(which.movement.tolist())
        self._from: dict[int, list[int]] = defaultdict(list)
        for m, link in enumerate(network.movement_from.tolist()):
            self._from[link].append(m)
        self._cache: dict[float, np.ndarray] = {}
        self._factors = speed_factors(network.defaults)
        self.to = [self._follow(int(m)) for m in which.movement]

    def _follow(self, movement: int) -> list[Way]:
        found: list[Way] = []
        network, traffic = self._traffic.network, self._traffic
        start_s = _STARTING * float(traffic.start_s[movement])
        open_ends = [(movement, 1.0, 0.0, 0)]
        while open_ends:
            m, share, seconds, depth = open_ends.pop()
            link = int(network.movement_to[m])
            seconds += float(traffic.traverse_s[m]) + float(traffic.travel_s[link])
            if link in self._held:
                found.append(
                    Way(link, share, seconds, self._spectrum(seconds), self._spectrum(seconds + start_s))
                )
            if depth >= _MOST_LINKS:
                continue
            total = sum(float(traffic.flow_pcuph[k]) for k in self._from[link])
            for k in self._from[link]:
                part = share * float(traffic.flow_pcuph[k]) / total if total > 0 else 0.0
                if k not in self._signalled and part >= _LEAST_SHARE:
                    open_ends.append((k, part, seconds, depth + 1))
        return found

    def _spectrum(self, seconds: float) -> np.ndarray:
        key = round(seconds, 1)
        if key not in self._cache:
            self._cache[key] = transfer(key, self.cycle_s, self.n_bins, self._factors)
        return self._cache[key]
