"""Arrivals as SUMO's vehicles: types, routes, departures."""

from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.tables import CAR_SLOTS, EXIT, Arrivals, Tables

from .roads import Piece, Roads

CAR, HEAVY = "car", "heavy"  # types that a scenario's sumo.vtypes.xml may bring
SLOT_M, GAP_M = 3.75, 2.5  # half a car's place, SUMO's own gap at standstill
HEAVY_ACCEL, HEAVY_DECEL = 1.3, 4.0  # m/s², SUMO's values for lorries


class Leg(NamedTuple):
    """One edge of a route."""

    link: int
    travel_ms: int
    at_stop: bool
    lane: int  # one of ours that serves the way: for who was on none of them at a whole second
    reach_m: float  # see ``roads.Piece``
    movement: int  # taken at its end, EXIT if none
    dwell_ms: int = 0  # how long it stands at stops there


class Drivers:
    """Puts vehicles into SUMO at the time they wish to depart. Vehicle ``v`` is SUMO's ``"v"``."""

    def __init__(self, sumo: Any, tables: Tables, arrivals: Arrivals, roads: Roads) -> None:
        self._sumo, self._tables, self._arrivals, self._roads = sumo, tables, arrivals, roads
        self._legs: dict[int, list[Leg]] = {}
        self._next = 0
        self._types = {int(size): self._type(int(size)) for size in np.unique(arrivals.size)}

    def depart(self, until_ms: int) -> None:
        """Hand over those that wish to depart before ``until_ms``; SUMO holds back who finds no room."""
        arrivals, vehicle = self._arrivals, self._sumo.vehicle
        end = int(np.searchsorted(arrivals.depart_ms, until_ms))
        for v in range(self._next, end):
            self.legs(v)
            vehicle.add(
                str(v),
                f"r{arrivals.route[v]}",
                self._types[int(arrivals.size[v])],
                depart=f"{int(arrivals.depart_ms[v]) / 1000:.3f}",
                departLane="best",
                departSpeed="max",
            )
            vehicle.setSpeedFactor(str(v), 1000 / int(arrivals.pace[v]))
            self._stop(v)
        self._next = end

    def _stop(self, vehicle: int) -> None:
        """Tell SUMO where it stands, and how long."""
        for leg in self.legs(vehicle):
            if leg.dwell_ms:
                edge, lane, end_m = self._roads.kerbs[leg.link]
                seconds = leg.dwell_ms / 1000
                self._sumo.vehicle.setStop(str(vehicle), edge, pos=end_m, laneIndex=lane, duration=seconds)

    def legs(self, vehicle: int) -> list[Leg]:
        """The edges of a vehicle's route; SUMO learns a route when it is first asked for."""
        route = int(self._arrivals.route[vehicle])
        if route not in self._legs:
            links = self._links(route)
            self._legs[route] = [
                self._leg(link, piece, movement, dwell_ms)
                for link, movement, dwell_ms in links
                for piece in self._roads.pieces[link]
            ]
            edges = [piece.edge for link, _, _ in links for piece in self._roads.pieces[link]]
            self._sumo.route.add(f"r{route}", edges)
        return self._legs[route]

    def _leg(self, link: int, piece: Piece, movement: int, dwell_ms: int) -> Leg:
        stands = dwell_ms > 0 and piece.edge == self._roads.kerbs[link].edge
        lane = self._lane(piece, movement)
        own_ms = dwell_ms if stands else 0
        return Leg(link, piece.travel_ms, piece.at_stop, lane, piece.reach_m, movement, own_ms)

    def _lane(self, piece: Piece, movement: int) -> int:
        """The first lane of an edge from which a movement goes, or the first of all."""
        start, served = self._tables.lane_movement, self._tables.lane_movement_id
        serving = (lane for lane in piece.lanes if movement in served[start[lane] : start[lane + 1]])
        return next(serving, piece.lanes[0])

    def _links(self, route: int) -> list[tuple[int, int, int]]:
        """(link, movement at its end, ms at stops on it) along a route."""
        first, end = self._arrivals.route_start[route : route + 2]
        movements = self._arrivals.route_movement[first:end].tolist()
        dwell_ms = self._arrivals.route_dwell_ms[first:end].tolist()
        table = self._tables.movement["to_segment"]
        link, links = int(self._arrivals.route_link[route]), []
        for movement, stands_ms in zip(movements, dwell_ms, strict=True):
            links.append((link, movement, stands_ms))
            if movement != EXIT:
                link = int(self._tables.segment["link"][table[movement]])
        return links

    def _type(self, size: int) -> str:
        """A vehicle type for so many slots: the scenario's own for cars and heavy ones if it has them."""
        types = self._sumo.vehicletype
        name = CAR if size == CAR_SLOTS else HEAVY
        if name not in types.getIDList():
            name = f"{name}-{size}"
            types.copy("DEFAULT_VEHTYPE", name)
            types.setMinGap(name, GAP_M)
            types.setLength(name, size * SLOT_M - GAP_M)
            if size > CAR_SLOTS:
                types.setAccel(name, HEAVY_ACCEL)
                types.setDecel(name, HEAVY_DECEL)
        types.setSpeedDeviation(name, 0.0)
        types.setSpeedFactor(name, 1.0)
        return name
