"""Camera presets: how much of the truth a junction's cameras see, how late and how wrong.

Evaluations of video detection agree in kind, not in number: counts are within a few per cent of a
baseline in daylight with a good mounting, and several times worse at night, in rain, in wind and
with occlusion (Minge, Kotzenmacher & Peterson 2010, MnDOT report 2010-36; Martin, Dharmavaram &
Stevanovic 2004, report MPC-04-166). The rates below are assumed: they span that range and
reproduce no single study. Latencies and intervals are assumed as well.
"""

from dataclasses import dataclass

from signalsim.errors import InputError


@dataclass(frozen=True)
class Camera:
    """How the cameras of a network behave.

    Each vehicle at each line is missed with probability ``miss``, counted twice with ``double``.
    The advance line misses a further ``occluded_miss`` while the queue reaches into the far half
    of the view. The queue reading is cut at the view's storage and has a relative standard error of
    ``queue_error``. A reading is taken every ``interval_s`` and is known ``latency_s`` later.
    ``truth`` True replaces queue and vehicles by the truth at the moment of the decision.
    """

    miss: float = 0.0
    double: float = 0.0
    occluded_miss: float = 0.0
    queue_error: float = 0.0
    interval_s: float = 1.0
    latency_s: float = 0.0
    truth: bool = False

    def __post_init__(self) -> None:
        for name in ("miss", "double", "occluded_miss", "queue_error"):
            value = getattr(self, name)
            if not 0.0 <= value <= 0.9:
                raise InputError(f"camera, field '{name}': {value} is outside 0 to 0.9")
        if self.miss + self.double + self.occluded_miss > 0.95:
            raise InputError("camera: miss + double + occluded_miss is above 0.95; give smaller rates")
        if not 0.1 <= self.interval_s <= 300.0:
            raise InputError(f"camera, field 'interval_s': {self.interval_s} is outside 0.1 to 300 s")
        if not 0.0 <= self.latency_s <= 600.0:
            raise InputError(f"camera, field 'latency_s': {self.latency_s} is outside 0 to 600 s")


PRESETS: dict[str, Camera] = {
    # The truth at the moment of the decision: for research and upper bounds.
    "omniscient": Camera(truth=True),
    # Errs nowhere, but sees the view only.
    "perfect": Camera(),
    # Daylight, high mounting, tracking on the edge device.
    "good": Camera(miss=0.02, double=0.005, occluded_miss=0.02, queue_error=0.05, latency_s=0.5),
    # Daylight and night mixed, shared mounting with the lamp.
    "typical": Camera(
        miss=0.05, double=0.01, occluded_miss=0.05, queue_error=0.15, interval_s=2.0, latency_s=1.0
    ),
    # Night, rain or a low mounting; readings gathered by a slow feed.
    "poor": Camera(
        miss=0.15, double=0.03, occluded_miss=0.15, queue_error=0.3, interval_s=10.0, latency_s=5.0
    ),
}
DEFAULT = "typical"


def preset(sensors: "str | Camera | None") -> tuple[str, Camera]:
    """Name and camera of a preset's name, of a camera of one's own, or of the default (None).

    Raises InputError for a name that is not there.
    """
    if isinstance(sensors, Camera):
        return next((n for n, camera in PRESETS.items() if camera == sensors), repr(sensors)), sensors
    name = DEFAULT if sensors is None else sensors
    if name not in PRESETS:
        raise InputError(f"sensors '{name}': no such preset; there are {', '.join(PRESETS)}")
    return name, PRESETS[name]
