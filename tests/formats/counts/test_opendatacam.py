"""OpenDataCam: turns are joined from two lines, tracks forgotten."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.countfiles import ODC
from support.countreading import read

from signalsim.errors import InputError

_HEADER = ODC.content.splitlines()[0] + "\n"


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


def test_tracks_are_forgotten(tmp_path: Path) -> None:
    from signalsim.formats.counts.tracks import Tracks

    tracks = Tracks(forget_ms=10_000)
    for k in range(100_000):
        assert tracks.is_new(k, 100 * k)
    assert len(tracks._last) <= 102
    assert not tracks.is_new(99_999, 100 * 99_999) and tracks.is_new(5, 10_000_000)
