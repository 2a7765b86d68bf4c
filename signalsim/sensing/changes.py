"""When cameras fail and when they see worse, as the scenario says it."""

from typing import Any, NamedTuple

import numpy as np

from signalsim.scenario.outages import unseen_links


class Change(NamedTuple):
    """What holds from a moment on, up to the next change."""

    time_ms: int
    working: np.ndarray  # (n_links,) bool
    night: bool
    rain: bool


def changes(built: Any) -> list[Change]:
    """All changes of a scenario (what ``scenario.build`` made), in order of time; mostly none."""
    scenario = built.scenario
    sensors = scenario.config.sensors
    out = [
        (one.begin_s, one.end_s, unseen_links(one, scenario.network, scenario.signals))
        for one in sensors.outages
    ]
    times = {t for begin, end, _ in out for t in (begin, end)}
    times |= {t for one in sensors.conditions for t in (one.begin_s, one.end_s)}
    found = []
    for now in sorted(times):
        working = np.ones(len(scenario.network.link_to), bool)
        for begin, end, links in out:
            if begin <= now < end:
                working &= ~links
        kinds = {one.kind for one in sensors.conditions if one.begin_s <= now < one.end_s}
        found.append(Change(round(1000 * now), working, "night" in kinds, "rain" in kinds))
    return found
