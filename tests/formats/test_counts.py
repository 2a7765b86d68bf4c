"""Readers of count files: samples in their real form, messages, files broken at random."""

# ruff: noqa: E501  (a case per line)

import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.countfiles import (
    CITY,
    COLUMNS,
    DATEX,
    DEEPSTREAM,
    HIRES,
    ODC,
    OTANALYTICS,
    OWN,
    SAMPLES,
    SUMO_EDGES,
    SWARM,
    TMC,
    Sample,
    deepstream_line,
    swarm_line,
)

from signalsim.counts.spec import COUNTS
from signalsim.counts.table import read_count_rows
from signalsim.counts.write import write_rows
from signalsim.errors import InputError
from signalsim.formats.counts import FORMATS, Converted, count_rows, guess, read_counts, read_guide

ALL = pytest.mark.parametrize("sample", SAMPLES, ids=[Path(sample.name).name for sample in SAMPLES])


def put(sample: Sample, folder: Path) -> tuple[Path, Path]:
    """The sample's file and map in a folder."""
    file, guide = folder / sample.name, folder / "map.toml"
    file.write_text(sample.content, encoding="utf-8")
    guide.write_text(sample.guide, encoding="utf-8")
    return file, guide


def read(sample: Sample, folder: Path) -> Converted:
    file, guide = put(sample, folder)
    return read_counts(file, "", read_guide(guide), guide)


def table(found: Converted) -> list[tuple[str, str, str, str, str, int | None]]:
    return [(row[0], row[1], *row[3:7]) for row in count_rows(found)]


def refused(sample: Sample, folder: Path) -> str:
    with pytest.raises(InputError) as error:
        read(sample, folder)
    return str(error.value)


@ALL
def test_a_sample_makes_its_table(sample: Sample, tmp_path: Path) -> None:
    assert table(read(sample, tmp_path)) == sample.rows


@ALL
def test_a_format_is_known_by_its_content(sample: Sample, tmp_path: Path) -> None:
    file, _ = put(sample, tmp_path)
    if sample.form == "columns":  # is what its map says
        with pytest.raises(
            InputError, match="in no format that is known by its content; say which with --format"
        ):
            guess(file)
    else:
        assert guess(file).name == sample.form


def test_every_format_has_a_sample() -> None:
    assert {sample.form for sample in SAMPLES} == set(FORMATS)


@ALL
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_is_written_is_read_as_the_table(sample: Sample, suffix: str, tmp_path: Path) -> None:
    found = read(sample, tmp_path)
    out = tmp_path / f"out.{suffix}"
    write_rows(count_rows(found), out)
    again = read_count_rows(out)
    counts = [None if count != count else int(count) for count in again.numbers("count").tolist()]
    assert counts == [row[-1] for row in sample.rows]
    assert again.numbers("interval_start").tolist() == [row.start_ms for row in found.rows]
    assert again.numbers("interval_end").tolist() == [row.end_ms for row in found.rows]
    assert (
        table(read_counts(out, "", read_guide(tmp_path / "map.toml"))) == sample.rows
        if sample is OWN
        else True
    )
    assert set(again.data) == {column.name for column in COUNTS.columns}


def test_nothing_personal_is_kept(tmp_path: Path) -> None:
    """Neither plate nor picture nor track is in what is held or written, whatever else is."""
    found = read(DEEPSTREAM, tmp_path)
    held = repr(found) + repr(list(count_rows(found)))
    assert all(secret not in held for secret in ("XX1234", "Bugatti", "/pictures", "4f84", "84a3a0ad"))


def test_messages_show_no_plate(tmp_path: Path) -> None:
    broken = DEEPSTREAM.content.replace('"sedan"', "7.5")
    told = refused(DEEPSTREAM._replace(content=broken), tmp_path)
    assert "row 1, field 'object.vehicle.type': is no text" in told and "XX1234" not in told


# -- times --------------------------------------------------------------------------------------------------


def hours(day: str, times: list[str]) -> Sample:
    rows = "".join(f'{day},="{time}",6,{k}\n' for k, time in enumerate(times, 1))
    return TMC._replace(
        content=f"T,\n60 Minute Counts,\nDATE,TIME,INTID,NBL\n{rows}",
        guide='time_zone = "Europe/Berlin"\n[places]\n"6 NBL" = "N"\n',
    )


