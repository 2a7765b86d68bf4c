"""Defaults by country."""

import re

import pytest

from signalsim.network import DEFAULTS, REGIONS, Defaults
from signalsim.scenario import build, load
from signalsim.scenario.findings import check_scenario

COLUMN = {column.name: column for column in DEFAULTS}


def with_region(crossing, region: str, more: str = "", defaults: str = ""):
    """The crossing in a country, without the yellows and speeds that its files give."""
    text = f'[network]\nregion = "{region}"\n{more}\n[defaults]\n{defaults}\n[source]'
    crossing.replace("scenario.toml", "[source]", text)
    for row in range(2, len(crossing.rows("signal_group.csv")) + 1):
        crossing.set("signal_group.csv", row, "yellow_s", "")
        crossing.set("signal_group.csv", row, "min_green_s", "")
    crossing.drop_column("signal_plan.csv", "cycle_s")
    return crossing.path


@pytest.mark.parametrize("region", REGIONS)
def test_regions_override_rows_within_their_limits_and_name_sources(region: str) -> None:
    for name, (value, source) in REGIONS[region].values.items():
        assert COLUMN[name].low <= value <= COLUMN[name].high, name
        assert re.search(r"\d", source), "a year, an article or a section"
        assert getattr(Defaults(region), name) == value
    unnamed = set(COLUMN) - set(REGIONS[region].values)
    assert {n: getattr(Defaults(region), n) for n in unnamed} == {n: COLUMN[n].default for n in unnamed}


def test_without_a_region_the_table_holds() -> None:
    usual = Defaults()
    assert {name: getattr(usual, name) for name in COLUMN} == {n: c.default for n, c in COLUMN.items()}
    assert usual.turn_on_red == 0 and usual.keep_clear == 1


@pytest.mark.parametrize(
    ("region", "speed_kmh", "yellow_s"),
    [("de", 30, 3), ("de", 50, 3), ("de", 60, 4), ("de", 70, 5), ("de", 100, 5), ("uk", 30, 3), ("uk", 97, 3),
     ("us", 50, 1 + 50 / 3.6 / 6.1)],
)  # fmt: skip
def test_yellow_by_country(region: str, speed_kmh: float, yellow_s: float) -> None:
    assert Defaults(region).yellow_s(speed_kmh / 3.6) == pytest.approx(yellow_s)
    assert Defaults(region).shortest_yellow_s(speed_kmh / 3.6) <= yellow_s


def test_terms_of_the_formula_bring_the_formula_back() -> None:
    assert Defaults("de", yellow_deceleration=3.0).yellow_s(60 / 3.6) == pytest.approx(1 + 60 / 3.6 / 6)
    assert Defaults("de", saturation_flow=1800).yellow_s(60 / 3.6) == 4


def test_a_scenario_in_germany(crossing) -> None:
    """2000 pcu/h, 3 s of yellow at 50 km/h, 5 s of minimum green."""
    scenario = load(with_region(crossing, "de"))
    assert set(scenario.signals.yellow_s) == {3.0}
    assert set(scenario.signals.min_green_s) == {5.0}
    flow = build(scenario).index.movement_saturation_pcuph
    assert flow[scenario.network.movement.index["N_thru"]] == 2000


def test_the_scenario_and_its_tables_come_before_the_region(crossing) -> None:
    path = with_region(crossing, "de", defaults="saturation_flow = 1700\nmin_green_s = 6")
    crossing.set("movement.csv", 3, "opt_saturation_flow", 1500)
    crossing.set("signal_group.csv", 2, "min_green_s", 8)
    scenario = load(path)
    name, flow = scenario.network.movement.index, build(scenario).index.movement_saturation_pcuph
    assert (flow[name["N_thru"]], flow[name["S_thru"]]) == (1500, 1700)
    assert set(scenario.signals.min_green_s) == {6, 8}


@pytest.mark.parametrize(
    ("region", "more", "drive_right"),
    [("uk", "", False), ("uk", 'driving_side = "right"', True), ("de", "", True),
     ("", 'driving_side = "left"', False), ("us", 'driving_side = "left"', False)],
)  # fmt: skip
def test_the_side_of_the_road(crossing, region: str, more: str, drive_right: bool) -> None:
    """The check reads it too; the stages of the crossing, made for the right, do not fit the left."""
    path = with_region(crossing, region, more)
    assert check_scenario(path).reading.network.drive_right == drive_right


def test_a_yellow_below_the_table_of_the_country_names_it(crossing) -> None:
    path = with_region(crossing, "uk", 'driving_side = "right"')
    crossing.set("signal_group.csv", 2, "yellow_s", 2)
    (told,) = [f.text for f in check_scenario(path).findings if "'yellow_s'" in f.text]
    assert "TSRGD 2016" in told and "3.0 s" in told
