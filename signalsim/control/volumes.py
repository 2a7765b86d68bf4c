"""Volumes that a fixed plan is designed on: the scenario's counts, gaps filled through turning shares."""

from typing import Any

import numpy as np

from signalsim.signals.traffic import Traffic

HOURS_PER_MS = 1.0 / 3_600_000.0
ROUNDS = 1000  # links that a vehicle may pass, at most
STILL = 1e-6  # veh/h: propagation has ended


def traffic_of(built: Any) -> Traffic:
    """What plans of a built scenario are designed on: its volumes, and queues that are let go as the engine
    lets them go (crossings that are at speed come at ``loss_s`` + headway / 2, a headway after each other).
    """
    network, window, road = built.scenario.network, built.demand.window_ms, built.road
    at_speed_ms = np.asarray(road.movement_startup_ms) + np.asarray(road.movement_startup2_ms)
    return Traffic(
        network=network,
        signals=built.signals,
        flow_pcuph=design_volumes(built.demand),
        saturation=built.index.movement_saturation_pcuph,
        loss_s=(at_speed_ms - np.asarray(road.movement_headway_ms) / 2) / 1000,
        gain_s=np.asarray(road.movement_end_gain_ms) / 1000,
        gap_s=np.asarray(road.movement_gap_ms) / 1000,
        follow_s=np.asarray(road.movement_follow_ms) / 1000,
        sneakers=np.asarray(road.movement_sneakers, float),
        start_s=np.asarray(road.movement_loss_ms) / 1000,
        traverse_s=np.asarray(road.movement_traverse_ms) / 1000,
        travel_s=network.length_m / network.speed_mps,
        hours=(window[1] - window[0]) * HOURS_PER_MS,
    )


def design_volumes(demand: Any) -> np.ndarray:
    """(n_movements,) pcu/h of the demand window: of the trips that are listed; else as counted, and
    where nothing was, as entries and shares imply.
    """
    window_h = (demand.window_ms[1] - demand.window_ms[0]) * HOURS_PER_MS
    if demand.listed is not None:
        volume = demand.listed.flow / window_h
    else:
        counted = np.asarray(demand.counted) / window_h
        volume = np.where(np.isnan(counted), expected_volumes(demand), counted)
    return volume * (1.0 + demand.heavy_share * (demand.heavy_pcu - 1.0))


def expected_volumes(demand: Any) -> np.ndarray:
    """(n_movements,) veh/h: mean entries of the demand window sent through the mean turning shares."""
    turning = demand.turning
    n_links = len(turning.start) - 1
    from_link = np.repeat(np.arange(n_links), np.diff(turning.start))
    share = _mean_shares(turning, demand.window_ms)
    entering = _entries(demand, n_links)
    total = np.zeros(n_links)
    for _ in range(ROUNDS):
        total += entering
        entering = np.bincount(turning.to_link, share * entering[from_link], n_links)
        if entering.sum() < STILL:
            break
    volume = np.zeros(len(share))
    volume[turning.movement] = share * total[from_link]
    return volume


def _entries(demand: Any, n_links: int) -> np.ndarray:
    """(n_links,) veh/h that enter there, mean over the demand window."""
    cells, (start, end) = demand.entries, demand.window_ms
    overlap = np.clip(np.minimum(cells.end_ms, end) - np.maximum(cells.start_ms, start), 0, None)
    part = cells.vehicles * overlap / (cells.end_ms - cells.start_ms)
    return np.bincount(cells.link, part, n_links) / ((end - start) * HOURS_PER_MS)


def _mean_shares(turning: Any, window_ms: tuple[int, int]) -> np.ndarray:
    """(n_movements,) shares in the rows' order, mean over the window by time."""
    before = np.concatenate([np.zeros((len(turning.cumulative), 1)), turning.cumulative[:, :-1]], axis=1)
    first = np.zeros(turning.cumulative.shape[1], bool)
    first[turning.start[:-1][turning.start[:-1] < len(first)]] = True
    share = turning.cumulative - np.where(first, 0.0, before)
    begin = np.clip(turning.bin_start_ms, *window_ms)
    begin[0] = window_ms[0]
    span = np.diff(np.append(begin, window_ms[1]))
    mean: np.ndarray = span @ share / max(1, span.sum())
    return mean
