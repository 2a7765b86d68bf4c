"""Turning-movement counts: local hours when clocks change, a sheet that comes back."""

# ruff: noqa: E501  (a case per line)

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.countfiles import TMC, Sample
from support.countreading import read, refused


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
