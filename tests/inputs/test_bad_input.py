"""Every mistake a user can make is one message: file, row or field, value, and what would be right."""

from collections.abc import Callable

import pytest

from signalsim.errors import InputError
from signalsim.scenario import load

Spoil = Callable[["Folder"], None]  # type: ignore[name-defined]  # noqa: F821


def cell(file: str, row: int, column: str, value: object) -> Spoil:
    return lambda folder: folder.set(file, row, column, value)


def toml(old: str, new: str) -> Spoil:
    return lambda folder: folder.replace("scenario.toml", old, new)


def raw(file: str, content: bytes) -> Spoil:
    return lambda folder: (folder / file).write_bytes(content)


def put_folder(file: str) -> Spoil:
    def spoil(folder) -> None:
        (folder / file).unlink(missing_ok=True)
        (folder / file).mkdir()

    return spoil


def put_link(file: str, target: str) -> Spoil:
    def spoil(folder) -> None:
        (folder / file).unlink(missing_ok=True)
        (folder / file).symlink_to(target)

    return spoil


def one_way_in(folder) -> None:
    """A link that no movement leads to, from a junction in the middle: never reached from an entry."""
    folder.append("node.csv", "X", 0, 900, "", "")
    folder.append("node.csv", "Y", 0, 1200, "", "")
    folder.append("link.csv", "ring_1", "X", "Y", 300, 1, 50, "")
    folder.append("link.csv", "ring_2", "Y", "X", 300, 1, 50, "")
    folder.append("movement.csv", "at_Y", "Y", "ring_1", "ring_2", 1, 1, "", "")
    folder.append("movement.csv", "at_X", "X", "ring_2", "ring_1", 1, 1, "", "")


def dead_end(folder) -> None:
    """A link into the junction that no movement takes further."""
    folder.append("node.csv", "X", 500, 500, "", "")
    folder.append("link.csv", "X_in", "X", "C", 300, 1, 50, "")


def cross_in_stage(folder) -> None:
    folder.set("signal_stage.csv", 2, "group_ids", "E W N")


def no_stage_for_south(folder) -> None:
    folder.set("signal_stage.csv", 4, "group_ids", "N")


def short_intergreen(folder) -> None:
    (folder / "intergreen.csv").write_text("clearing_group_id,entering_group_id,intergreen_s\nE,N,2\n")


def short_cycle(folder) -> None:
    for row in (2, 3, 4):
        folder.set("signal_plan.csv", row, "cycle_s", 30)


def overlap(folder) -> None:
    folder.set("counts.csv", 3, "interval_start", "2024-05-14T08:10:00+02:00")


def truncated(folder) -> None:
    text = (folder / "counts.csv").read_text()
    (folder / "counts.csv").write_text(text[:-40])


