"""Counts -> entries and turning shares -> routes and departures. All sampling is here."""

from signalsim.demand.fit import Fit, fit, geh, standardised_residual
from signalsim.demand.model import Demand
from signalsim.demand.prepare import prepare
from signalsim.demand.sample import sample

__all__ = ["Demand", "Fit", "fit", "geh", "prepare", "sample", "standardised_residual"]
