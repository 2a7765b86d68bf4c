"""High-resolution controller logs (Indiana Traffic Signal Hi Resolution Data Logger Enumerations, 0.1 s).

A run's records become the log that a controller in the street would have kept, with two tables that say
what its numbers stand for; a log and these tables are read back as greens and as counts.

``site`` numbers phases and detectors, ``phases`` and ``detectors`` make the events of records, ``write``
and ``read`` hold the files, ``interpret`` says what events mean. Nothing here knows a scenario: tables,
names, records and vehicles are given.
"""

from .events import COUNT, EVENT, TICK_MS, Code
from .interpret import Greens, count_rows, greens
from .read import Log, read_log, read_site
from .site import Detector, Names, Phase, Site, site_of
from .write import FORMATS, LOG_FILES, log_events, write_log

__all__ = [
    "COUNT", "EVENT", "FORMATS", "LOG_FILES", "TICK_MS", "Code", "Detector", "Greens", "Log", "Names",
    "Phase", "Site", "count_rows", "greens", "log_events", "read_log", "read_site", "site_of", "write_log",
]  # fmt: skip