def test_the_hour_that_comes_twice_is_two_hours(tmp_path: Path) -> None:
    found = read(hours("10/27/2024", ["0100", "0200", "0200", "0300"]), tmp_path)
    assert [(row.start_ms // 3_600_000 - found.rows[0].start_ms // 3_600_000, row.vehicles) for row in found.rows] == [
        (0, 1), (1, 2), (2, 3), (3, 4)
    ]  # fmt: skip


def test_the_hour_that_comes_twice_is_not_three(tmp_path: Path) -> None:
    told = refused(hours("10/27/2024", ["0200", "0200", "0200"]), tmp_path)
    assert "tmc.csv, row 6: '6 NBL' is counted twice in one interval (first in row 5)" in told


def test_an_hour_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = refused(hours("03/31/2024", ["0100", "0230"]), tmp_path)
    assert (
        "row 5, column 'TIME': '2024-03-31T02:30:00' is skipped in Europe/Berlin" in told
        and "Etc/GMT-1" in told
    )


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [("2024-10-27 01:45", "2024-10-27 02:00", 15), ("2024-10-27 02:45", "2024-10-27 03:00", 15),
     ("2024-03-31 01:45", "2024-03-31 03:00", 15), ("2024-05-01 23:45", "2024-05-02 00:00", 15)],
)  # fmt: skip
def test_intervals_keep_their_length_when_clocks_change(
    start: str, end: str, minutes: int, tmp_path: Path
) -> None:
    content = OTANALYTICS.content.splitlines()
    content[1:] = [f"{start},,,{end},,,car,x,West,Ost,5"]
    (row,) = read(OTANALYTICS._replace(content="\n".join(content)), tmp_path).rows
    assert row.end_ms - row.start_ms == 60_000 * minutes


# -- what is silent -----------------------------------------------------------------------------------------


def swarm(times: list[str], guide: str = "", kind: str = "car") -> Sample:
    lines = "".join(swarm_line(f"2024-05-14T{time}Z", kind) + "\n" for time in times)
    return SWARM._replace(content=lines, guide=f'interval_s = 600\n{guide}\n[places]\n"N" = "N"\n')


def steady(first: int, last: int, step: int = 20) -> list[str]:
    return [f"{t // 3600:02}:{t // 60 % 60:02}:{t % 60:02}" for t in range(first, last, step)]


def test_an_interval_that_the_record_covers_in_part_is_no_count(tmp_path: Path) -> None:
    found = read(swarm(steady(8 * 3600 + 400, 9 * 3600 - 300)), tmp_path)
    assert [row.vehicles for row in found.rows] == [None, 30, 30, 30, 30, None]


def test_an_interval_may_begin_with_a_silence_that_is_chance(tmp_path: Path) -> None:
    found = read(swarm(steady(8 * 3600 + 60, 8 * 3600 + 1200)), tmp_path)
    assert [row.vehicles for row in found.rows] == [27, 30]


def test_a_silent_camera_counts_nothing_rather_than_zero(tmp_path: Path) -> None:
    times = steady(8 * 3600, 8 * 3600 + 900) + steady(10 * 3600 + 600, 11 * 3600)
    found = read(swarm(times), tmp_path)
    counts = [row.vehicles for row in found.rows]
    assert counts == [
        30,
        None,
        *[None] * 11,
        None,
        *[30] * 4,
    ]  # the first after the silence is not sure to be whole


def test_a_line_that_nobody_crosses_while_the_camera_runs_is_zero(tmp_path: Path) -> None:
    times = steady(8 * 3600, 9 * 3600)
    sample = swarm(times)
    extra = swarm_line("2024-05-14T08:30:01Z", line="M")
    found = read(
        sample._replace(content=sample.content + extra + "\n", guide=sample.guide + '"M" = "M"\n'), tmp_path
    )
    assert [row.vehicles for row in found.rows if row.stream.link == "M"] == [0, 0, 0, 1, 0, 0]


def test_one_lane_that_is_out_leaves_the_link_uncounted(tmp_path: Path) -> None:
    """The sum of some lanes is no count of a link."""
    head = DATEX.content[: DATEX.content.index("<siteMeasurements>")]
    told = DATEX._replace(guide=DATEX.guide.replace('"RWS01 2" = "B"', '"RWS01 2" = "A"'))
    assert [(row.stream.link, row.vehicles) for row in read(told, tmp_path).rows] == [("A", None), ("C", 1)]
    assert head


