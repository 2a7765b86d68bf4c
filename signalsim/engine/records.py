"""What happened, one row per change of state: ``(t_ms, kind, entity, place, value)``."""

from enum import IntEnum

import numpy as np

FORMAT_VERSION = 3

RECORD = np.dtype(
    [("t_ms", "i8"), ("kind", "i4"), ("entity", "i4"), ("place", "i4"), ("pad", "i4"), ("value", "i8")]
)


class Kind(IntEnum):
    """What a record says; in brackets its entity, place and value."""

    DEPART = 0  # left the source queue [vehicle, lane entered, wished departure ms]
    ENTER = 1  # entered a lane [vehicle, lane, earliest time at its stop line ms]
    CROSS = 2  # left a lane at its stop line or bay's mouth [vehicle, lane left, delay by it ms]
    ARRIVE = 3  # left the network [vehicle, lane left, stops on the way]
    ASPECT = 4  # a lamp changed [group, junction, 0 red, 1 yellow, 2 green]
    STAGE = 5  # [junction, local stage, 0 change begins, 1 all its groups are green]
    INSIDE = 6  # crossed its stop line and stands inside the junction [vehicle, lane, 1]
    PASS = 7  # an emergency vehicle passed a queue [vehicle, lane, vehicles passed]
    WALK = 8  # set off across the road [pedestrian, crossing, wait at the kerb ms]


STOP_MS = 2000  # held up at a stop line for this long counts as a stop


def as_rows(records: np.ndarray) -> list[tuple[int, str, int, int, int]]:
    """Records as tuples that read well in a failure message."""
    return [
        (int(r["t_ms"]), Kind(int(r["kind"])).name, int(r["entity"]), int(r["place"]), int(r["value"]))
        for r in records
    ]


def first_difference(left: np.ndarray, right: np.ndarray, context: int = 4) -> str:
    """'' if equal; otherwise the first record that differs, with what stands before it."""
    n = min(len(left), len(right))
    same = left[:n] == right[:n]
    if same.all() and len(left) == len(right):
        return ""
    at = int(np.argmin(same)) if not same.all() else n
    before = as_rows(left[max(0, at - context) : at])
    return (
        f"record {at} of {len(left)}/{len(right)} differs: {as_rows(left[at : at + 1])} != "
        f"{as_rows(right[at : at + 1])}; before it: {before}"
    )