BAD = {
    # what is wrong: (spoil, the parts that the message must have)
    "unknown field": (
        toml("warm_up_s", "warmup_s"),
        ["scenario.toml", "'horizon.warmup_s'", "'300'", "did you mean 'warm_up_s'"],
    ),
    "unknown section": (toml("[demand]", "[deman]"), ["scenario.toml", "'deman'", "did you mean 'demand'"]),
    "wrong type": (
        toml("demand_s = 3600", 'demand_s = "an hour"'),
        ["'horizon.demand_s'", "'an hour'", "a number"],
    ),
    "out of range": (toml("drain_s = 1800", "drain_s = -5"), ["'horizon.drain_s'", "'-5'", "0 or more"]),
    "not a number at all": (toml("drain_s = 1800", "drain_s = nan"), ["'horizon.drain_s'", "'nan'"]),
    "missing field": (
        toml('time_zone = "Europe/Berlin"', ""),
        ["scenario.toml", "'time_zone'", "missing; add"],
    ),
    "wrong zone": (toml("Europe/Berlin", "Europe/Bonn"), ["'time_zone'", "'Europe/Bonn'", "IANA"]),
    "wrong choice": (toml('"sampled"', '"random"'), ["'demand.mode'", "'random'", "'sampled' or 'exact'"]),
    "version of the future": (
        toml("format_version = 1", "format_version = 2"),
        ["'format_version'", "'2'", "1"],
    ),
    "unknown default": (
        toml("[source]", "[defaults]\nsaturation_flo = 1800\n[source]"),
        ["'defaults.saturation_flo'", "did you mean 'saturation_flow'"],
    ),
    "number of thousands of digits": (
        toml("seed = 1", "seed = " + "9" * 5000),
        ["scenario.toml", "thousands of digits"],
    ),
    "sections in sections": (toml("seed = 1", "a" + ".a" * 3000 + " = 1"), ["scenario.toml", "nested"]),
    "seed beyond its limit": (toml("seed = 1", f"seed = {2**63}"), ["'seed'", "9223372036854775807 or less"]),
    "hour that clocks skip": (
        toml("2024-05-14T07:55", "2024-03-31T02:30"),
        ["'start'", "does not exist in Europe/Berlin", "offset", "2024-03-31T02:30:00+01:00"],
    ),
    "hour that clocks show twice": (
        toml("2024-05-14T07:55", "2024-10-27T02:30"),
        ["'start'", "comes twice", "offset", "2024-10-27T02:30:00+01:00"],
    ),
    "name with control characters": (toml('"crossing"', '"a\\u001b[31m"'), ["'name'", "unprintable"]),
    "shares beyond 1": (
        toml("[source]", "[defaults]\nleft_share = 0.9\n[source]"),
        ["'defaults'", "left_share and right_share make 1.05", "1 or less"],
    ),
    "baseline that takes no part": (
        toml("[source]", '[control]\nbaseline = "none"\n[source]'),
        ["'control.baseline'", "'none'", "deployed, uniform"],
    ),
    "not TOML": (toml("seed = 1", "seed = = 1"), ["scenario.toml", "TOML", "line"]),
    "start without counts": (
        toml("2024-05-14T07:55", "2025-05-14T07:55"),
        ["'start'", "2025-05-14", "correct start"],
    ),
    "no such plan": (
        toml("[source]", '[control]\ndeployed = "old"\n[source]'),
        ["'control.deployed'", "'old'", "deployed"],
    ),
    "counts elsewhere": (toml('"counts.csv"', '"../../x.csv"'), ["'demand.counts'", "../../x.csv"]),
    "no counts file": (toml('"counts.csv"', '"count.csv"'), ["count.csv", "no such file"]),
    "missing column": (
        lambda folder: folder.drop_column("counts.csv", "interval_end"),
        ["counts.csv, row 1", "'interval_end' is missing", "add it"],
    ),
    "misspelt column": (
        lambda folder: folder.rename_column("link.csv", "free_speed", "freespeed"),
        ["link.csv, row 1", "'freespeed'", "did you mean 'free_speed'"],
    ),
    "foreign column": (
        cell("link.csv", 2, "colour", "red"),
        ["link.csv, row 1", "'colour'", "begins with opt_"],
    ),
    "doubled column": (
        lambda folder: folder.rename_column("counts.csv", "quality", "count"),
        ["counts.csv, row 1", "'count'", "twice"],
    ),
    "negative count": (cell("counts.csv", 9, "count", -3), ["counts.csv, row 9", "'count'", "'-3'", "0 or"]),
    "fractional count": (
        cell("counts.csv", 9, "count", 4.5),
        ["counts.csv, row 9", "'count'", "4.5", "whole number"],
    ),
    "huge count": (cell("counts.csv", 9, "count", "1e300"), ["counts.csv, row 9", "'1e300'", "or less"]),
    "count that no road carries": (
        cell("counts.csv", 9, "count", 5000),
        ["counts.csv, row 9", "5000", "more than a road carries", "per interval"],
    ),
    "word for a count": (cell("counts.csv", 9, "count", "n/a"), ["counts.csv, row 9", "'n/a'", "a number"]),
    "infinite count": (cell("counts.csv", 9, "count", "inf"), ["counts.csv, row 9", "'inf'", "a number"]),
    "count of no link": (
        cell("counts.csv", 5, "link_id", "N_inn"),
        ["counts.csv, row 5", "'link_id'", "'N_inn'", "did you mean 'N_in'"],
    ),
    "count of no movement": (
        cell("counts.csv", 5, "movement_id", "N_lft"),
        ["counts.csv, row 5", "'movement_id'", "'N_lft'", "did you mean 'N_left'"],
    ),
    "movement of another link": (
        cell("counts.csv", 5, "movement_id", "S_left"),
        ["counts.csv, row 5", "'movement_id'", "'S_left'", "'S_in'"],
    ),
    "overlapping intervals": (
        overlap,
        ["counts.csv, row 3", "'interval_start'", "row 2", "overlap", "remove one"],
    ),
    "interval that ends before it begins": (
        cell("counts.csv", 4, "interval_end", "2024-05-14T08:20:00+02:00"),
        ["counts.csv, row 4", "'interval_end'", "not after", "-600"],
    ),
    "interval of a millisecond": (
        cell("counts.csv", 4, "interval_end", "2024-05-14T08:30:00.001+02:00"),
        ["counts.csv, row 4", "'interval_end'", "less than a second", "0.001"],
    ),
    "time without offset": (
        cell("counts.csv", 4, "interval_start", "2024-05-14T08:30:00"),
        ["counts.csv, row 4", "'2024-05-14T08:30:00'", "offset", "2024-05-14T08:00:00+02:00"],
    ),
    "unknown class": (
        cell("counts.csv", 4, "vehicle_class", "cars"),
        ["counts.csv, row 4", "'cars'", "did you mean 'car'"],
    ),
    "classes and their sum": (
        cell("counts.csv", 4, "vehicle_class", "car"),
        ["counts.csv, row 4", "'vehicle_class'", "'car'", "'all'"],
    ),
    "row cut off": (truncated, ["counts.csv, row 49", "cut off", "complete"]),
    "row too long": (
        lambda folder: folder.append("node.csv", *"abcdefgh"),
        ["node.csv, row 7", "8 values for 5 columns"],
    ),
    "binary counts": (
        raw("counts.csv", b"PK\x03\x04\x14\x00\x06\x00"),
        ["counts.csv, row 1", "not text", "CSV"],
    ),
    "spreadsheet's encoding": (
        raw("node.csv", "node_id,x_coord,y_coord,name\nC,0,0,Königstraße\n".encode("latin-1")),
        ["node.csv, row 2", "0xf6", "UTF-8"],
    ),
    "UTF-16": (raw("counts.csv", "camera_id".encode("utf-16")), ["counts.csv, row 1", "CSV in UTF-8"]),
    "binary scenario.toml": (raw("scenario.toml", b"\xff\xfe\x00"), ["scenario.toml, row 1", "UTF-8"]),
    "open quotation mark": (
        raw("node.csv", b'node_id,x_coord,y_coord\n"C,0,0\n'),
        ["node.csv, row 2", "CSV", "quotation mark"],
    ),
    "endless line": (raw("node.csv", b"a" * (1 << 21)), ["node.csv, row 1", "longer than"]),
    "empty file": (raw("node.csv", b""), ["node.csv", "empty", "node_id,x_coord"]),
    "header only": (
        lambda folder: folder.write("counts.csv", folder.rows("counts.csv")[:1]),
        ["counts.csv", "no counts", "at least one row"],
    ),
    "dangling node": (
        cell("link.csv", 3, "to_node_id", "Q"),
        ["link.csv, row 3", "'to_node_id'", "'Q'", "node.csv"],
    ),
    "doubled id": (
        cell("movement.csv", 4, "mvmt_id", "N_left"),
        ["movement.csv, row 4", "'N_left'", "row 2", "its own"],
    ),
    "no length": (cell("link.csv", 3, "length", 0), ["link.csv, row 3", "'length'", "'0'", "1 or more"]),
    "negative length": (cell("link.csv", 3, "length", -40), ["link.csv, row 3", "'-40'", "1 or more"]),
    "empty id": (cell("node.csv", 3, "node_id", ""), ["node.csv, row 3", "'node_id'", "is empty", "give"]),
    "too slow for its flow": (
        cell("link.csv", 3, "free_speed", 10),
        ["link.csv, row 3", "'free_speed'", "10 km/h", "or more"],
    ),
    "bay longer than its link": (
        cell("lane.csv", 2, "opt_length_m", 900),
        ["lane.csv, row 2", "'opt_length_m'", "900", "400 m"],
    ),
    "bay without length": (
        cell("lane.csv", 2, "opt_length_m", ""),
        ["lane.csv, row 2", "'opt_length_m'", "empty", "give its length"],
    ),
    "movement without lanes": (
        cell("movement.csv", 2, "start_ib_lane", 3),
        ["movement.csv, row 2", "'start_ib_lane'", "'3'", "no lane of the movement's link", "'N_in' has 1"],
    ),
    "last lane that is not there": (
        cell("movement.csv", 2, "end_ib_lane", 7),
        ["movement.csv, row 2", "'end_ib_lane'", "'7'", "no lane of the movement's link", "'N_in' has 1"],
    ),
    "semicolons": (
        lambda folder: (folder / "node.csv").write_text((folder / "node.csv").read_text().replace(",", ";")),
        ["node.csv, row 1", "separated by ';'", "commas"],
    ),
    "lane without movement": (
        cell("link.csv", 2, "lanes", 2),
        ["lane 2", "'N_in'", "serves no movement", "end_ib_lane"],
    ),
    "movement elsewhere": (
        cell("movement.csv", 2, "ib_link_id", "N_out"),
        ["movement.csv, row 2", "'N_out'", "does not end at node 'C'"],
    ),
    "unreachable link": (
        one_way_in,
        ["link.csv, row 10", "'ring_1'", "cannot be reached", "add the movement"],
    ),
    "link that leads nowhere": (dead_end, ["link.csv, row 10", "'X_in'", "no movement leads on", "add one"]),
    "unknown signal group": (
        cell("movement.csv", 3, "opt_signal_group_id", "NN"),
        ["movement.csv, row 3", "'NN'", "signal_group.csv"],
    ),
    "conflicting greens": (
        cross_in_stage,
        ["signal_stage.csv, row 2", "'E W N'", "conflicting greens", "'N_", "cross", "different stages"],
    ),
    "conflicting movements in one group": (
        cell("movement.csv", 6, "opt_signal_group_id", "N"),
        ["movement.csv", "'opt_signal_group_id'", "which it crosses", "its own group"],
    ),
    "too short an intergreen": (
        short_intergreen,
        ["intergreen.csv, row 2", "'2.0'", "'E' to 'N'", "3.5", "1.5", "5 s", "or more"],
    ),
    "too short a yellow": (
        cell("signal_group.csv", 2, "yellow_s", 2),
        ["signal_group.csv, row 2", "'yellow_s'", "2.0", "50 km/h", "3.3 s"],
    ),
    "movement that no stage serves": (
        no_stage_for_south,
        ["signal_stage.csv", "no stage", "'C'", "'S_", "group 'S'", "group_ids"],
    ),
    "group without a movement": (
        lambda folder: folder.append("signal_group.csv", "Z", "C", 5, 3.5, 1.5, ""),
        ["signal_group.csv, row 8", "'Z'", "controls no movement", "opt_signal_group_id"],
    ),
    "cycle shorter than its lost time": (
        short_cycle,
        ["signal_plan.csv, row 2", "'cycle_s'", "30", "intergreens 15 s", "24 s", "39 s"],
    ),
    "cycle that does not add up": (
        cell("signal_plan.csv", 2, "cycle_s", 90),
        ["signal_plan.csv, row 2", "90", "65 s", "15 s", "80 s"],
    ),
    "green below its minimum": (
        cell("signal_plan.csv", 4, "green_s", 5),
        ["signal_plan.csv, row 4", "'green_s'", "5.0", "minimum green", "8 s"],
    ),
    "plan of an unknown stage": (
        cell("signal_plan.csv", 3, "stage_id", "7"),
        ["signal_plan.csv, row 3", "'stage_id'", "'7'", "1, 2, 3"],
    ),
    "junction without a stage": (
        lambda folder: folder.write("signal_stage.csv", folder.rows("signal_stage.csv")[:1]),
        ["signal_plan.csv, row 2", "'1'", "signal_stage.csv has none"],
    ),
    "folder in place of a file": (put_folder("node.csv"), ["node.csv: is a folder", "CSV file"]),
    "folder in place of a file that may be absent": (
        put_folder("conflict.csv"),
        ["conflict.csv: is a folder"],
    ),
    "link to itself": (put_link("counts.csv", "counts.csv"), ["counts.csv: cannot be read", "links"]),
    "link to nowhere": (put_link("intergreen.csv", "gone.csv"), ["intergreen.csv", "not there"]),
    "name that is too long": (toml('"counts.csv"', f'"{"a" * 5000}"'), ["cannot be read", "name"]),
    "plan that forgets a group": (
        lambda folder: folder.drop_row("signal_plan.csv", 4),
        ["signal_plan.csv", "'deployed'", "never serves", "'N'", "add a stage"],
    ),
    "longest red that cannot be kept": (
        cell("signal_group.csv", 2, "max_red_s", 20),
        ["signal_group.csv, row 2", "'max_red_s'", "20", "60 s"],
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_message_names_place_value_and_way_out(what: str, crossing) -> None:
    spoil, parts = BAD[what]
    spoil(crossing)
    with pytest.raises(InputError) as caught:
        load(crossing.path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(crossing.path))
    missing = [part for part in parts if part not in message]
    assert not missing, message


def test_folder_that_is_no_scenario(tmp_path) -> None:
    with pytest.raises(InputError, match=r"scenario\.toml: no such file; a scenario is a folder"):
        load(tmp_path)


def test_the_crossing_itself_is_fine(crossing) -> None:
    assert load(crossing.path).warnings == ()


def test_first_mistake_of_the_file_is_named_with_its_line_of_the_file(crossing) -> None:
    """Blank lines are passed over but counted."""
    text = (crossing / "counts.csv").read_text().splitlines()
    text.insert(3, "")
    (crossing / "counts.csv").write_text("\n".join(text))
    crossing_rows = (crossing / "counts.csv").read_text().splitlines()
    crossing_rows[5] = crossing_rows[5].replace(",all,", ",all,-")
    (crossing / "counts.csv").write_text("\n".join(crossing_rows))
    with pytest.raises(InputError, match=r"row 6, column 'count'"):
        load(crossing.path)