# -- rates --------------------------------------------------------------------------------------------------


def rate(value: str, guide: str = "") -> Sample:
    content = DATEX.content.replace("<vehicleFlowRate>240<", f"<vehicleFlowRate>{value}<")
    return DATEX._replace(content=content, guide=guide or DATEX.guide)


@pytest.mark.parametrize(
    ("value", "interval", "count", "quality"),
    [("240", 60, 4, "good"), ("240", 900, 60, "good"), ("1000", 300, 83, "suspect"), ("996", 300, 83, "good"),
     ("7", 3600, 7, "good"), ("0", 60, 0, "good"), ("-1", 60, None, "good")],
)  # fmt: skip
def test_a_rate_becomes_a_count(
    value: str, interval: int, count: int | None, quality: str, tmp_path: Path
) -> None:
    sample = rate(value, DATEX.guide.replace("interval_s = 60", f"interval_s = {interval}"))
    row = read(sample, tmp_path).rows[0]
    assert (row.vehicles, row.quality) == (count, quality)


def test_whose_time_is_not_told_is_asked_for(tmp_path: Path) -> None:
    told = refused(DATEX._replace(guide=DATEX.guide.replace('time_is = "end"\n', "")), tmp_path)
    assert 'say in the map time_is = "start", "end" or "middle"' in told


