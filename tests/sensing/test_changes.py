"""Cameras that fail, and weather: from scenario.toml and the command line to what a controller sees."""

import shutil

import numpy as np
import pytest
from support.looking import Looking

from signalsim.errors import InputError
from signalsim.scenario import build, load, with_outages
from signalsim.sensing.changes import changes
from signalsim.simulation import simulate

OUTAGES = """
[[sensors.outages]]
begin_s = 600
end_s = 900
nodes = ["C"]

[[sensors.outages]]
begin_s = 800
end_s = 1000
links = ["W_in"]

[[sensors.conditions]]
kind = "night"
begin_s = 700
end_s = 5000
"""


@pytest.fixture
def failing(scenarios, tmp_path):
    """The crossing with outages, and its scenario.toml."""
    folder = tmp_path / "failing"
    shutil.copytree(scenarios / "crossing", folder)
    toml = folder / "scenario.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("[[sensors", "#") + OUTAGES, encoding="utf-8")
    return folder


def test_outages_begin_and_end_as_the_scenario_says(failing):
    built, rows = build(load(failing)), []
    of = built.index.links
    assert [(one.time_ms // 1000, one.night) for one in changes(built)] == [
        (600, False), (700, True), (800, True), (900, True), (1000, True), (5000, False),
    ]  # fmt: skip
    looking = Looking(
        lambda seen: rows.append((seen.now_ms, seen.lane_valid.copy(), seen.lane_age_ms.copy()))
    )
    simulate(built, looking, sensors="perfect:latency_s=2,jitter_s=6,clock_s=1", seed=1)
    lanes = built.index.lane_link
    own = built.index.lane_at_stop & np.array([of[link].endswith("_in") for link in lanes])
    west = own & (lanes == of.index("W_in"))
    assert own.sum() > west.sum() > 0
    for now, valid, age in rows:
        at = now / 1000 - 9  # readings are a second apart and 2 to 8 s late
        if at >= 600 and now < 900_000:
            assert not valid[own].any()
        elif at >= 900 and now < 1_000_000:
            assert valid[own & ~west].all() and not valid[west].any()
        elif at >= 1000 or 10_000 <= now < 600_000:
            assert valid[own].all() and age[own].min() >= 0 and age[own].max() <= 10_000


def test_the_command_line_says_the_same(failing, scenarios):
    plain = load(scenarios / "crossing")
    asked = with_outages(plain, ["600-900:C", "800-1000: W_in", "50-60"])
    listed, given = changes(build(load(failing))), changes(build(asked))
    for one in given[2:]:
        same = next(other for other in listed if other.time_ms == one.time_ms)
        assert np.array_equal(one.working, same.working)
    assert [one.working.any() for one in given[:2]] == [True, True]  # exits have no cameras
    assert not given[0].working[[plain.network.link.index["W_in"], plain.network.link.index["N_in"]]].any()
    digests = {plain.digest(), asked.digest(), with_outages(asked, ["1-2"]).digest()}
    assert len(digests) == 3 and with_outages(plain, []).digest() == plain.digest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("noon", "--outage 'noon': is no time; write BEGIN-END or BEGIN-END:ID,ID in seconds"),
        ("900-600", "--outage '900-600': is no time"),
        ("1-2:Z", "--outage '1-2:Z': 'Z' has no cameras; name a signalised junction, or a link"),
        ("1-2:W_out", "--outage '1-2:W_out': 'W_out' has no cameras"),
    ],
)
def test_a_wrong_outage_is_named(scenarios, text, message):
    with pytest.raises(InputError) as error:
        with_outages(load(scenarios / "crossing"), [text])
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('nodes = ["C"]', 'nodes = ["C", "N"]', "field 'sensors.outages.0.nodes': 'N' has no cameras"),
        ('links = ["W_in"]', 'links = ["W_out"]', "field 'sensors.outages.1.links': 'W_out' has no cameras"),
        ("end_s = 900", "end_s = 600", "has one from 600 to 600 s; let it end after it begins"),
        ('kind = "night"', 'kind = "snow"', "field 'sensors.conditions.0.kind' = 'snow': is unknown; give"),
        ("end_s = 900", "until_s = 900", "field 'sensors.outages.0.end_s': is missing; add it"),
        ('nodes = ["C"]', 'node = ["C"]', "unknown field; did you mean 'nodes'?"),
    ],
)
def test_a_wrong_section_is_named(failing, before, after, message):
    toml = failing / "scenario.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load(failing)
    assert message in str(error.value)
