"""DATEX II versions 2 and 3, measured data: rates in vehicles per hour become counts.

A place is ``SITE INDEX``, as ``RWS01 3``, or ``SITE`` alone where all its indices are one. What an index
means (lane, class) is in a separate table of the publisher: the map says it. So it does what the single
time of a measurement is: ``time_is`` (start, end or middle of the interval), and ``interval_s`` where the
measurement does not give its period.

A rate of so many vehicles per hour over an interval is a whole number of vehicles, but for rounding; one that
is not is rounded and marked suspect. ``dataError``, a fault of the quantity and negative rates, by which
publishers mark failures, are counts that are not known.

Version 3 calls a ``measuredValue`` a ``physicalQuantity``, and has the time of a site inside an element,
which may come behind the values.
"""

from typing import NamedTuple

from signalsim.errors import InputError
from signalsim.formats.xmlfile import Element, walk
from signalsim.network.csvfile import shown

from .form import Format, Job
from .head import Head
from .intervals import GOOD, MAX_COUNT, SUSPECT, Span

_TIMES = ("measurementTimeDefault", "timeValue", "startOfPeriod", "endOfPeriod")


class _Rate(NamedTuple):
    line: int
    number: str
    per_hour: float | None
    period_s: float | None
    times: dict[str, str]  # of its own, by tag; they come before the site's


def matches(head: Head) -> bool:
    return head.is_xml and ("siteMeasurements" in head.text or "MeasuredDataPublication" in head.text)


def read(job: Job) -> None:
    """Add up the measurements of a publication. Raises InputError."""
    if job.guide.time_is is None:
        raise InputError(
            f"{job.path}: a measurement has one time, and whether it begins or ends there only its "
            'publisher knows; say in the map time_is = "start", "end" or "middle"'
        )
    site, index, n_sites = "", "", 0
    times: dict[str, str] = {}  # of the site; ``own`` are those of a value
    rates: list[_Rate] = []
    own: dict[str, str] = {}
    kind, text, is_wrong, period, is_default = "", "", False, None, False
    for piece in walk(job.path):
        tag = piece.tag.rpartition(":")[2]
        if isinstance(piece, Element):
            if tag == "siteMeasurements":
                site, index, times, rates, n_sites = "", "", {}, [], n_sites + 1
            elif tag == "measurementSiteReference":
                site = piece.attributes.get("id", "")
            elif tag in ("measuredValue", "physicalQuantity"):
                is_wrong = False
                index = piece.attributes.get("index", index)
            elif tag == "basicData":
                kind = next((v for k, v in piece.attributes.items() if k.rpartition(":")[2] == "type"), "")
                text, period, own = "", None, {}
            elif tag == "measurementTimeDefault":
                is_default = True
            elif tag == "physicalQuantityFault":
                is_wrong = True
        elif tag == "measurementTimeDefault":
            times.setdefault(tag, piece.text)
            is_default = False
        elif tag in _TIMES:
            (times if is_default else own)["measurementTimeDefault" if is_default else tag] = piece.text
        elif tag == "vehicleFlowRate":
            text = piece.text
        elif tag == "dataError":
            is_wrong = is_wrong or piece.text.lower() in ("true", "1")
        elif tag == "measurementOrCalculationPeriod":
            period = _number(job, piece.line, tag, piece.text)
        elif tag == "basicData" and kind.rpartition(":")[2] == "TrafficFlow":
            rate = None if is_wrong or not text else _number(job, piece.line, "vehicleFlowRate", text)
            rates.append(_Rate(piece.line, index, rate if rate is None or rate >= 0 else None, period, own))
        elif tag == "siteMeasurements":
            _site(job, piece.line, site, [rate._replace(times={**times, **rate.times}) for rate in rates])
    if not n_sites:
        raise InputError(f"{job.path}: has no <siteMeasurements>; give a DATEX II MeasuredDataPublication")


def _site(job: Job, line: int, site: str, rates: list[_Rate]) -> None:
    if rates and not site:
        raise InputError(
            f"{job.path}, line {line}: a measurement names no site (measurementSiteReference id)"
        )
    for rate in rates:
        span = _span(job, site, rate)
        stream = job.streams.of(rate.line, site, (f"{site} {rate.number}", site))
        count, quality = _count(job, rate, (span.end_ms - span.start_ms) / 1000)
        job.intervals.add(rate.line, stream, f"{site} {rate.number}", "all", span, count, quality)


def _span(job: Job, site: str, rate: _Rate) -> Span:
    """When a rate was measured: by its own beginning and end, else by one time and a length."""

    def instant(tag: str) -> int:
        return job.clock.instant(rate.line, tag, rate.times.get(tag, ""), (site, rate.number, tag))

    if "startOfPeriod" in rate.times and "endOfPeriod" in rate.times:
        return Span(instant("startOfPeriod"), instant("endOfPeriod"))
    length_s = rate.period_s or job.guide.interval_s
    if length_s is None or not 1 <= length_s <= 86_400:
        raise InputError(
            f"{job.path}, line {rate.line}: the measurement of site {shown(site)} says no period from a "
            "second to a day; give interval_s in the map"
        )
    length_ms = round(1000 * length_s)
    at = instant("timeValue" if "timeValue" in rate.times else "measurementTimeDefault")
    before = {"start": 0, "middle": length_ms // 2, "end": length_ms}[job.guide.time_is or "start"]
    return Span(at - before, at - before + length_ms)


def _count(job: Job, rate: _Rate, length_s: float) -> tuple[int | None, str]:
    """Vehicles of a rate; it may have been rounded to one vehicle per hour."""
    if rate.per_hour is None or length_s <= 0:
        return None, GOOD
    exact = rate.per_hour * length_s / 3600
    if exact > MAX_COUNT:
        raise InputError(
            f"{job.path}, line {rate.line}, <vehicleFlowRate>: {rate.per_hour:g} veh/h is no traffic; "
            "correct it"
        )
    count = round(exact)
    is_whole = abs(exact - count) <= 0.5 * length_s / 3600 + 1e-9
    return count, GOOD if is_whole else SUSPECT


def _number(job: Job, line: int, tag: str, text: str) -> float:
    try:
        value = float(text) if len(text) < 32 and text.isascii() else float("nan")
    except ValueError:
        value = float("nan")
    if not -1e9 < value < 1e9:
        raise InputError(f"{job.path}, line {line}, <{tag}>: {shown(text)} is no number; correct it")
    return value


FORMAT = Format(
    "datex",
    "DATEX II v2 and v3 measured data, XML",
    matches,
    read,
    frozenset({"interval_s", "time_is"}),
)