# -- mistakes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "old", "new", "message"),
    [
        (TMC, "6,2,9", "6,-2,9", "tmc.csv, row 5, column 'NBL': '-2' is no count; give a whole number"),
        (TMC, "6,2,9", "6,2.5,9", "row 5, column 'NBL': '2.5' is no count"),
        (TMC, "6,2,9", "6,nan,9", "row 5, column 'NBL': 'nan' is no count"),
        (TMC, "6,2,9", "6,1e9,9", "row 5, column 'NBL': '1e9' is no count"),
        (TMC, "6,2,9", "6,２,9", "row 5, column 'NBL': '２' is no count"),
        (TMC, "6,2,9", "6,1_0,9", "row 5, column 'NBL': '1_0' is no count"),
        (TMC, "6,2,9,1,4", "6,2,9,1", "row 5: has 6 values and the header 7"),
        (TMC, '="0015"', '="0000"', "row 5: '6 NBL' is counted twice in one interval (first in row 4)"),
        (TMC, '="0015"', '="2575"', "row 5, column 'TIME'"),
        (TMC, "10/11/2025", "2025.10.11", "row 4, column 'DATE': '2025.10.11' is no date"),
        (TMC, "NBR", "NBX", "column 'NBX' is no turn such as NBL"),
        (TMC, "15 Minute Counts", "Counts", "no title says how long its intervals are"),
        (CITY, "07:45:00", "07:30:00", "row 2: the interval lasts 0 s"),
        (CITY, "2024-05-14T07:30:00", "never", "row 2, column 'time_start'"),
        (COLUMNS, "NB Left HV", "NB L HV", "has no column 'NB Left HV', which [columns] of"),
        (COLUMNS, "14.05.2024;07:45", "2024-05-14;07:45", "column 'From': '2024-05-14 07:45' is no time; give it in"),
        (ODC, "CountingDirection", "Direction", "in no format that is known"),
        (ODC, '"car",4096', '"",4096', "row 2, column 'ObjectClass': '' is empty"),
        (ODC, '"car",4096', '"zeppelin",4096', "row 2: class 'zeppelin' is not known; add it to [classes] of"),
        (ODC, "2019-05-02T19:10:22.150Z", "2019-05-02T19:10:22.150", "has no offset from UTC; say in the map"),
        (ODC, "2019-05-02T19:10:22.150Z", "1819-05-02T19:10:22.150Z", "column 'timestamp': '1819-05-02T19"),
        (OTANALYTICS, "West,Ost,1", "West,,1", "row 2, column 'to section': '' is empty"),
        (SWARM, '"lineName": "N"', '"lineName": "M"',
         "swarm.jsonl, row 1: place 'cam1 M in' is not in [places] of"),
        (SWARM, '"timestamp": "2019-12-29T10:00', '"timestamp": "2019-13-29T10:00', "row 1, column 'timestamp'"),
        (SWARM, '"stream": {', '"stream": [{', "row 1: not readable as JSON"),
        (SWARM, '"class": "car"', '"class": {"car": 1}', "row 1, field 'crossingLineEvent.class': is no text"),
        (DEEPSTREAM, '"@timestamp"', '"@time"', "in no format that is known"),
        (DEEPSTREAM, '"event": {', '"events": {', "row 1: field 'event.type' is missing"),
        (DEEPSTREAM, '"entry"', '"exit"', "row 1: place 'CAM_1 exit' is not in [places] of"),
        (HIRES, "1136,82,6", "1136,82,7", "row 5: place '1136 7' is not in [places] of"),
        (HIRES, "12:02:10.1,1136", "12:02:10.1+01:00,1136", "column 'TimeStamp'"),
        (SUMO_EDGES, 'entered="120"', 'entered="12.5"', "count 1 (edge 'e1'): 12.5 is no whole number"),
        (SUMO_EDGES, 'entered="120"', 'entered="-1"', "edges.xml, line 1, <edge> 'entered'"),
        (DATEX, ">240<", ">many<", "<vehicleFlowRate>: 'many' is no number"),
        (DATEX, ">240<", ">1e30<", "<vehicleFlowRate>: '1e30' is no number"),
        (DATEX, 'id="RWS01"', 'name="RWS01"', "a measurement names no site"),
        (DATEX, "<?xml version", "<!DOCTYPE a [<!ENTITY b 'c'>]><?xml version", "datex.xml, line 1:"),
        (OWN, ",10,good", ",10.5,good", "row 2, column 'count': '10.5' is not a whole number"),
        (OWN, "N_left,all,10", "N_left,tram,10", "row 2, column 'vehicle_class': 'tram' is unknown"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(
    sample: Sample, old: str, new: str, message: str, tmp_path: Path
) -> None:
    assert old in sample.content
    assert message in refused(sample._replace(content=sample.content.replace(old, new, 1)), tmp_path)


def test_a_name_that_is_not_mapped_is_told_with_what_there_is(tmp_path: Path) -> None:
    sample = TMC._replace(guide='time_zone = "UTC"\n[places]\n"6 NBl" = "N"\n"7 EBT" = "E"\n')
    told = refused(sample, tmp_path)
    assert "tmc.csv, row 4: place '6 NBL' is not in [places] of" in told and "did you mean '6 NBl'?" in told
    told = refused(
        sample._replace(guide='time_zone = "UTC"\n[places]\n"East" = "E"\n"West" = "W"\n'), tmp_path
    )
    assert "it has 'East', 'West'. Add '6 NBL' = \"LINK\"" in told


@pytest.mark.parametrize(
    ("guide", "message"),
    [
        ("place = 1", "map.toml, field 'place': is unknown; known are format, time_zone"),
        ('time_zone = "Berlin"', "map.toml, field 'time_zone': 'Berlin' is no IANA time zone"),
        ('time_zone = "../x"', "is no IANA time zone"),
        ("interval_s = 0", "map.toml, interval_s: '0' is too low; give 1"),
        ('time_is = "begin"', "time_is"),
        ("recorded = [2024-05-14T08:00:00, 2024-05-14T09:00:00]", "field 'recorded': 2024-05-14T08:00:00 has no offset"),
        ('recorded = ["2024-05-14T09:00Z", "2024-05-14T08:00Z"]', "'recorded': its end is not after its beginning"),
        ("places = 3", "places"),
        ("[places", "not readable as TOML"),
        ('start = 2024-05-14T08:00:00Z\n[places]\n"6 NBL" = "N"', "field 'start': means nothing to format tmc"),
        ("x = " + "[" * 5000, "is"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_map_is_named(guide: str, message: str, tmp_path: Path) -> None:
    told = refused(TMC._replace(guide=guide), tmp_path)
    assert "map.toml" in told and message in told and "\n" not in told


def test_times_that_are_years_apart_are_told_with_both_rows(tmp_path: Path) -> None:
    sample = swarm(["08:00:00", "08:00:01"], "interval_s = 60".replace("interval_s = 60", ""))
    lines = sample.content.replace("2024-05-14T08:00:01", "1971-05-14T08:00:01")
    told = refused(sample._replace(content=lines), tmp_path)
    assert "row 2: the times go from 1971-05-14" in told and "(row 2)" in told and "(row 1)" in told


# -- broken at random ---------------------------------------------------------------------------------------


@st.composite
def broken(draw: st.DrawFn, sample: Sample) -> bytes:
    """The sample with some of its bytes cut, doubled, changed or put in."""
    raw = bytearray(sample.content.encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.sampled_from(["cut", "drop", "double", "byte", "word"])):
            case "cut":
                del raw[at:]
            case "drop":
                del raw[at : at + draw(st.integers(1, 40))]
            case "double":
                raw[at:at] = raw[at : at + draw(st.integers(1, 60))]
            case "byte":
                raw[at:at] = draw(st.binary(min_size=1, max_size=3))
            case _:
                raw[at : at + draw(st.integers(0, 6))] = draw(st.sampled_from(_WORDS))
    return bytes(raw)


_WORDS = [
    b"9" * 400, b"1e400", b"-1", b"NaN", b"null", b"true", b"[]", b"{}", b'"', b"\x00", b"\xff\xfe", b"\\ud800",
    b"[" * 3000, b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"\n\n", b",", b"9999-12-31T23:59:59Z",
    b"0001-01-01T00:00:00", b"\xc2\xa0", b"inf", b"=cmd()", b"1_000",
]  # fmt: skip


@ALL
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_broken_file_is_refused_or_read(sample: Sample, data: st.DataObject, tmp_path: Path) -> None:
    """Exit 3 with the file's name, or a table whose counts are whole, bounded and of mapped places."""
    file, guide = put(sample, tmp_path)
    file.write_bytes(data.draw(broken(sample)))
    try:
        found = read_counts(file, sample.form, read_guide(guide), guide)
    except InputError as error:
        told = str(error)
        assert str(file) in told and len(told) < 1500
        return
    for row in found.rows:
        assert row.vehicles is None or (type(row.vehicles) is int and 0 <= row.vehicles <= 1_000_000)
        assert 1000 <= row.end_ms - row.start_ms <= 86_400_000
        assert row.stream.camera.isprintable()


@ALL
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
    )
)
@example(raw=b"")
@example(raw=b"\x1f\x8b\x08")
@example(raw=b"PAR1" + b"\x00" * 40 + b"PAR1")
def test_anything_else_is_refused(sample: Sample, raw: bytes, tmp_path: Path) -> None:
    file, guide = put(sample, tmp_path)
    file.write_bytes(raw)
    for form in ("", sample.form):
        with pytest.raises(InputError):
            read_counts(file, form, read_guide(guide).model_copy(update={"format": ""}), guide)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=60), at=st.integers(0, 3000))
def test_broken_parquet_is_refused_or_read(raw: bytes, at: int, tmp_path: Path) -> None:
    found = read(OWN, tmp_path)
    out = tmp_path / "own.parquet"
    out.unlink(missing_ok=True)
    write_rows(count_rows(found), out)
    whole = out.read_bytes()
    out.write_bytes(whole[:at] + raw + whole[at + len(raw) :])
    try:
        assert len(read_counts(out, "own").rows) <= 3
    except InputError as error:
        assert str(out) in str(error)


# -- counts against counting by hand ------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.lists(
        st.lists(st.none() | st.integers(0, 9999), min_size=3, max_size=3), min_size=1, max_size=40
    )
)
def test_a_count_sheet_comes_back(counts: list[list[int | None]], tmp_path: Path) -> None:
    turns = ("NBL", "NBT", "SBR")
    lines = [
        f'3/{1 + k // 24}/2025,="{k % 24:02}00",6,{",".join("*" if c is None else str(c) for c in row)}'
        for k, row in enumerate(counts)
    ]
    content = "\n".join(["T,", "60 Minute Counts,", f"DATE,TIME,INTID,{','.join(turns)}", *lines])
    places = "".join(f'"6 {turn}" = "{turn}"\n' for turn in turns)
    found = read(TMC._replace(content=content, guide=f'time_zone = "UTC"\n[places]\n{places}'), tmp_path)
    assert {
        (r.stream.link, (r.start_ms - found.rows[0].start_ms) // 3_600_000): r.vehicles for r in found.rows
    } == {(turn, k): row[j] for k, row in enumerate(counts) for j, turn in enumerate(turns)}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    trips=st.lists(
        st.tuples(st.integers(0, 3500), st.sampled_from("NES"), st.sampled_from("NES"), st.integers(1, 59)),
        min_size=1, max_size=30,
    ),
    rooms=st.integers(1, 5),
)  # fmt: skip
def test_turns_are_joined_as_they_were_driven(
    trips: list[tuple[int, str, str, int]], rooms: int, tmp_path: Path
) -> None:
    """Track numbers come again, as they do after a restart, but not within the time of a turn."""
    events, free = [], dict.fromkeys(range(rooms), -1000)
    expected: dict[str, list[int]] = {f"{a}{b}": [0] * 12 for a in "NES" for b in "NES" if a != b}
    for start, a, b, length in sorted(trips):
        track = next((k for k, until in free.items() if start - until > 60), None)
        if track is None:
            continue
        free[track] = start + length
        events += [(start, a, track), (start + length, b, track)]
        if a != b:
            expected[f"{a}{b}"][(start + length) // 300] += 1
    events.sort()
    lines = [
        f'"2024-05-14T{8 + t // 3600:02}:{t // 60 % 60:02}:{t % 60:02}Z","{a}","car",{k},""'
        for t, a, k in events
    ]
    places = "".join(f'"{name[0]} -> {name[1]}" = "{name}"\n' for name in expected)
    guide = f"""interval_s = 300
silent_after_s = 4000
recorded = ["2024-05-14T08:00:00Z", "2024-05-14T09:00:00Z"]
[places]
{places}"""
    content = _HEADER + "\n".join(lines) + "\n"
    try:
        found = read(ODC._replace(content=content, guide=guide), tmp_path)
    except InputError as error:
        assert "holds no count" in str(error) and not any(map(sum, expected.values()))
        return
    for link in {row.stream.link for row in found.rows}:
        assert [row.vehicles for row in found.rows if row.stream.link == link] == expected.pop(link)
    assert not any(map(sum, expected.values()))


_HEADER = ODC.content.splitlines()[0] + "\n"


# -- Arrow and line by line ---------------------------------------------------------------------------------


def by_lines(sample: Sample, folder: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        patch.setitem(sys.modules, "orjson", None)
        return outcome(sample, folder)


def outcome(sample: Sample, folder: Path) -> object:
    try:
        found = read(sample, folder)
    except InputError as error:
        return str(error)
    return table(found), found.notes


_EVENTS = st.builds(
    swarm_line,
    st.sampled_from(["2019-12-29T10:00:14.373202Z", "2019-12-29T10:09:59Z", "2019-12-29T10:05:00+00:00", "2019-12-29",
                     "2019-12-29T10:01:00.5", "2019-12-29T10:07:00,5Z", "2019-12-29 10:06:00Z", "x"]),
    st.sampled_from(["car", "truck", "person", "", "blimp"]), st.sampled_from(["in", "out", ""]),
    st.sampled_from(["N", "N ", "é", "", "W"]), st.integers(0, 3),
)  # fmt: skip
_STRANGE = st.sampled_from([
    '{"crossingLineEvent":null}', "{}", '{"a":1}', '{"crossingLineEvent":{"class":1}}', " ", "[]", '{"a":1}{"a":2}',
    '{"crossingLineEvent":{"class":"car","class":"truck"}}', '{"a":NaN}', '{"a":1}\r', '\ufeff{}', '{"a":"\x01"}',
    swarm_line("2019-12-29T10:03:00Z").replace('"cam1"', "null"),
    swarm_line("2019-12-29T10:03:00Z").replace('"s1"', "7"),
    swarm_line("2019-12-29T10:03:00Z").replace('"l1"', "null"),
])  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.one_of(_EVENTS, _EVENTS, _EVENTS, _STRANGE), min_size=1, max_size=8))
def test_arrow_reads_what_is_read_line_by_line(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = SWARM._replace(content="\n".join(lines) + "\n")
    assert outcome(sample, tmp_path) == by_lines(sample, tmp_path, monkeypatch)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.integers(0, 7200), min_size=2, max_size=60), is_sorted=st.booleans())
