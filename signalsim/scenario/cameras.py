"""Cameras: how much of the truth they see, how late and how wrong. Every parameter once, and the presets.

Evaluations of video detection agree in kind, not in number: counts are within a few per cent of a
baseline in daylight with a good mounting, and several times worse at night, in rain, in wind and
with occlusion (Minge, Kotzenmacher & Peterson 2010, MnDOT report 2010-36; Martin, Dharmavaram &
Stevanovic 2004, report MPC-04-166). At an intersection in Illinois rain without wind made about 10 %
of the calls false by day and 10 to 50 % at night, mostly by headlights mirrored in the next lane (Medina,
Benekohal & Chitturi 2009, Evaluation of Video Detection Systems, volume 4): the presets' ``rain_double``
spans that range. All other rates, latencies and intervals below are assumed: they span what is reported
and reproduce no single study. The presets make no difference between classes: a tracker with a neural
detector had none that goes one way (Song et al. 2019, European Transport Research Review 11:51, table 5).
"""

import dataclasses
import difflib
from dataclasses import dataclass, field
from typing import Any

from signalsim.errors import InputError

_MOST = 0.95  # of the vehicles may be missed or counted twice


def _given(default: float, low: float, high: float, unit: str, meaning: str) -> Any:
    """A parameter of a camera: default, limits, unit and meaning are in one place."""
    return field(default=default, metadata={"low": low, "high": high, "unit": unit, "meaning": meaning})


@dataclass(frozen=True)
class Camera:
    """How the cameras of a network behave; without parameters they err nowhere.

    A vehicle is missed or counted twice at each line by itself. What night and rain add holds while the
    scenario says that it is night or that it rains. ``truth`` True replaces queue and vehicles by the
    truth at the moment of the decision. Raises InputError.
    """

    miss: float = _given(0.0, 0, 0.9, "share", "vehicles that a line does not count")
    double: float = _given(0.0, 0, 0.9, "share", "vehicles that a line counts twice")
    heavy_miss_factor: float = _given(1.0, 0, 20, "1", "misses of long vehicles over those of cars")
    heavy_double_factor: float = _given(1.0, 0, 20, "1", "double counts of long vehicles over those of cars")
    occluded_miss: float = _given(
        0.0, 0, 0.9, "share", "missed besides at the advance line behind a queue that fills the view; "
        "less in proportion behind a shorter one",
    )  # fmt: skip
    night_miss: float = _given(0.0, 0, 0.9, "share", "missed besides at night")
    night_double: float = _given(0.0, 0, 0.9, "share", "counted twice besides at night")
    rain_miss: float = _given(0.0, 0, 0.9, "share", "missed besides in rain")
    rain_double: float = _given(0.0, 0, 0.9, "share", "counted twice besides in rain")
    queue_error: float = _given(0.0, 0, 0.9, "1", "relative standard error of the queue that is seen")
    frame_s: float = _given(
        0.0, 0, 60, "s", "between two pictures; a line of one lane counts at most a vehicle per two pictures"
    )
    interval_s: float = _given(1.0, 0.1, 300, "s", "between two readings")
    latency_s: float = _given(0.0, 0, 600, "s", "from a reading to whoever decides")
    jitter_s: float = _given(0.0, 0, 600, "s", "up to which single readings are later still; none overtakes")
    clock_s: float = _given(0.0, 0, 3600, "s", "up to which each camera's clock is wrong")
    truth: bool = False

    def __post_init__(self) -> None:
        for parameter in PARAMETERS:
            value, low, high = getattr(self, parameter.name), *_limits(parameter)
            if not isinstance(value, int | float) or not low <= value <= high:
                unit = " s" if parameter.metadata["unit"] == "s" else ""
                raise InputError(
                    f"camera, field '{parameter.name}': {value} is outside {low:g} to {high:g}{unit}"
                )
        long = self.miss * self.heavy_miss_factor + self.double * self.heavy_double_factor
        worst = self.occluded_miss + max(self.miss + self.double, long)
        if worst > _MOST:
            raise InputError(
                f"camera: what is missed or counted twice makes {worst:.3g} of the vehicles, above {_MOST}; "
                "give smaller rates"
            )

    def rates(self, *, night: bool = False, rain: bool = False, long: bool = False) -> tuple[float, float]:
        """Shares of cars, or of long vehicles, that are missed and counted twice; at most so many together
        that some are counted once."""
        miss = self.miss + night * self.night_miss + rain * self.rain_miss
        double = self.double + night * self.night_double + rain * self.rain_double
        if long:
            miss, double = miss * self.heavy_miss_factor, double * self.heavy_double_factor
        most = _MOST - self.occluded_miss
        return min(miss, most), min(double, max(0.0, most - miss))

    @property
    def errs(self) -> bool:
        """Whether anything may be counted or seen wrong; what comes late is not wrong."""
        counts = self.miss, self.double, self.occluded_miss, self.frame_s
        weather = self.night_miss, self.night_double, self.rain_miss, self.rain_double
        return any((*counts, *weather, self.queue_error))


