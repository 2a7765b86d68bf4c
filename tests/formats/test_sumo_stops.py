"""SUMO's bus stops and classes: into a scenario, and back to where SUMO's buses stop too."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.lines import make_line
from support.sumonets import make_cross

from signalsim.demand import sample
from signalsim.demand.specs import ROUTES, STOPS, TRIPS
from signalsim.formats.draft import Draft
from signalsim.formats.sumo import read
from signalsim.formats.sumo.export import Plans, export_scenario
from signalsim.network.specs import LINK
from signalsim.scenario import build, load

pytest.importorskip("sumo", reason="the extra 'sumo' is not installed")

TYPES = '<vType id="bus" vClass="bus"/><vType id="siren" vClass="emergency"/>'
BUS_STOPS = (
    '<busStop id="first" lane="nc_0" startPos="80" endPos="100"/>'
    '<busStop id="second" lane="nc_0" startPos="-60" endPos="-40"/>'
    '<busStop id="far side" lane="cs_0"/><busStop id="elsewhere" lane="ec_0" endPos="50"/>'
)


@pytest.fixture(scope="module")
def cross(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross(tmp_path_factory.mktemp("cross"))


def stop(name: str, seconds: str = "20") -> str:
    return f'<stop busStop="{name}" duration="{seconds}"/>'


def imported(cross: Path, folder: Path, traffic: str, stops: str = BUS_STOPS) -> Draft:
    """The traffic in a route file and the stops behind it in another one, as in additional files."""
    (folder / "x.rou.xml").write_text(f"<routes>{TYPES}{traffic}</routes>")
    (folder / "x.add.xml").write_text(f"<additional>{stops}</additional>")
    return read("x", net=str(cross), routes=[str(folder / "x.rou.xml"), str(folder / "x.add.xml")])


def rows(draft: Draft, spec: Any) -> list[dict[str, Any]]:
    columns = draft.tables[spec.file][1]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def bus(name: str, *stops: str, edges: str = "nc cs", depart: int = 0) -> str:
    inside = "".join(stops)
    return f'<vehicle id="{name}" type="bus" depart="{depart}"><route edges="{edges}"/>{inside}</vehicle>'


def test_bus_stops_become_stops(cross: Path, tmp_path: Path) -> None:
    """Positions are those of the end, from the link's beginning; each time at a stop has its row."""
    draft = imported(
        cross, tmp_path,
        bus("a", stop("first"), stop("second", "0:00:30"), stop("far side"))
        + bus("b", stop("first", "25"))
        + bus("c"),
    )  # fmt: skip
    (length_m,) = (row["length"] for row in rows(draft, LINK) if row["link_id"] == "nc")
    table = {row["stop_id"]: row for row in rows(draft, STOPS)}
    assert list(table) == ["first", "second", "far_side", "first~2"]
    assert [row["dwell_s"] for row in table.values()] == [20, 30, 20, 25]
    assert [table[name]["link_id"] for name in table] == ["nc", "nc", "cs", "nc"]
    assert table["first"]["position_m"] == 100
    assert table["second"]["position_m"] == pytest.approx(length_m - 40, abs=0.01)
    assert [row["stop_ids"] for row in rows(draft, ROUTES)] == ["first second far_side", "first~2", ""]
    assert draft.config["defaults"]["dwell_cv"] == 0
    (tmp_path / "made").mkdir()
    draft.write(tmp_path / "made")
    arrivals = sample(load(tmp_path / "made").demand)
    assert sorted(arrivals.route_dwell_ms.tolist()) == [0] * 7 + [20_000, 25_000, 50_000]


def test_stops_of_named_routes_come_first(cross: Path, tmp_path: Path) -> None:
    draft = imported(
        cross, tmp_path,
        f'<route id="line" edges="nc cs">{stop("first")}</route>'
        f'<vehicle id="a" type="bus" route="line" depart="0">{stop("far side")}</vehicle>'
        '<flow id="f" type="bus" route="line" begin="0" end="60" number="2"/>',
    )  # fmt: skip
    assert [row["stop_ids"] for row in rows(draft, ROUTES)] == ["first far_side", "first"]
    assert [row["route_id"] for row in rows(draft, TRIPS)] == ["r0", "r1", "r1"]


