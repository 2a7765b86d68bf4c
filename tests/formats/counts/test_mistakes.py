"""Mistakes in count files and maps: named with file, row or field, value and what would be right."""

# ruff: noqa: E501  (a case per line)

from pathlib import Path

import pytest
from support.countfiles import (
    CITY,
    COLUMNS,
    DATEX,
    DATEX_V3,
    DEEPSTREAM,
    HIRES,
    ODC,
    OTANALYTICS,
    OWN,
    SUMO_DETECTORS,
    SUMO_EDGES,
    SUMO_PASSAGES,
    SWARM,
    TMC,
    Sample,
)
from support.countreading import refused


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
        (SUMO_DETECTORS, 'nVehContrib="136"', 'nVehContrib="1.5"', "line 3, <interval> 'nVehContrib'"),
        (SUMO_DETECTORS, 'end="900.00"', 'end="0.00"', "row 3: the interval lasts 0 s"),
        (SUMO_DETECTORS, 'id="loop2"', 'id="loop1"', "'loop1' is counted twice in one interval"),
        (SUMO_DETECTORS, 'vehicleSum="77"', "", "line 6: <interval> has none of nVehContrib, nVehLeft, vehicleSum"),
        (SUMO_DETECTORS, 'id="area1"', 'id="area2"', "place 'area2' is not in [places] of"),
        (SUMO_PASSAGES, 'time="40.39"', 'time="never"', "<instantOut> 'time'"),
        (DATEX_V3, ">240<", ">many<", "<vehicleFlowRate>: 'many' is no number"),
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
