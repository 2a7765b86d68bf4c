"""Green waves: known arterials, exhaustive search, and what no cycle allows."""

from itertools import product

import numpy as np
import pytest

from signalsim.signals.bandwidth import Signal, maxband, widths


@pytest.mark.parametrize(("links_per_cycle", "efficiency"), [(2, 1 / 2), (4, 1 / 4), (6, 1 / 6)])
@pytest.mark.parametrize("n", [4, 7])
def test_single_double_and_triple_alternate(links_per_cycle, efficiency, n):
    # McShane, Roess & Prassas, Traffic Engineering: with half the cycle green both ways and links of a half,
    # a quarter, a sixth of the cycle, the alternate systems have efficiencies of 50, 25 and 16.7 %
    signals, travel = [Signal(0.5, 0.5)] * n, [60 / links_per_cycle] * (n - 1)
    found = maxband(signals, travel, travel, (60, 60))
    assert found.efficiency == pytest.approx(efficiency)
    assert sum(widths(signals, travel, travel, 60, found.offset)) / 2 == pytest.approx(efficiency)


@pytest.mark.parametrize("travel_s", [3.0, 13.0, 15.0, 22.5, 37.0, 52.0, 60.0])
@pytest.mark.parametrize("green", [0.4, 0.55])
def test_two_signals_have_the_bands_of_the_half_integer_synchronisation(travel_s, green):
    """Morgan & Little (1964), Synchronizing traffic signals for maximal bandwidth, Operations Research 12:
    equal bands are widest with the reds' middles together or half a cycle apart. Of two signals of green g,
    t cycles apart, an offset d leaves g - |d - t| and g - |d + t| (to the nearest whole number), in sum at
    most 2 g - |2 t|, which d = 0 or d = 1/2 gives, half of it each way.
    """
    signals, cycles = [Signal(green, green)] * 2, travel_s / 60
    apart = abs(2 * cycles - round(2 * cycles))
    found = maxband(signals, [travel_s], [travel_s], (60, 60))
    assert found.width_out + found.width_in == pytest.approx(2 * green - apart)
    half = [widths(signals, [travel_s], [travel_s], 60, [0, d]) for d in (0, 0.5)]
    assert max(half) == pytest.approx((green - apart / 2,) * 2)


@pytest.mark.parametrize("seed", range(4))
def test_no_offsets_in_whole_seconds_give_wider_bands(seed):
    rng = np.random.default_rng(seed)
    cycle, n = 40, 3
    signals = [
        Signal(
            rng.integers(14, 26) / cycle, rng.integers(14, 26) / cycle, rng.integers(-8, 9) / cycle, *clear
        )
        for clear in rng.integers(0, 3, (n, 2)).tolist()
    ]
    out, back = rng.integers(8, 50, (2, n - 1)).tolist()
    best = max(
        sum(widths(signals, out, back, cycle, [0, a / cycle, b / cycle]))
        for a, b in product(range(cycle), repeat=2)
    )
    found = maxband(signals, out, back, (cycle, cycle))
    assert found.width_out + found.width_in == pytest.approx(best, abs=1e-6)  # all inputs are whole seconds


def test_the_cycle_is_chosen_and_the_ratio_kept():
    signals, travel = [Signal(0.5, 0.5)] * 4, [35.0] * 3
    found = maxband(signals, travel, travel, (50, 100))
    assert found.cycle_s == pytest.approx(70)  # twice the travel time: a single alternate system
    assert found.efficiency == pytest.approx(0.5)
    one_way = maxband(signals, [20.0] * 3, [20.0] * 3, (60, 60), ratio=0.5)
    assert one_way.width_in >= 0.5 * one_way.width_out - 1e-9


def test_none_where_queues_take_the_whole_green():
    blocked = Signal(0.2, 0.2, clear_out_s=13.0)
    assert maxband([blocked, blocked], [20.0], [20.0], (60, 60)) is None


@pytest.mark.parametrize(("n", "seed"), [(4, 1), (4, 2), (4, 3), (5, 1), (5, 2), (6, 1)])
def test_nothing_in_all_offsets_of_an_arterial_is_wider(n, seed):
    """Every offset in steps of a sixteenth of the cycle, greens, lags and travel times in eighths: no sum of
    bands is wider than the one found. (Stands in for the arterials of Morgan & Little 1964 and Little 1966,
    whose tables could not be had.)"""
    rng = np.random.default_rng([n, seed])
    bins, cycle = 16, 80.0
    green, lag = 2 * rng.integers(4, 7, (2, n)), 2 * rng.integers(-1, 2, n)
    travel = 2 * rng.integers(1, 14, (2, n - 1))
    signals = [Signal(a / bins, b / bins, c / bins) for a, b, c in zip(*green, lag, strict=True)]
    seconds = [(cycle / bins * way).tolist() for way in travel]
    shown = np.arange(bins)[None, :] < green[..., None]  # (way, signal, bin) from its green's beginning
    ahead = np.concatenate(([0], np.cumsum(travel[0])))
    behind = np.concatenate(([0], np.cumsum(travel[1])))
    bands = [np.roll(shown[0, 0], 0)[None, :], np.roll(shown[1, 0], lag[0])[None, :]]
    for i in range(1, n):
        for way, shift in ((0, -ahead[i]), (1, lag[i] + behind[i])):
            moved = np.array([np.roll(shown[way, i], shift + offset) for offset in range(bins)])
            bands[way] = (bands[way][:, None, :] & moved[None, :, :]).reshape(-1, bins)
    out, back = (_longest_runs(band) for band in bands)
    best = int((out + back)[(out > 0) & (back > 0)].max())  # a way without a band is no green wave
    found = maxband(signals, *seconds, (cycle, cycle))
    assert min(found.width_out, found.width_in) > 0
    assert found.width_out + found.width_in == pytest.approx(best / bins, abs=1e-6)
    ours = widths(signals, *seconds, cycle, found.offset)
    assert ours == pytest.approx((found.width_out, found.width_in), abs=1e-6)


def _longest_runs(shown):
    """(cases,) length of the longest run around the cycle, (cases, bins) bool."""
    left, length = shown.copy(), shown.any(axis=1).astype(int)
    for shift in range(1, shown.shape[1]):
        left &= np.roll(shown, -shift, axis=1)
        length += left.any(axis=1)
    return length
