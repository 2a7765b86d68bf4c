"""How well the sampled traffic of a comparison agrees with the counts that it was made from."""

from typing import Any, NamedTuple

import numpy as np

GOOD_GEH = 5.0  # below it a modelled hourly flow is taken as a good match (see ``demand.fit.geh``)
FAR_RESIDUAL = 3.0


class Agreement(NamedTuple):
    """Over all counted movements and replications."""

    movements: int  # counted ones
    geh_below_5_percent: float
    geh_max: float
    beyond_3_percent: float  # of standardised residuals


def agreement(built: Any, seed: int, replications: int) -> Agreement:
    """Sample the replications' traffic once more and compare its turning flows with the counted ones."""
    from signalsim.demand import fit, sample

    fits = [fit(built.demand, sample(built, seed, replication)) for replication in range(replications)]
    geh = np.array([one.geh for one in fits])
    residual = np.array([one.residual for one in fits])
    counted = ~np.isnan(fits[0].counted)
    if not counted.any():
        nothing = float("nan")
        return Agreement(0, nothing, nothing, nothing)
    geh, residual = geh[:, counted], residual[:, counted]
    return Agreement(
        movements=int(counted.sum()),
        geh_below_5_percent=float(100 * (geh < GOOD_GEH).mean()),
        geh_max=float(geh.max()),
        beyond_3_percent=float(100 * (np.abs(residual) > FAR_RESIDUAL).mean()),
    )
