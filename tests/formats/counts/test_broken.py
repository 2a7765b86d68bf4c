"""Count files broken at random are refused with their name, or read within bounds."""

# ruff: noqa: E501  (bytes as they break a file)

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.countfiles import OWN, Sample
from support.countreading import ALL, put, read

from signalsim.counts.write import write_rows
from signalsim.errors import InputError
from signalsim.formats.counts import count_rows, read_counts, read_guide

_WORDS = [
    b"9" * 400, b"1e400", b"-1", b"NaN", b"null", b"true", b"[]", b"{}", b'"', b"\x00", b"\xff\xfe", b"\\ud800",
    b"[" * 3000, b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"\n\n", b",", b"9999-12-31T23:59:59Z",
    b"0001-01-01T00:00:00", b"\xc2\xa0", b"inf", b"=cmd()", b"1_000",
]  # fmt: skip


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
