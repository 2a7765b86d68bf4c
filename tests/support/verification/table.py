"""One line of the table of verifications: what, theory, simulated, standard error, verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FAMILY_ERROR = 0.01  # chance that any of a whole table's tests fails though all theory holds


@dataclass(frozen=True)
class Row:
    """A comparison. ``se`` NaN: exact, or (``is_test`` False) a formula that stands beside as what it is."""

    what: str
    theory: float
    source: str
    simulated: float
    se: float = math.nan
    unit: str = ""
    is_test: bool = True
    tolerance: float = 0.0  # of a row without standard error: whole vehicles at the ends of a count

    @property
    def z(self) -> float:
        """Standard errors from theory; NaN where there is no standard error."""
        return (self.simulated - self.theory) / self.se

    @property
    def p_value(self) -> float:
        """Two-sided, by the normal distribution; without a standard error: 1 if equal, 0 if not."""
        if math.isnan(self.se):
            return float(abs(self.simulated - self.theory) <= self.tolerance)
        return math.erfc(abs(self.z) / math.sqrt(2))

    @property
    def relative_se(self) -> float:
        return self.se / abs(self.theory)


def estimate(what: str, theory: float, source: str, replications: Sequence[float], unit: str = "") -> Row:
    """A row from independent replications: their mean, and its standard error from their spread."""
    values = np.asarray(replications, float)
    se = float(values.std(ddof=1) / math.sqrt(len(values)))
    return Row(what, theory, source, float(values.mean()), se, unit)


def exact(
    what: str, theory: float, source: str, simulated: float, unit: str = "", tolerance: float = 0.0
) -> Row:
    """A row whose two numbers must be the same, but for ``tolerance``."""
    return Row(what, float(theory), source, float(simulated), unit=unit, tolerance=tolerance)


def beside(what: str, formula: float, source: str, simulated: float, unit: str = "") -> Row:
    """A row that is shown and not tested: the formula is an approximation, or of another rule."""
    return Row(what, formula, source, simulated, unit=unit, is_test=False)


def holm(p_values: Sequence[float], family_error: float = FAMILY_ERROR) -> list[bool]:
    """Which tests are rejected so that the chance of any false rejection is at most ``family_error``
    (Holm 1979, A simple sequentially rejective multiple test procedure)."""
    rejected = [False] * len(p_values)
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[i] > family_error / (len(p_values) - rank):
            break
        rejected[i] = True
    return rejected


def verdicts(rows: Sequence[Row]) -> list[str]:
    """Per row: 'equal', 'holds', 'FAILS', or '' where the formula only stands beside."""
    tests = [i for i, row in enumerate(rows) if row.is_test]
    words = [""] * len(rows)
    for i, is_rejected in zip(tests, holm([rows[i].p_value for i in tests]), strict=True):
        holds = "equal" if math.isnan(rows[i].se) else "holds"
        words[i] = "FAILS" if is_rejected else holds
    return words
