"""High-resolution logs as counts: the sample of atspm."""

from pathlib import Path

import pytest

from signalsim.formats.counts import guess, read_counts, read_guide


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
