"""JSON lines: read the same by Arrow and line by line, in bounded memory."""

# ruff: noqa: E501  (an event per line)

import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.countfiles import SWARM, Sample, deepstream_line, swarm_line
from support.countreading import put, read, swarm, table

from signalsim.errors import InputError
from signalsim.formats.counts import read_counts, read_guide


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


def test_json_lines_may_be_gzip(tmp_path: Path) -> None:
    import gzip

    file, guide = put(SWARM, tmp_path)
    packed = tmp_path / "swarm.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert table(read_counts(packed, "", read_guide(guide))) == SWARM.rows
    assert json.loads(SWARM.content.splitlines()[0])
