"""Every format: a sample in its real form makes its table, is known by its content, is in the guide."""

from pathlib import Path

import pytest
from support.countfiles import OWN, SAMPLES, Sample
from support.countreading import ALL, put, read, table

from signalsim.counts.spec import COUNTS
from signalsim.counts.table import read_count_rows
from signalsim.counts.write import write_rows
from signalsim.errors import InputError
from signalsim.formats.counts import FORMATS, count_rows, guess, read_counts, read_guide


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
