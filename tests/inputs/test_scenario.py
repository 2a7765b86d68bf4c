"""The scenario as a whole: files, horizon, offsets, digest, schema; and readers that meet anything."""

import csv
import io
import json
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signalsim.errors import InputError
from signalsim.scenario import build, json_schema, load
from signalsim.scenario.schema import SCHEMA_FILE


def test_schema_file_is_current() -> None:
    """If this fails: write signalsim.scenario.json_schema() to scenario/scenario.schema.json."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == json_schema()


def test_schema_knows_every_section() -> None:
    schema = json.loads(json_schema())
    assert set(schema["required"]) == {"format_version", "name", "time_zone", "start"}
    assert schema["additionalProperties"] is False


def test_hangzhou_is_what_its_source_says(scenarios) -> None:
    scenario = load(scenarios / "hangzhou")
    signals, network = scenario.signals, scenario.network
    assert scenario.warnings == ()
    assert len(signals.junctions) == 16
    assert sorted(set(network.length_m)) == [600, 800]
    assert set(network.link.numbers("lanes")) == {3}
    plans = signals.plans["deployed"]
    assert {signals.cycle_s(j, plans[j]) for j in plans} == {120.0}
    assert {g for plan in plans.values() for g in plan.green_s} == {25.0}
    is_right = [kind == "right" for kind in network.movement_type]
    assert [group == -1 for group in signals.movement_group] == is_right
    whole_hour = scenario.counts.movement >= 0
    assert scenario.counts.count[whole_hour].sum() == 10_897
    assert scenario.counts.count[~whole_hour].sum() == 2983


def test_hangzhou_agrees_with_the_published_figures(scenarios, research_data) -> None:
    """Positions against the published network, counts against the figures taken from it."""
    scenario = load(scenarios / "hangzhou")

    def name(node: str) -> str:
        _, x, y = node.split("_")
        side = {(x == "0"): f"W{y}", (x == "5"): f"E{y}", (y == "0"): f"S{x}", (y == "5"): f"N{x}"}
        return side.get(True, f"J{x}{y}")

    net = json.loads((research_data / "cityflow/hangzhou_4x4/roadnet_4_4.json").read_text())
    nodes = scenario.network.node
    for node in net["intersections"]:
        at = nodes.index[name(node["id"])]
        assert (nodes.numbers("x_coord")[at], nodes.numbers("y_coord")[at]) == tuple(node["point"].values())
    road = {r["id"]: f"{name(r['startIntersection'])}-{name(r['endIntersection'])}" for r in net["roads"]}
    assert set(road.values()) == set(scenario.network.link.ids)
    turn = {"turn_left": "left", "go_straight": "thru", "turn_right": "right"}
    counted = dict(zip(scenario.network.movement.ids, scenario.demand.counted, strict=True))
    text = (research_data / "figures/hangzhou_4x4_turning_counts_1h.csv").read_text()
    rows = csv.DictReader(io.StringIO(text))
    figures = {f"{road[r['from_road']]}:{turn[r['turn']]}": int(r["count_1h"]) for r in rows}
    assert {m: n for m, n in counted.items() if n} == figures


def test_digest_changes_with_any_byte(crossing) -> None:
    before = load(crossing.path).digest()
    assert load(crossing.path / "scenario.toml").digest() == before
    crossing.set("counts.csv", 2, "count", 11)
    assert load(crossing.path).digest() != before


def test_time_zero_by_zone_and_by_offset(crossing) -> None:
    """07:55 in Berlin in May is 05:55 UTC."""
    expected = round(datetime.fromisoformat("2024-05-14T05:55:00+00:00").timestamp() * 1000)
    assert load(crossing.path).config.start_ms == expected
    crossing.replace("scenario.toml", "2024-05-14T07:55:00", "2024-05-14T05:55:00Z")
    assert load(crossing.path).config.start_ms == expected


@pytest.mark.parametrize(
    ("control", "offset_ms"),
    [
        ("", 10_000),  # after time 0
        ('offset_reference = "midnight"', (10 - (7 * 3600 + 55 * 60)) % 80 * 1000),
        ('offset_point = "end_of_green"', (10 - 33) % 80 * 1000),  # the first stage ends there
        ('offset_point = "end_of_yellow"', (10_000 - 36_500) % 80_000),
    ],
)
def test_offsets(crossing, control: str, offset_ms: int) -> None:
    for row in (2, 3, 4):
        crossing.set("signal_plan.csv", row, "offset_s", 10)
    crossing.replace("scenario.toml", "[source]", f"[control]\n{control}\n\n[source]")
    assert build(load(crossing.path)).plans["deployed"].offset_ms.tolist() == [offset_ms]


def test_plan_arrays_of_the_crossing(scenarios) -> None:
    plan = build(load(scenarios / "crossing")).plans["deployed"]
    assert plan.stage.tolist() == [0, 1, 2]
    assert plan.green_ms.tolist() == [33_000, 10_000, 22_000]
    assert plan.change_ms.tolist() == [5000, 5000, 5000]
    assert plan.cycle_ms.tolist() == [80_000]


def test_byte_order_mark_and_quotes_are_read(crossing) -> None:
    """As spreadsheets write it."""
    text = (crossing / "counts.csv").read_text()
    before = load(crossing.path).counts.count.tolist()
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(csv.reader(io.StringIO(text)))
    (crossing / "counts.csv").write_bytes(b"\xef\xbb\xbf" + out.getvalue().encode())
    assert load(crossing.path).counts.count.tolist() == before


FILES = st.sampled_from(
    ["counts.csv", "node.csv", "link.csv", "lane.csv", "movement.csv", "signal_group.csv", "signal_stage.csv",
     "signal_plan.csv"]
)  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "-1",
            "0",
            "1e308",
            "nan",
            "inf",
            "1_0",
            "٣",
            "0x1",
            "1e-400",
            '"',
            "C",
            "N_in",
            "a" * 300,
            "\x1b",
        ]
    ),
    st.text(max_size=8),
    st.integers().map(str),
    st.floats().map(str),
)
FUZZ = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def loads_or_explains(folder) -> None:
    """A scenario either loads and can be packed, or fails with one line that names the folder."""
    try:
        build(load(folder.path)).tables  # noqa: B018
    except InputError as error:
        message = str(error)
        assert "\n" not in message
        assert str(folder.path) in message


@FUZZ
@given(file=FILES, row=st.integers(1, 14), column=st.integers(0, 20), value=CELLS)
def test_any_cell(make_crossing, file: str, row: int, column: int, value: str) -> None:
    folder = make_crossing()
    rows = folder.rows(file)
    cells = rows[min(row, len(rows)) - 1]
    cells[column % len(cells)] = value
    folder.write(file, rows)
    loads_or_explains(folder)


@FUZZ
@given(file=FILES | st.just("scenario.toml"), at=st.integers(0, 4000), noise=st.binary(max_size=6))
def test_any_bytes(make_crossing, file: str, at: int, noise: bytes) -> None:
    folder = make_crossing()
    raw = (folder / file).read_bytes()
    at %= len(raw)
    (folder / file).write_bytes(raw[:at] + noise + raw[at + len(noise) :])
    loads_or_explains(folder)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=6), st.just([1]),
    st.just({"x": 1}),
)  # fmt: skip


def as_toml(value: object) -> str:
    """A value in TOML (None: an empty text)."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{x = 1}"
    if isinstance(value, str) or value is None:
        return json.dumps(value or "").replace("\x7f", "")
    return repr(value)


LINES = ["format_version", "name", "time_zone", "start", "seed", "warm_up_s", "demand_s", "drain_s", "counts",
         "mode", "heavy_share"]  # fmt: skip


@FUZZ
@given(key=st.sampled_from(LINES), value=VALUES)
def test_any_setting(make_crossing, key: str, value: object) -> None:
    folder = make_crossing()
    text = (folder / "scenario.toml").read_text()
    line = next(line for line in text.splitlines() if line.startswith(f"{key} ="))
    (folder / "scenario.toml").write_text(text.replace(line, f"{key} = {as_toml(value)}"), encoding="utf-8")
    loads_or_explains(folder)
