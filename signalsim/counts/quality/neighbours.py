"""Whether what flows into a link, as the junction before it counts, comes out of it."""

import math
from collections.abc import Iterator

import numpy as np

from signalsim.network import Network

from .findings import ERROR, WARNING, Finding
from .record import Record, link_flow, movement_series, sum_of

_MIN_MS = 1_800_000  # of counts on both sides: storage on the link does not matter then
_WARN, _WRONG = 0.1, 0.3  # of the larger count
_SIGMA = 4.0


def link_sides(record: Record, network: Network) -> Iterator[tuple[int, np.ndarray, np.ndarray, list[str]]]:
    """(link, (m,) inflow, (m,) outflow, cameras of the inflow) where all movements into a link are counted
    and the link itself is, and nobody begins or ends on it.
    """
    counted = movement_series(record, network)
    on_link = {key.link for key in record.keys}
    for link, name in enumerate(network.link.ids):
        into = np.flatnonzero(network.movement_to == link).tolist()
        is_inner = bool(into) and not network.is_origin[link] and not network.is_exit[link]
        if not is_inner or name not in on_link or any(movement not in counted for movement in into):
            continue
        series = [k for movement in into for k in counted[movement]]
        yield link, sum_of(record, series), link_flow(record, name), [record.keys[k].camera for k in series]


def check_imbalance(record: Record, network: Network | None) -> Iterator[Finding]:
    """warning: over 10 % between inflow and outflow, beyond chance; error: over 30 %.

    Over all intervals counted on both sides. What is wrong may be either side: the finding names the
    camera at the end of the link, the text the others.
    """
    if network is None:
        return
    for link, flow_in, flow_out, cameras in link_sides(record, network):
        both = ~np.isnan(flow_in) & ~np.isnan(flow_out)
        if both.sum() * record.step_ms < _MIN_MS:
            continue
        a, b = float(flow_in[both].sum()), float(flow_out[both].sum())
        share = abs(a - b) / max(a, b, 1.0)
        if share < _WARN or abs(a - b) < _SIGMA * math.sqrt(a + b):
            continue
        name = network.link.ids[link]
        own = next(key.camera for key in record.keys if key.link == name)
        at = np.flatnonzero(both)
        yield Finding(
            "imbalance", ERROR if share > _WRONG else WARNING, own, name, "",
            record.time_ms(int(at[0])), record.time_ms(int(at[-1]) + 1),
            f"{b:,.0f} vehicles out and {a:,.0f} in ({(b - a) / max(a, 1.0):+.0%}), as counted by "
            f"{', '.join(sorted(set(cameras))[:4])}",
        )  # fmt: skip
