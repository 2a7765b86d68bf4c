"""What must be true of a count table, one small function each; all raise InputError."""

from typing import TYPE_CHECKING

import numpy as np

from signalsim.errors import InputError
from signalsim.network import Network

if TYPE_CHECKING:
    from signalsim.counts.rows import CountRows
    from signalsim.counts.table import CountTable

MAX_RATE = 4000  # vehicles per hour and lane that no road carries
MIN_FOR_RATE = 5  # vehicles: below, a high rate may be chance in a short interval


def check_not_empty(counts: "CountRows", network: Network) -> None:
    if not len(counts):
        raise InputError(f"{counts.path}: has a header but no counts; give at least one row")


def check_whole_numbers(counts: "CountTable", network: Network) -> None:
    wrong = np.flatnonzero(~np.isnan(counts.count) & (counts.count != np.floor(counts.count)))
    for i in wrong:
        raise counts.table.fault(
            int(i), "count", "is not a whole number; give vehicles counted, not a rate, or leave it empty"
        )


def check_intervals(counts: "CountRows", network: Network) -> None:
    """Intervals end after they begin and last from a second to a day."""
    duration = counts.end_ms - counts.start_ms
    for i in np.flatnonzero((duration < 1000) | (duration > 86_400_000)):
        what = "more than a day" if duration[i] > 0 else "not"
        what = "less than a second" if 0 < duration[i] < 1000 else what
        raise InputError(
            f"{counts.path}, row {counts.table.row[i]}, column 'interval_end': the interval's end is {what} "
            f"after interval_start ({duration[i] / 1000:g} s); give the end of the counting interval"
        )


def check_movement_of_link(counts: "CountTable", network: Network) -> None:
    """A movement that is named starts from the link that is named."""
    named = counts.movement >= 0
    wrong = named & (network.movement_from[np.where(named, counts.movement, 0)] != counts.link)
    for i in np.flatnonzero(wrong):
        link = network.link.ids[network.movement_from[counts.movement[i]]]
        raise counts.table.fault(
            int(i), "movement_id", f"starts from link '{link}', not from this row's link_id"
        )


def check_plausible(counts: "CountTable", network: Network) -> None:
    """No lane carries more than MAX_RATE vehicles an hour."""
    hours = (counts.end_ms - counts.start_ms) / 3_600_000
    lanes = np.array([len(network.lane_numbers(i)) for i in range(len(network.link))])[counts.link]
    with np.errstate(invalid="ignore"):
        wrong = (counts.count > MAX_RATE * hours * lanes) & (counts.count > MIN_FOR_RATE)
    for i in np.flatnonzero(wrong):
        raise counts.table.fault(
            int(i), "count",
            f"is {counts.count[i] / hours[i]:.0f} vehicles/h on {lanes[i]} lane(s), more than a road carries "
            f"({MAX_RATE} per lane); give vehicles per interval",
        )  # fmt: skip


def check_overlaps(counts: "CountTable", network: Network) -> None:
    """Intervals of one camera, link, movement and class do not overlap; nor does 'all' with a class."""
    table = counts.table
    camera = np.unique(np.array(table.texts("camera_id")), return_inverse=True)[1]
    kind = np.unique(np.array(table.texts("vehicle_class")), return_inverse=True)[1]
    order = np.lexsort((counts.start_ms, kind, counts.movement, counts.link, camera))
    a, b = order[:-1], order[1:]
    same = (camera[a] == camera[b]) & (counts.link[a] == counts.link[b])
    same &= (counts.movement[a] == counts.movement[b]) & (kind[a] == kind[b])
    for k in np.flatnonzero(same & (counts.start_ms[b] < counts.end_ms[a])):
        first, second = sorted((int(a[k]), int(b[k])))
        raise table.fault(
            second, "interval_start",
            f"begins inside the interval of row {table.row[first]} of the same camera, link, movement "
            "and class (intervals overlap); remove one or correct the times",
        )  # fmt: skip


def check_classes(counts: "CountTable", network: Network) -> None:
    """A link is counted either by class or in one sum, never both: it would count twice."""
    names = counts.table.texts("vehicle_class")
    summed: dict[int, int] = {}
    told: dict[int, int] = {}
    for i, (link, name) in enumerate(zip(counts.link.tolist(), names, strict=True)):
        (summed if name == "all" else told).setdefault(link, i)
    for link in sorted(summed.keys() & told.keys()):
        i, j = sorted((summed[link], told[link]))
        raise counts.table.fault(
            j, "vehicle_class",
            f"is mixed with '{names[i]}' (row {counts.table.row[i]}) on one link; "
            "use 'all', or car and heavy",
        )  # fmt: skip


CHECKS = (
    check_not_empty,
    check_intervals,
    check_whole_numbers,
    check_movement_of_link,
    check_plausible,
    check_overlaps,
    check_classes,
)
