"""Listed trips -> demand: the vehicles as they are, and the mean flows that plans are designed on."""

from dataclasses import replace

import numpy as np

from signalsim.counts import CountTable
from signalsim.demand.fit import window_flows
from signalsim.demand.model import LISTED, MAX_VEHICLES, MIXED, Demand, EntryCells, Listed, Turning
from signalsim.demand.prepare import counted_movements
from signalsim.demand.trips import TripTable
from signalsim.demand.turning import movement_rows, normalised, running
from signalsim.errors import InputError
from signalsim.network import Network


def prepare_trips(
    trips: TripTable,
    network: Network,
    counts: CountTable | None,
    *,
    start_ms: int,
    warm_up_ms: int,
    demand_ms: int,
) -> Demand:
    """The demand of listed trips; those that depart after the demand window are left out.

    ``counts`` are what the trips are held against. ``start_ms``: UTC of simulated time 0.
    Raises InputError where no trip departs in the window.
    """
    n_movements = len(network.movement)
    window = (warm_up_ms, warm_up_ms + demand_ms)
    order = np.argsort(trips.depart_ms, kind="stable")  # equal times: in order of vehicle ids
    order = order[: np.searchsorted(trips.depart_ms[order], window[1])]
    depart_ms = trips.depart_ms[order]
    _check(trips, depart_ms, window)
    defaults = network.defaults
    is_long = trips.is_long[order]
    routed = Listed(
        depart_ms=depart_ms,
        route=trips.route[order],
        size=np.where(is_long, round(2 * defaults.heavy_pcu), 2).astype(np.int32),
        route_link=trips.routes.link,
        route_start=trips.routes.start,
        route_movement=trips.routes.movement,
        siren=trips.is_emergency[order],
        stops=trips.routes.stops,
        flow=np.zeros(n_movements, np.int64),
    )
    listed = replace(routed, flow=window_flows(routed, window, n_movements))
    in_window = depart_ms >= window[0]
    entering = np.bincount(listed.route_link[listed.route[in_window]], minlength=len(network.link))
    return Demand(
        entries=_entries(entering, window),
        turning=_turning(entering, listed.flow, network),
        link_freeflow_ms=np.ceil(1000 * network.length_m / network.speed_mps).astype(np.int64),
        counted=_counted(counts, n_movements, (start_ms + window[0], start_ms + window[1])),
        window_ms=window,
        end_ms=window[1],
        mode=LISTED,
        heavy_share=float(is_long[in_window].mean()),
        heavy_pcu=defaults.heavy_pcu,
        pace_sd=defaults.pace_sd,
        pace_low=defaults.pace_low,
        pace_high=defaults.pace_high,
        max_links=int(np.diff(listed.route_start).max()),
        emergency_speed_factor=defaults.emergency_speed_factor,
        dwell_cv=defaults.dwell_cv,
        warnings=_warnings(trips, network, order, window),
        listed=listed,
    )


def _check(trips: TripTable, depart_ms: np.ndarray, window: tuple[int, int]) -> None:
    if not len(depart_ms) or depart_ms[-1] < window[0]:
        first, last = trips.depart_ms.min() / 1000, trips.depart_ms.max() / 1000
        raise InputError(
            f"{trips.path}, column 'depart_s': no trip departs in the demand window, {window[0] / 1000:g} to "
            f"{window[1] / 1000:g} s; they depart from {first:g} to {last:g} s: correct them, or the "
            "horizon in scenario.toml"
        )
    if len(depart_ms) > MAX_VEHICLES:
        raise InputError(
            f"{trips.path}: {len(depart_ms):,} trips; at most {MAX_VEHICLES:,} are possible: "
            "shorten the horizon or split the study"
        )


def _counted(counts: CountTable | None, n_movements: int, window: tuple[int, int]) -> np.ndarray:
    """(n_movements,) counted in a UTC window, NaN: not counted."""
    if counts is None:
        return np.full(n_movements, np.nan)
    return counted_movements(counts, n_movements, window)


def _warnings(
    trips: TripTable, network: Network, kept: np.ndarray, window: tuple[int, int]
) -> tuple[str, ...]:
    """``kept``: the trips that take part."""
    stands = np.diff(trips.routes.stops.start)[trips.route[kept]].any()
    varies = {
        "the drivers' speeds": network.defaults.pace_sd > 0,
        "the times at stops": bool(stands) and network.defaults.dwell_cv > 0,
    }
    differing = " and ".join(name for name, differs in varies.items() if differs)
    rest = f"only {differing} differ" if differing else "so are the drivers' speeds"
    out = [f"{trips.path}: the {len(kept):,} trips are the same in every replication; {rest}"]
    if left_out := len(trips) - len(kept):
        out.append(
            f"{trips.path}: {left_out:,} trips depart after the demand window ends at {window[1] / 1000:g} s "
            "and are left out"
        )
    return tuple(out)


def _entries(entering: np.ndarray, window: tuple[int, int]) -> EntryCells:
    """One cell per link where trips begin: its vehicles of the demand window."""
    link = np.flatnonzero(entering)
    n = len(link)
    return EntryCells(
        link=link.astype(np.int32),
        kind=np.full(n, MIXED, np.int32),
        start_ms=np.full(n, window[0], np.int64),
        end_ms=np.full(n, window[1], np.int64),
        vehicles=entering[link].astype(float),
        is_counted=np.ones(n, bool),
    )


def _turning(entering: np.ndarray, flow: np.ndarray, network: Network) -> Turning:
    """Shares of all vehicles that are on a link; what is missing to 1 ends there."""
    n_links = len(network.link)
    start, order, row = movement_rows(network)
    on_link = entering + np.bincount(network.movement_to, flow, n_links)
    out = np.bincount(network.movement_from, flow, n_links)
    share = normalised(flow[order][None].astype(float), row, n_links, np.ones(len(row)))
    onward = out / np.maximum(on_link, 1)
    return Turning(
        start=start,
        movement=order,
        to_link=network.movement_to[order].astype(np.int32),
        bin_start_ms=np.zeros(1, np.int64),
        cumulative=running(share, start) * onward[row],
    )
