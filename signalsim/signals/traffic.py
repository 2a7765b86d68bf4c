"""What fixed plans are designed on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from signalsim.network import Network
from signalsim.signals.model import SignalSystem


@dataclass(frozen=True)
class Traffic:
    """Volumes of a scenario and how its signals pass them; (n_movements,) but where another shape is said.

    ``loss_s`` is what the start of a green costs a queue, ``gain_s`` what of the yellow still serves it:
    the effective green of a movement is its green - ``loss_s`` + ``gain_s``, and passes ``saturation``.
    """

    network: Network
    signals: SignalSystem
    flow_pcuph: np.ndarray
    saturation: np.ndarray  # pcu/h per lane
    loss_s: np.ndarray
    gain_s: np.ndarray
    gap_s: np.ndarray  # critical gap and follow-up time of who gives way
    follow_s: np.ndarray
    sneakers: np.ndarray  # who gives way and clears when its green ends, pcu per cycle
    start_s: np.ndarray  # what a start from the stop line costs behind it
    traverse_s: np.ndarray  # across the junction at free flow
    travel_s: np.ndarray  # (n_links,) at free flow
    hours: float  # of the demand window
    metering: np.ndarray | None = None  # (n_links,) variance of arrivals over Poisson's; None: 1 everywhere

    def only(self, shown: Mapping[int, Iterable[int]]) -> "Traffic":
        """The same where the junctions of ``shown`` have no other local stages than those; numbers stay."""
        stages = list(self.signals.stage_groups)
        for j, of in shown.items():
            kept = set(of)
            stages[j] = tuple(g if s in kept else frozenset() for s, g in enumerate(stages[j]))
        if tuple(stages) == self.signals.stage_groups:
            return self
        return replace(self, signals=replace(self.signals, stage_groups=tuple(stages)))
