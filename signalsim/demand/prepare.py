"""Everything about a scenario's demand that does not depend on the seed."""

import numpy as np

from signalsim.counts import CountTable
from signalsim.demand.ends import with_ends
from signalsim.demand.entries import entered, entry_cells
from signalsim.demand.model import MAX_VEHICLES, SAMPLED, Demand, EntryCells
from signalsim.demand.turning import turning_shares
from signalsim.errors import InputError
from signalsim.network import Network

MAX_CELLS = 1_000_000  # intervals times entry links


def counted_movements(counts: CountTable, n_movements: int, window_ms: tuple[int, int]) -> np.ndarray:
    """(n_movements,) vehicles counted in a UTC window, scaled up where only part of it was counted.

    Cameras that count the same are averaged, classes added. NaN where nothing was counted.
    """
    overlap = np.minimum(counts.end_ms, window_ms[1]) - np.maximum(counts.start_ms, window_ms[0])
    rows = np.flatnonzero((overlap > 0) & (counts.movement >= 0) & counts.is_valid)
    names = counts.table.texts("vehicle_class")
    total = np.zeros(n_movements)
    is_counted = np.zeros(n_movements, bool)
    for name in sorted(set(names)):
        own = np.array([row for row in rows if names[row] == name], np.int64)
        movement = counts.movement[own]
        part = counts.count[own] * overlap[own] / (counts.end_ms[own] - counts.start_ms[own])
        covered = np.bincount(movement, overlap[own], n_movements)
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = np.bincount(movement, part, n_movements) * (window_ms[1] - window_ms[0]) / covered
        total += np.nan_to_num(scaled)
        is_counted |= covered > 0
    return np.where(is_counted, total, np.nan)


def _check_size(entries: EntryCells, counts: CountTable, end_ms: int) -> list[str]:
    """A warning where nothing enters; InputError for more than memory is sure to hold."""
    vehicles, cells = float(entries.vehicles.sum()), len(entries.vehicles)
    if vehicles > MAX_VEHICLES or cells > MAX_CELLS:
        raise InputError(
            f"{counts.path}: the counts make {vehicles:,.0f} vehicles in {cells:,} intervals of entry links "
            f"over {end_ms / 3_600_000:g} h; at most {MAX_VEHICLES:,} and {MAX_CELLS:,} are possible: "
            "correct them, shorten the horizon or count in longer intervals"
        )
    return [] if vehicles else [f"{counts.path}: no vehicle enters: entry links have no count above 0"]


def prepare(
    counts: CountTable,
    network: Network,
    *,
    start_ms: int,
    warm_up_ms: int,
    demand_ms: int,
    mode: str = SAMPLED,
    heavy_share: float = 0.0,
    max_links: int = 200,
) -> Demand:
    """Entries and turning shares of a scenario. ``start_ms``: UTC of simulated time 0."""
    window = (warm_up_ms, warm_up_ms + demand_ms)
    entries, entry_warnings = entry_cells(counts, network, start_ms, window[1], window)
    turning, turning_warnings = turning_shares(counts, network, start_ms)
    counted = counted_movements(counts, len(network.movement), (start_ms + window[0], start_ms + window[1]))
    turning, end_warnings = with_ends(turning, network, counted, entered(entries, network, window))
    warnings = entry_warnings + turning_warnings + end_warnings + _check_size(entries, counts, window[1])
    defaults = network.defaults
    return Demand(
        entries=entries,
        turning=turning,
        link_freeflow_ms=np.ceil(1000 * network.length_m / network.speed_mps).astype(np.int64),
        counted=counted,
        window_ms=window,
        end_ms=window[1],
        mode=mode,
        heavy_share=heavy_share,
        heavy_pcu=defaults.heavy_pcu,
        pace_sd=defaults.pace_sd,
        pace_low=defaults.pace_low,
        pace_high=defaults.pace_high,
        max_links=max_links,
        emergency_speed_factor=defaults.emergency_speed_factor,
        dwell_cv=defaults.dwell_cv,
        warnings=tuple(warnings),
    )