def test_arrow_and_lines_find_the_same_silences(
    times: list[int], is_sorted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any order of times."""
    clock = [
        f"{8 + t // 3600:02}:{t // 60 % 60:02}:{t % 60:02}" for t in (sorted(times) if is_sorted else times)
    ]
    sample = swarm(clock, "silent_after_s = 700")
    assert outcome(sample, tmp_path) == by_lines(sample, tmp_path, monkeypatch)


def test_a_stream_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """Ten times the file takes no more memory: none of it is held."""
    import tracemalloc

    guide = tmp_path / "map.toml"
    guide.write_text('interval_s = 600\nothers = "leave out"\n[places]\n"N" = "N"\n"CAM_1 entry" = "N"\n')
    peaks: dict[str, list[int]] = {}
    for name, n in (("swarm", 4_000), ("swarm", 40_000), ("deepstream", 2_000), ("deepstream", 20_000)):
        file = tmp_path / f"{name}{n}.jsonl"
        with file.open("w") as out:
            for k in range(n):
                time = f"2024-05-14T{8 + k // 36000:02}:{k // 600 % 60:02}:{k // 10 % 60:02}.{k % 10}Z"
                line = swarm_line(time, track=k) if name == "swarm" else deepstream_line(time, f"{k}")
                out.write(line + "\n")
        tracemalloc.start()
        found = read_counts(file, name, read_guide(guide))
        peaks.setdefault(name, []).append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert found.rows
    for name, (small, large) in peaks.items():
        # one block of 4 MB, its copy and its lines; the small file is smaller than a block
        assert large < small + 24_000_000, (name, small, large)


def test_tracks_are_forgotten(tmp_path: Path) -> None:
    from signalsim.formats.counts.tracks import Tracks

    tracks = Tracks(forget_ms=10_000)
    for k in range(100_000):
        assert tracks.is_new(k, 100 * k)
    assert len(tracks._last) <= 102
    assert not tracks.is_new(99_999, 100 * 99_999) and tracks.is_new(5, 10_000_000)


# -- real files ---------------------------------------------------------------------------------------------


def test_the_sample_log_of_atspm(tmp_path: Path) -> None:
    """Two hours of one device, as that package ships them: actuations of the stop bar's counting channels."""
    pytest.importorskip("atspm")
    import atspm
    import pandas

    log = Path(atspm.__file__).parent / "data" / "sample_raw_data.parquet"
    guide = tmp_path / "map.toml"
    guide.write_text(
        'time_zone = "America/New_York"\ninterval_s = 900\nothers = "leave out"\n'
        '[places]\n"1136 19" = "S"\n"1136 20" = "S"\n"1136 23" = "E"\n'
    )
    assert guess(log).name == "hires"
    found = read_counts(log, "", read_guide(guide))
    raw = pandas.read_parquet(log)
    on = raw[raw.EventId == 82]
    bins = raw.TimeStamp.dt.floor("15min").unique()
    assert len(bins) >= 8
    for link, channels in (("S", (19, 20)), ("E", (23,))):
        own = on[on.Parameter.isin(channels)].groupby(on.TimeStamp.dt.floor("15min")).size()
        mine = [row.vehicles for row in found.rows if row.stream.link == link]
        expected = [int(own.get(time, 0)) for time in sorted(bins)]
        assert mine == expected and sum(expected) > 20


def test_json_lines_may_be_gzip(tmp_path: Path) -> None:
    import gzip

    file, guide = put(SWARM, tmp_path)
    packed = tmp_path / "swarm.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert table(read_counts(packed, "", read_guide(guide))) == SWARM.rows
    assert json.loads(SWARM.content.splitlines()[0])


# -- the guide ----------------------------------------------------------------------------------------------


def test_the_guide_names_every_format_and_its_maps_are_maps(tmp_path: Path) -> None:
    import re

    import signalsim.formats.counts as package
    from signalsim.formats.counts.guide import Guide

    text = (Path(package.__file__).parent / "README.md").read_text(encoding="utf-8")
    assert {name for name in re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) if name in FORMATS} == set(
        FORMATS
    )
    blocks = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for k, block in enumerate(blocks):
        file = tmp_path / f"{k}.toml"
        file.write_text(block, encoding="utf-8")
        assert read_guide(file).places
    fields = {name for name in Guide.model_fields if name not in ("format", "places", "classes", "columns")}
    assert all(f"`{name}" in text or f"{name} = " in text for name in fields)
