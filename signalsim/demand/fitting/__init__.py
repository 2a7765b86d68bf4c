"""Demand from counts that do not say it all: flows that fit, how far their total is known, vehicles."""

from signalsim.demand.fitting.balance import Balance, balance, is_complete
from signalsim.demand.fitting.candidates import Candidates, listed_routes, shortest_routes
from signalsim.demand.fitting.fitted import Fitted, fit_routes
from signalsim.demand.fitting.observed import Observed, observe
from signalsim.demand.fitting.vehicles import Vehicles, whole_vehicles

__all__ = [
    "Balance", "Candidates", "Fitted", "Observed", "Vehicles", "balance", "fit_routes",
    "is_complete", "listed_routes",
    "observe", "shortest_routes", "whole_vehicles",
]  # fmt: skip
