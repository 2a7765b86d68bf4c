"""Cells of movement.csv that say how a movement's queue leaves in SUMO."""

from collections.abc import Iterable

from signalsim.formats.sumo.discharge import Driver
from signalsim.formats.sumo.gaps import gaps_s, waiting_inside
from signalsim.formats.sumo.layout import Layout
from signalsim.formats.sumo.lights import Key
from signalsim.formats.sumo.requests import ALL_WAY, YIELD, Rule

Range = tuple[float, float]  # that the table takes
_FLOW: Range = (300.0, 3600.0)
_KMH: Range = (3.0, 150.0)
_FIRST_S: Range = (0.0, 10.0)
_SECOND_S: Range = (0.5, 12.0)
_END_GAIN_S: Range = (0.0, 5.0)
_GAP_S: Range = (1.0, 15.0)
_FOLLOW_S: Range = (1.0, 10.0)


def flow_cell(pcuph: float) -> float:
    """A saturation flow as tables take it."""
    return _cell(pcuph, _FLOW, 1)


class Queues:
    """How vehicles of one type leave the stop lines of a network."""

    def __init__(self, layout: Layout, rules: Iterable[Rule], driver: Driver, length_m: float) -> None:
        self._layout, self._driver = layout, driver
        junctions, moves = layout.net.junctions, layout.moves
        minor = [r for r in rules if r.kind == YIELD and junctions[moves[r.first].node].type != ALL_WAY]
        self._gaps_s = gaps_s(layout, minor, driver, length_m)

    @property
    def waiting_inside(self) -> float:
        """Left turns that wait inside a junction and clear at the end of green, a whole number."""
        return float(round(waiting_inside(self._layout, self._gaps_s, self._driver)))

    def cells(self, key: Key) -> dict[str, float]:
        """Of one movement."""
        move, driver = self._layout.moves[key], self._driver
        limit = self._layout.speed_mps(move.start)
        turn = min(move.path_m / move.path_s, limit) if move.path_s else limit
        queue = driver.discharge(limit, turn)
        found = {
            "opt_speed_kmh": _cell(3.6 * driver.cruising_mps(turn), _KMH),
            "opt_saturation_flow": flow_cell(queue.saturation_pcuph),
            "opt_first_headway_s": _cell(queue.first_s, _FIRST_S),
            "opt_second_headway_s": _cell(queue.second_s, _SECOND_S),
            "opt_end_gain_s": _cell(queue.end_gain_s, _END_GAIN_S),
        }
        if key in self._gaps_s:
            found["opt_gap_s"] = _cell(self._gaps_s[key], _GAP_S)
            found["opt_follow_s"] = _cell(3600 / queue.saturation_pcuph, _FOLLOW_S)
        return found


def _cell(value: float, limits: Range, digits: int = 3) -> float:
    return round(min(max(value, limits[0]), limits[1]), digits)
