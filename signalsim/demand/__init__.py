"""Counts -> entries and turning shares -> routes and departures; or trips as they are listed. All
sampling is here.
"""

from signalsim.demand.fit import Fit, fit, geh, standardised_residual
from signalsim.demand.listed import prepare_trips
from signalsim.demand.model import Demand
from signalsim.demand.pedestrians import with_pedestrians
from signalsim.demand.prepare import prepare
from signalsim.demand.sample import sample
from signalsim.demand.stops import stop_positions_m
from signalsim.demand.trips import TripTable, load_trips

__all__ = [
    "Demand", "Fit", "TripTable", "fit", "geh", "load_trips", "prepare", "prepare_trips", "sample",
    "standardised_residual", "stop_positions_m", "with_pedestrians",
]  # fmt: skip