def test_a_place_of_a_lane_is_a_stop_too(cross: Path, tmp_path: Path) -> None:
    inside = '<stop lane="nc_0" endPos="50" duration="9"/><stop lane="cs_1" duration="8"/>'
    table = rows(imported(cross, tmp_path, bus("a", inside)), STOPS)
    assert [(row["stop_id"], row["dwell_s"]) for row in table] == [("nc_0:50", 9), ("cs_1", 8)]


def test_stops_come_back_from_an_export(scenarios: Path, tmp_path: Path) -> None:
    """Times at stops by departure, of two stops of a link together; the emergency vehicle keeps its class."""
    line = load(make_line(scenarios / "crossing", tmp_path / "line"))
    arrivals, built, out = sample(line.demand, 3), build(line), tmp_path / "out"
    out.mkdir()
    plans = Plans(built.plans, "deployed")
    export_scenario(line.network, line.signals, plans, arrivals, 7200, out, line.trips.stops)
    (tmp_path / "again").mkdir()
    read("again", config=str(out / "scenario.sumocfg")).write(tmp_path / "again")
    again = sample(load(tmp_path / "again").demand)
    assert again.siren.tolist() == arrivals.siren.tolist()
    assert again.depart_ms.tolist() == arrivals.depart_ms.tolist()
    dwell = [
        [t for t in one.route_dwell_ms[slice(*one.route_start[r:][:2])].tolist() if t]
        for one in (arrivals, again)
        for r in one.route
    ]
    assert dwell[:7] == dwell[7:] and sum(map(bool, dwell)) == 8


def test_a_trip_is_routed_by_its_stops(cross: Path, tmp_path: Path) -> None:
    """From the north to the south; a stop on the eastern approach takes a turn back in the east."""
    trip = '<trip id="{}" type="bus" depart="0" from="nc" to="cs">{}</trip>'
    draft = imported(cross, tmp_path, trip.format("a", stop("first") + stop("far side")))
    assert [(row["link_ids"], row["stop_ids"]) for row in rows(draft, ROUTES)] == [
        ("nc cs", "first far_side")
    ]
    draft = imported(cross, tmp_path, trip.format("b", stop("elsewhere")))
    assert [(row["link_ids"], row["stop_ids"]) for row in rows(draft, ROUTES)] == [
        ("nc ce ec cs", "elsewhere")
    ]


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        (stop("elsewhere"), "stops at bus stops that do not lie on the way: they drive on (a)"),
        (
            stop("far side") + stop("first"),
            "stops at bus stops that do not lie on the way: they drive on (a)",
        ),
        (stop("nowhere"), "stops at bus stops that do not lie on the way: they drive on (a)"),
        (
            '<stop edge="nc" endPos="50" duration="9"/>',
            "stops that name neither bus stop nor lane: they drive on (a)",
        ),
        ('<stop busStop="first" until="90"/>', "stops without a duration, or one of over an hour"),
        ('<stop busStop="first" duration="9" parking="true"/>', "stops beside the lane (parking)"),
    ],
)
def test_stops_that_cannot_be_are_told(cross: Path, tmp_path: Path, inside: str, told: str) -> None:
    draft = imported(cross, tmp_path, bus("a", inside))
    assert told in draft.report()
    assert "first" not in rows(draft, ROUTES)[0]["stop_ids"]


def test_emergency_vehicles_keep_their_class(cross: Path, tmp_path: Path) -> None:
    draft = imported(
        cross, tmp_path,
        '<vehicle id="s" type="siren" depart="0"><route edges="nc cs"/></vehicle>' + bus("b", depart=1),
    )  # fmt: skip
    assert [row["class"] for row in rows(draft, TRIPS)] == ["emergency", "bus"]
    assert "1 emergency vehicles" in draft.report()
    (tmp_path / "made").mkdir()
    draft.write(tmp_path / "made")
    assert np.array_equal(sample(load(tmp_path / "made").demand).siren, [True, False])
