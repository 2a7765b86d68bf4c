"""Single passages counted into intervals: what is silence, what is zero."""

from pathlib import Path

from support.countfiles import swarm_line
from support.countreading import read, refused, steady, swarm


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


def test_times_that_are_years_apart_are_told_with_both_rows(tmp_path: Path) -> None:
    sample = swarm(["08:00:00", "08:00:01"], "interval_s = 60".replace("interval_s = 60", ""))
    lines = sample.content.replace("2024-05-14T08:00:01", "1971-05-14T08:00:01")
    told = refused(sample._replace(content=lines), tmp_path)
    assert "row 2: the times go from 1971-05-14" in told and "(row 2)" in told and "(row 1)" in told
