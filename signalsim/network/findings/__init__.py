"""Everything that is wrong with a network or worth knowing about it, also where it does not load.

Rules are one function and one line of ``collect.RULES`` each; those of loading are among them.
"""

from signalsim.network.findings.collect import (
    ERROR,
    KINDS,
    NOTE,
    RULES,
    Finding,
    Found,
    counted,
    findings,
    network_faults,
)
from signalsim.network.findings.lines import link_lines, point_along
from signalsim.network.findings.reading import Reading, read_leniently

__all__ = [
    "ERROR", "KINDS", "NOTE", "RULES", "Finding", "Found", "Reading",
    "counted", "findings", "link_lines", "network_faults", "point_along", "read_leniently",
]  # fmt: skip
