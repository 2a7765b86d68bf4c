"""Vehicles, trips, flows and their types from .rou.xml and additional files."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from signalsim.engine.random import stream_key, uniform
from signalsim.errors import InputError
from signalsim.formats.sumo.files import seconds
from signalsim.formats.sumo.halts import BusStop, Halt, halt_of
from signalsim.formats.sumo.traffic import HEAVY, USUAL_TYPE, Demand, Kind, Traffic, resolve
from signalsim.formats.xmlfile import Element, Reader, elements
from signalsim.network.csvfile import shown

MAX_VEHICLES = 5_000_000
_DAY_S = 86_400.0


def read_traffic(paths: list[Path], end_s: float | None = None) -> Traffic:
    """The traffic of some files, read one after another. Flows without an end last to ``end_s``, without
    one a day, as in SUMO. Raises InputError with file and line.
    """
    traffic = Traffic()
    for path in paths:
        reader = _Files(path, traffic, end_s)
        for element in elements(path):
            reader.take(element)
        reader.finish()
    resolve(traffic)
    return traffic


class _Files:
    """Reads one file; what a vehicle is known only when its nested elements were seen."""

    def __init__(self, path: Path, traffic: Traffic, end_s: float | None) -> None:
        self.read = Reader(path)
        self.traffic = traffic
        self.end_s = end_s
        self.open: Element | None = None
        self.nested_route = ""
        self.halts: list[Halt] = []  # of the open vehicle
        self.route: tuple[int, str] | None = None  # depth and id of an open named route
        self.mix: tuple[int, str] | None = None  # depth and id of an open distribution of types
        self.choice: tuple[int, str] | None = None  # the same of routes

    def take(self, element: Element) -> None:
        if self.open is not None:
            if element.depth > self.open.depth:
                self._nested(element)
                return
            self.finish()
        if self.mix is not None and element.depth <= self.mix[0]:
            self.mix = None
        if self.choice is not None and element.depth <= self.choice[0]:
            self.choice = None
        if self.route is not None and element.depth <= self.route[0]:
            self.route = None
        if element.tag in ("vehicle", "trip", "flow"):
            self.open, self.nested_route, self.halts = element, "", []
        elif element.tag == "vType":
            self._kind(element)
        elif element.tag == "vTypeDistribution":
            self._mix(element)
        elif element.tag == "route":
            self._route(element)
        elif element.tag == "routeDistribution":
            self._choice(element)
        elif element.tag == "busStop":
            self.traffic.bus_stops[self.read.text(element, "id")] = self._place(element)
        elif element.tag == "stop" and self.route is not None:
            own = self.traffic.halts.setdefault(self.route[1], [])
            self._halt(element, own, self.route[1] if self.choice is None else "")
        elif element.tag in ("person", "personFlow", "container", "containerFlow"):
            self.traffic.drop(
                "persons and containers: only vehicles are simulated", self.read.text(element, "id")
            )

    def _nested(self, element: Element) -> None:
        assert self.open is not None
        if element.tag == "route" and "edges" in element.attributes:
            self.nested_route = element.attributes["edges"]
        elif element.tag == "stop":
            self._halt(element, self.halts, self.open.attributes.get("id", ""))

    def _halt(self, element: Element, halts: list[Halt], name: str) -> None:
        """A stop of the vehicle or route ``name``; '': of a route that is drawn from a distribution."""
        halt = halt_of(element) if name else "stops of routes in distributions: they drive on"
        if isinstance(halt, str):
            self.traffic.drop(halt, name or "a route")
        else:
            halts.append(halt)
            if "busStop" not in element.attributes:
                self.traffic.bus_stops[halt.stop] = self._place(element)

    def _place(self, element: Element) -> BusStop:
        end = self.read.number(element, "endPos", 0.0, -1e6, 1e6) if "endPos" in element.attributes else None
        return BusStop(element.attributes.get("lane", ""), end)

    def _kind(self, element: Element) -> None:
        read, usual = self.read, Kind("")
        v_class = element.attributes.get("vClass", usual.v_class)
        long = v_class in HEAVY
        kind = Kind(
            id=read.text(element, "id"),
            v_class=v_class,
            length_m=read.number(element, "length", 12.0 if long else usual.length_m, 0.1, 1000),
            gap_m=read.number(element, "minGap", usual.gap_m, 0, 100),
            headway_s=read.number(element, "tau", usual.headway_s, 0, 60),
            acceleration=read.number(element, "accel", 1.3 if long else usual.acceleration, 0.01, 100),
            deceleration=read.number(element, "decel", 4.0 if long else usual.deceleration, 0.01, 100),
            sigma=read.number(element, "sigma", usual.sigma, 0, 1),
            speed_dev=read.number(element, "speedDev", usual.speed_dev, 0, 10),
            share=read.number(element, "probability", 1.0, 0, 1e9),
        )
        self.traffic.kinds[kind.id] = kind
        if self.mix is not None:
            self.traffic.mixes[self.mix[1]].append(kind)

    def _mix(self, element: Element) -> None:
        name = self.read.text(element, "id")
        self.mix = (element.depth, name)
        members = element.attributes.get("vTypes", "").split()
        kinds = [self.traffic.kind(member) for member in members]
        shares = self._shares(element, [kind.share for kind in kinds])
        own = self.traffic.mixes.setdefault(name, [])
        own += [replace(kind, share=share) for kind, share in zip(kinds, shares, strict=True)]

    def _choice(self, element: Element) -> None:
        """A distribution of routes: of those named here, and of those inside."""
        name = self.read.text(element, "id")
        self.choice = (element.depth, name)
        members = element.attributes.get("routes", "").split()
        shares = self._shares(element, [1.0] * len(members))
        own = self.traffic.choices.setdefault(name, [])
        own += [(share, self._known_route(element, m)) for m, share in zip(members, shares, strict=True)]

    def _route(self, element: Element) -> None:
        edges = element.attributes.get("edges", "")
        if self.choice is not None:
            share = self.read.number(element, "probability", 1.0, 0, 1e9)
            self.traffic.choices[self.choice[1]].append((share, edges))
        if name := element.attributes.get("id", ""):
            self.traffic.routes[name] = edges
            self.route = element.depth, name

    def _shares(self, element: Element, usual: list[float]) -> list[float]:
        """Probabilities of a distribution's members; those that are not given are the usual ones."""
        given = [_number(text) for text in element.attributes.get("probabilities", "").split()]
        if any(not 0 <= share <= 1e9 for share in given):
            raise self.read.fault(element, "probabilities", "are not all numbers from 0 up; correct them")
        return [*given, *usual[len(given) :]][: len(usual)]

    def finish(self) -> None:
        """What was open is complete now."""
        element, self.open = self.open, None
        if element is None:
            return
        if element.tag == "flow":
            self._flow(element)
            return
        text = self.read.text(element, "depart")
        depart = seconds(text)
        if depart is None:
            if text.replace("_", "").isalpha():
                self.traffic.drop("vehicles that wait for persons or others", self.read.text(element, "id"))
                return
            raise self.read.fault(element, "depart", "is no time; give seconds or h:m:s")
        self._add(element, [depart], [self.read.text(element, "id")])

    def _time(self, element: Element, name: str, default: float) -> float:
        if name not in element.attributes:
            return default
        value = seconds(element.attributes[name])
        if value is None:
            raise self.read.fault(element, name, "is no time; give seconds or h:m:s")
        return value

    def _flow(self, element: Element) -> None:
        name = self.read.text(element, "id")
        begin = self._time(element, "begin", 0.0)
        end = self._time(element, "end", begin + _DAY_S if self.end_s is None else max(self.end_s, begin))
        if end < begin:
            raise self.read.fault(element, "end", f"is before the flow's beginning, {begin:g} s; correct it")
        times = self._departures(element, name, begin, end)
        self.traffic.flows += 1
        self._add(element, times, [f"{name}.{k}" for k in range(len(times))])

    def _departures(self, element: Element, name: str, begin: float, end: float) -> list[float]:
        """When the vehicles of a flow wish to depart."""
        read, given = self.read, element.attributes
        number = read.whole(element, "number", 0, 0, MAX_VEHICLES)
        span = end - begin
        period = given.get("period", "")
        if period.startswith("exp("):
            rate = _number(period[4:].rstrip(")"))
            if not 0 < rate <= 100:
                raise read.fault(element, "period", "is no exp(rate) with a rate from 0 to 100 a second")
            return self._random(name, begin, end, rate, number)
        if "probability" in given:
            return self._random(name, begin, end, read.number(element, "probability", None, 1e-9, 1), number)
        if "vehsPerHour" in given or "perHour" in given:
            per_hour = "vehsPerHour" if "vehsPerHour" in given else "perHour"
            gap = 3600 / read.number(element, per_hour, None, 1e-3, 1e6)
        elif period:
            gap = read.number(element, "period", None, 1e-3, 1e8)
        elif number:
            gap = span / number
        else:
            raise read.fault(
                element, "number", "is missing, as are period, vehsPerHour and probability; give one"
            )
        count = number or int(np.ceil(span / gap - 1e-9))
        self._check_number(element, count)
        return [round(begin + k * gap, 3) for k in range(count)]

    def _random(self, name: str, begin: float, end: float, rate: float, number: int) -> list[float]:
        """Exponential gaps with the flow's rate; the same on every import."""
        self.traffic.drawn.append(name)
        mean = rate * (end - begin)
        tries = number or int(mean + 10 * mean**0.5 + 20)
        self._check_number(None, tries)
        key = stream_key(0, f"flow {name}", 0)
        gaps = -np.log1p(-uniform(key, np.zeros(tries, np.int64), np.arange(tries))) / rate
        times = begin + np.cumsum(gaps)
        return [round(float(t), 3) for t in (times if number else times[times < end])]

    def _check_number(self, element: Element | None, count: int) -> None:
        if count + len(self.traffic.vehicles) > MAX_VEHICLES:
            line = f", line {element.line}" if element else ""
            raise InputError(
                f"{self.read.path}{line}: over {MAX_VEHICLES:,} vehicles; give fewer, or a shorter time"
            )

    def _add(self, element: Element, times: list[float], names: list[str]) -> None:
        get = element.attributes.get
        edges, route = self.nested_route, get("route", "")
        if not edges and route:
            edges = "" if route in self.traffic.choices else self._known_route(element, route)
        start, end = get("from", ""), get("to", "")
        if not edges and not (start and end) and route not in self.traffic.choices:
            self.traffic.drop("vehicles without route, or from and to edges: zones are not read",
                              get("id", ""))  # fmt: skip
            return
        stops = () if edges or not start else (start, *get("via", "").split(), end)
        if any(mark in edges for mark in ("  ", "\n", "\t")) or edges != edges.strip():
            edges = " ".join(edges.split())
        kind = get("type", USUAL_TYPE)
        halts = (*(self.traffic.halts.get(route, ()) if not self.nested_route else ()), *self.halts)
        self._check_number(element, len(times))
        self.traffic.vehicles += [
            Demand(name, kind, time, edges, stops, "" if edges or stops else route, halts)
            for name, time in zip(names, times, strict=True)
        ]

    def _known_route(self, element: Element, name: str) -> str:
        if name not in self.traffic.routes:
            raise InputError(
                f"{self.read.path}, line {element.line}, <{element.tag}>: {shown(name)} is no <route> or "
                "<routeDistribution> read before; add it"
            )
        return self.traffic.routes[name]


def _number(text: str) -> float:
    try:
        return float(text) if len(text) < 40 else -1.0
    except ValueError:
        return -1.0
