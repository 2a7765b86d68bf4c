"""``signalsim counts convert``, ``check``, ``impute``: exit codes, messages, what is written and what not."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.countfiles import SAMPLES, SWARM, TMC, Sample

from signalsim.counts import load_counts
from signalsim.counts.quality import KINDS, SEVERITIES
from signalsim.formats.counts import read_counts, read_guide
from signalsim.formats.counts.draft import write_draft
from signalsim.scenario import load

HEAD = "camera_id,interval_start,interval_end,link_id,movement_id,vehicle_class,count,quality"


def counts(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signalsim", "counts", *map(str, arguments)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert "Traceback" not in found.stderr
    return found


def put(sample: Sample, folder: Path) -> tuple[Path, Path]:
    file, guide = folder / sample.name, folder / "map.toml"
    file.write_text(sample.content, encoding="utf-8")
    guide.write_text(sample.guide, encoding="utf-8")
    return file, guide


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def crossing(scenarios: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(scenarios / "crossing", tmp_path / "crossing"))


def test_convert_writes_the_table(tmp_path: Path) -> None:
    file, guide = put(SWARM, tmp_path)
    found = counts("convert", file, "--map", guide, "--out", tmp_path / "c.csv")
    assert found.returncode == 0, found.stderr
    assert (
        found.stdout
        == f"{tmp_path / 'c.csv'}: 4 counts of 2 streams, from Swarm line-crossing events, JSON lines\n"
    )
    assert "note: 1 lines are no line crossings" in found.stderr
    assert [(r["camera_id"], r["interval_start"], r["count"]) for r in rows(tmp_path / "c.csv")] == [
        (row[0], row[1], "" if row[5] is None else str(row[5])) for row in SWARM.rows
    ]


def test_a_converted_count_runs(crossing: Path, tmp_path: Path) -> None:
    """From a count sheet to the counts of a scenario, as CSV and as Parquet."""
    network = load(crossing).network
    turns = {"N": "SB", "E": "WB", "S": "NB", "W": "EB"}
    names = {f"{turns[m[0]]}{m[2].upper()}": m for m in network.movement.ids}
    assert len(names) == 12
    lines = "".join(
        f'05/14/2024,="08{15 * k:02}",1,' + ",".join(str(9 + k) for _ in names) + "\n" for k in range(4)
    )
    file, guide = tmp_path / "tmc.csv", tmp_path / "map.toml"
    file.write_text(f"Turning Movement Count,\n15 Minute Counts,\nDATE,TIME,INTID,{','.join(names)}\n{lines}")
    places = "".join(f'"1 {turn}" = {{link = "{m[0]}_in", movement = "{m}"}}\n' for turn, m in names.items())
    guide.write_text(f'time_zone = "Europe/Berlin"\n[places]\n{places}')
    for suffix in ("csv", "parquet"):
        out = crossing / f"new.{suffix}"
        found = counts("convert", file, "--map", guide, "--out", out, "--scenario", crossing)
        assert found.returncode == 0, found.stderr
        assert load_counts(out, network).count.sum() == sum(12 * (9 + k) for k in range(4))
        text = (crossing / "scenario.toml").read_text()
        (crossing / "scenario.toml").write_text(
            text.replace("counts.csv", out.name).replace("new.csv", out.name)
        )
        assert load(crossing).demand.counted.sum() == sum(12 * (9 + k) for k in range(4))


def test_convert_tells_a_link_that_the_scenario_does_not_have(crossing: Path, tmp_path: Path) -> None:
    file, guide = put(TMC._replace(guide='time_zone = "UTC"\n[places]\n"6 NBL" = "N_inn"\n'), tmp_path)
    found = counts("convert", file, "--map", guide, "--out", tmp_path / "c.csv", "--scenario", crossing)
    assert found.returncode == 3
    assert (
        "map.toml, place '6 NBL': 'N_inn' is no link of link.csv; did you mean 'N_in'?"
        in found.stderr.replace("\n", " ")
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_a_draft_of_the_map_has_every_name(sample: Sample, tmp_path: Path) -> None:
    """Without a place mapped, all are listed, and with these filled in the file is read."""
    import tomllib

    whole = tomllib.loads(sample.guide)
    bare = "\n".join(line for line in sample.guide.partition("[places]")[0].splitlines()) + "\n"
    file, guide = put(sample._replace(guide=bare), tmp_path)
    out = tmp_path / "draft.toml"
    write_draft(read_counts(file, "", read_guide(guide), guide, drafting=True), out)
    draft = tomllib.loads(out.read_text(encoding="utf-8"))
    assert draft["format"] == sample.form
    if sample.form not in ("sumo", "own"):
        assert draft["places"] and all(value == "" for value in draft["places"].values())
    for key in whole.keys() - {"places", "others"}:
        assert key in draft


def test_a_draft_needs_no_map(tmp_path: Path) -> None:
    file, _ = put(TMC, tmp_path)
    found = counts("convert", file, "--draft-map", tmp_path / "draft.toml")
    assert found.returncode == 0, found.stderr
    assert "4 places of Synchro-style turning-movement count, CSV to be named" in found.stdout
    assert '"6 NBL" = ""' in (tmp_path / "draft.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--out", "{there}"], 3, "is there already; name a new file"),
        (["--out", "{none}/c.csv"], 3, "is no folder that can be written to"),
        ([], 2, "give one of --out and --draft-map"),
        (["--out", "{new}", "--format", "excel"], 3, "--format excel: is unknown; there are own, tmc, city"),
        (["--out", "{new}", "--map", "{none}"], 3, "no such file; give the map of the count file as TOML"),
        (["--out", "{new}", "--format", "hires"], 3, "has no column 'TimeStamp'"),
        (
            ["--out", "{new}"],
            3,
            "has no offset from UTC; say in the map where the clock stands, as time_zone",
        ),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    file, _ = put(TMC, tmp_path)
    (tmp_path / "there.csv").write_text("mine")
    before = sorted(tmp_path.iterdir())
    paths = {name: str(tmp_path / f"{name}.csv") for name in ("there", "new", "none")}
    found = counts("convert", file, *(argument.format(**paths) for argument in arguments))
    told = " ".join(found.stderr.replace("│", " ").split())
    assert found.returncode == code and message in told, told
    assert sorted(tmp_path.iterdir()) == before and (tmp_path / "there.csv").read_text() == "mine"


# -- check --------------------------------------------------------------------------------------------------


def spoil(crossing: Path) -> None:
    """A row twice, an impossible count, a gap of an hour."""
    lines = (crossing / "counts.csv").read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace(",10,good", ",9000,good")
    lines = [*lines[:5], *lines[9:], lines[9]]
    (crossing / "counts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_good_scenario_passes(crossing: Path) -> None:
    found = counts("check", crossing)
    assert found.returncode == 0
    assert (
        found.stdout
        == f"{crossing} (4 cameras, 12 series, 4 intervals of 15 min): 0 error(s), 0 warning(s), 0 note(s)\n"
    )
    assert "note: not checked: clocks: they need 72 intervals, the file has 4" in found.stderr


def test_a_bad_one_fails_with_a_list(crossing: Path) -> None:
    spoil(crossing)
    found = counts("check", crossing)
    assert found.returncode == 1
    assert "error: counted twice (1)" in found.stdout and "row 10" not in found.stderr
    assert "error: more vehicles than a road carries (1)" in found.stdout
    assert "36,000 vehicles/h on 1 lane(s)" in found.stdout
    assert "cam_N (N_left), 2024-05-14T08:00:00+02:00 to 2024-05-14T08:15:00+02:00" in found.stdout


def test_json_is_one_document(crossing: Path) -> None:
    spoil(crossing)
    found = counts("check", crossing / "counts.csv", "--scenario", crossing, "--json")
    document = json.loads(found.stdout)
    assert found.returncode == 1 and document["format_version"] == 1 and document["interval_s"] == 900
    assert document["severities"]["error"] == sum(f["severity"] == "error" for f in document["findings"]) > 1
    assert set(document["kinds"]) <= set(KINDS) and set(document["severities"]) == set(SEVERITIES)
    assert {"kind", "severity", "camera", "link", "movement", "start", "end", "text"} == set(
        document["findings"][0]
    )
    assert document["findings"][0]["start"].endswith("+02:00")


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("note", 1), ("never", 0)])
def test_the_gate_is_where_one_puts_it(level: str, code: int, tmp_path: Path) -> None:
    """A camera that is out for an hour and a quarter beside one that is not: a warning."""
    lines = [HEAD]
    for name, gap in (("a", range(0)), ("b", range(2, 7))):
        for k in range(20):
            begin, end = (f"2024-05-14T{8 + i // 4:02}:{15 * (i % 4):02}:00Z" for i in (k, k + 1))
            lines.append(f"{name},{begin},{end},{name},,all,{'' if k in gap else 10 + 3 * k % 7},good")
    file = tmp_path / "c.csv"
    file.write_text("\n".join(lines) + "\n")
    found = counts("check", file, "--fail-on", level)
    assert found.returncode == code and "warning: no counts (1)" in found.stdout
    assert (
        "b (b), 2024-05-14T08:30:00+00:00 to 2024-05-14T09:45:00+00:00: no count of all it counts"
        in found.stdout
    )


def test_cells_that_cannot_be_read_are_findings_too(crossing: Path) -> None:
    file = crossing / "counts.csv"
    file.write_text(file.read_text().replace(",10,good", ",ten,good", 1))
    found = counts("check", crossing)
    assert found.returncode == 1
    assert (
        "error: what keeps the file from being used (1)" in found.stdout
        and "row 2, column 'count': 'ten'" in found.stdout
    )


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", HEAD + "\n", "\x00", "{}"])
def test_what_is_no_count_table_is_invalid_input(content: str, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(content)
    found = counts("check", tmp_path / "c.csv")
    assert found.returncode == 3 and "c.csv" in found.stderr and not found.stdout


def test_a_figure_and_a_list_are_written(crossing: Path, tmp_path: Path) -> None:
    spoil(crossing)
    out = tmp_path / "check"
    for _ in range(2):  # an earlier one is replaced, and the same
        found = counts("check", crossing, "--out", out, "--fail-on", "never")
        assert found.returncode == 0, found.stderr
        assert sorted(path.name for path in out.iterdir()) == ["counts.png", "counts.svg", "findings.csv"]
    listed = rows(out / "findings.csv")
    assert [row["number"] for row in listed] == [str(k + 1) for k in range(len(listed))] and len(listed) > 1
    svg = (out / "counts.svg").read_text(encoding="utf-8")
    assert all(name in svg for name in ("cam_N", "cam_E", "Counts by camera", "error ("))
    (out / "mine.txt").write_text("x")
    assert counts("check", crossing, "--out", out).returncode == 3


# -- impute -------------------------------------------------------------------------------------------------


def test_impute_fills_and_marks(crossing: Path, tmp_path: Path) -> None:
    lines = (crossing / "counts.csv").read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace(",12,good", ",,good")
    assert lines[2].endswith(",,good")
    (crossing / "counts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = counts("impute", crossing, "--out", tmp_path / "new.csv")
    assert found.returncode == 0 and found.stdout == f"{tmp_path / 'new.csv'}: 1 counts imputed\n"
    new = rows(tmp_path / "new.csv")
    assert len(new) == 48
    (filled,) = [row for row in new if row["quality"] == "imputed"]
    assert filled["interval_start"] == "2024-05-14T08:15:00+02:00" and filled["movement_id"] == "N_left"
    assert 10 <= int(filled["count"]) <= 14
    shutil.copyfile(tmp_path / "new.csv", crossing / "counts.csv")
    assert load(crossing).demand.counted.sum() > 0