PARAMETERS = tuple(one for one in dataclasses.fields(Camera) if one.metadata)


def _limits(parameter: Any) -> tuple[float, float]:
    return parameter.metadata["low"], parameter.metadata["high"]


PRESETS: dict[str, Camera] = {
    # The truth at the moment of the decision: for research and upper bounds.
    "omniscient": Camera(truth=True),
    # Errs nowhere, but sees the view only.
    "perfect": Camera(),
    # Daylight, high mounting, tracking on the edge device.
    "good": Camera(
        miss=0.02, double=0.005, occluded_miss=0.02, queue_error=0.05, latency_s=0.5,
        night_miss=0.01, night_double=0.01, rain_miss=0.005, rain_double=0.03,
    ),
    # Daylight and night mixed, shared mounting with the lamp.
    "typical": Camera(
        miss=0.05, double=0.01, occluded_miss=0.05, queue_error=0.15, interval_s=2.0, latency_s=1.0,
        night_miss=0.05, night_double=0.03, rain_miss=0.02, rain_double=0.1,
    ),
    # Low mounting, little light; readings gathered by a slow feed.
    "poor": Camera(
        miss=0.15, double=0.03, occluded_miss=0.15, queue_error=0.3, interval_s=10.0, latency_s=5.0,
        night_miss=0.1, night_double=0.05, rain_miss=0.05, rain_double=0.3,
    ),
}  # fmt: skip
DEFAULT = "typical"


def preset(sensors: "str | Camera | None") -> tuple[str, Camera]:
    """Name and camera of ``PRESET`` or ``PRESET:parameter=value,…``, of a camera of one's own, or of the
    default (None).

    Raises InputError for a preset or parameter that is not there.
    """
    if isinstance(sensors, Camera):
        return next((n for n, camera in PRESETS.items() if camera == sensors), repr(sensors)), sensors
    spec = DEFAULT if sensors is None else sensors
    name, _, given = spec.partition(":")
    if name not in PRESETS:
        raise InputError(f"sensors '{name}': no such preset; there are {', '.join(PRESETS)}")
    values: dict[str, Any] = dict(_setting(spec, part) for part in given.split(",") if part.strip())
    try:
        return spec, dataclasses.replace(PRESETS[name], **values)
    except InputError as error:
        raise InputError(f"sensors '{spec}': {error}") from None


def _setting(spec: str, part: str) -> tuple[str, float]:
    """'miss=0.1' taken apart."""
    name, _, text = (piece.strip() for piece in part.partition("="))
    known = [parameter.name for parameter in PARAMETERS]
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}"
        raise InputError(f"sensors '{spec}': '{name}' is no parameter of a camera; {hint}")
    try:
        return name, float(text)
    except ValueError:
        raise InputError(f"sensors '{spec}', parameter '{name}': '{text}' is no number") from None
