"""Controllers with rings and barriers, from whatever format: their splits in the cycle, what each signal
group shows then, the stages and the fixed plan that show the same, and the tables of the phases.
"""

from signalsim.formats.rings.lamps import Lamp, Lamps, lamps_of
from signalsim.formats.rings.model import Key, Phase, Rings, split_times
from signalsim.formats.rings.tables import Tables, bare_phases
from signalsim.formats.rings.told import phases_of_groups, points_s, told_rings

__all__ = [
    "Key",
    "Lamp",
    "Lamps",
    "Phase",
    "Rings",
    "Tables",
    "bare_phases",
    "lamps_of",
    "phases_of_groups",
    "points_s",
    "split_times",
    "told_rings",
]
