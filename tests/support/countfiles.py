"""Count files in their real form, one small sample per format, with the map that each needs."""

# ruff: noqa: E501  (lines as long as the formats have them)

import json
from typing import NamedTuple

HEAD = "camera_id,interval_start,interval_end,link_id,movement_id,vehicle_class,count,quality"


class Sample(NamedTuple):
    """A file, its map, and the table that they make: (camera, begin, link, movement, class, count)."""

    name: str  # of the file
    form: str
    content: str
    guide: str
    rows: list[tuple[str, str, str, str, str, int | None]]


TMC = Sample(
    "tmc.csv", "tmc",
    '''Turning Movement Count,
15 Minute Counts,
DATE,TIME,INTID,NBL,NBT,NBR,SBL
10/11/2025,="0000",6,0,11,0,*
10/11/2025,="0015",6,2,9,1,4
''',
    '''time_zone = "America/Chicago"
[places]
"6 NBL" = {link = "N", movement = "N_left"}
"6 NBT" = {link = "N", movement = "N_thru"}
"6 NBR" = ""
"6 SBL" = {link = "S", movement = "S_left"}
''',
    [
        ("6", "2025-10-11T00:00:00-05:00", "N", "N_left", "all", 0),
        ("6", "2025-10-11T00:15:00-05:00", "N", "N_left", "all", 2),
        ("6", "2025-10-11T00:00:00-05:00", "N", "N_thru", "all", 11),
        ("6", "2025-10-11T00:15:00-05:00", "N", "N_thru", "all", 9),
        ("6", "2025-10-11T00:00:00-05:00", "S", "S_left", "all", None),
        ("6", "2025-10-11T00:15:00-05:00", "S", "S_left", "all", 4),
    ],
)  # fmt: skip

_CITY_KINDS = [f"{way}_{kind}_{turn}" for kind in ("cars", "truck", "bus") for way in ("sb", "nb")
               for turn in "rtl"]  # fmt: skip
CITY = Sample(
    "city.csv", "city",
    "_id,count_id,count_date,location_id,location,lng,lat,centreline_type,centreline_id,px,time_start,time_end,"
    + ",".join(_CITY_KINDS) + ",nx_peds,nx_bike,nx_other\n"
    "1,9,2024-05-14,13060,KING / BAY,-79.4,43.6,2,,,2024-05-14T07:30:00,2024-05-14T07:45:00,"
    + ",".join(str(k) for k in range(18)) + ",50,3,0\n",
    '''time_zone = "America/Toronto"
others = "leave out"
[places]
"13060 SBT" = {link = "S", movement = "S_thru"}
"13060 NBL" = {link = "N", movement = "N_left"}
''',
    [
        ("13060", "2024-05-14T07:30:00-04:00", "N", "N_left", "car", 5),
        ("13060", "2024-05-14T07:30:00-04:00", "N", "N_left", "heavy", 11 + 17),
        ("13060", "2024-05-14T07:30:00-04:00", "S", "S_thru", "car", 1),
        ("13060", "2024-05-14T07:30:00-04:00", "S", "S_thru", "heavy", 7 + 13),
    ],
)  # fmt: skip

COLUMNS = Sample(
    "vendor.csv", "columns",
    '''Report of all movements;;;;
Day;From;To;Site;NB Left;NB Left HV
14.05.2024;07:45;08:00;K1;12;2
14.05.2024;08:00;08:15;K1;-;1
''',
    '''format = "columns"
time_zone = "Europe/Berlin"
[columns]
date = "Day"
start = "From"
end = "To"
place = ["Site"]
time_format = "%d.%m.%Y %H:%M"
delimiter = ";"
skip_rows = 1
counts = [
    {column = "NB Left", place = "NBL", vehicle_class = "car"},
    {column = "NB Left HV", place = "NBL", vehicle_class = "heavy"},
]
[places]
"K1 NBL" = {link = "N", movement = "N_left"}
''',
    [
        ("vendor", "2024-05-14T07:45:00+02:00", "N", "N_left", "car", 12),
        ("vendor", "2024-05-14T08:00:00+02:00", "N", "N_left", "car", None),
        ("vendor", "2024-05-14T07:45:00+02:00", "N", "N_left", "heavy", 2),
        ("vendor", "2024-05-14T08:00:00+02:00", "N", "N_left", "heavy", 1),
    ],
)  # fmt: skip

_DOCUMENTED = """"Timestamp","Counter area","ObjectClass","UniqueID","CountingDirection"
"2019-05-02T19:10:22.150Z","North","car",4096,"rightleft_bottomtop"
"2019-05-02T19:10:24.150Z","North","truck",4097,"rightleft_bottomtop"
"2019-05-02T19:10:25.150Z","North","person",4098,"rightleft_bottomtop"
"2019-05-02T19:10:31.000Z","East","car",4096,"leftright_topbottom"
"2019-05-02T19:11:31.000Z","East","car",4097,"leftright_topbottom"
"2019-05-02T19:15:30.000Z","North","car",4099,"rightleft_bottomtop"
"""
_LINES_MAP = """interval_s = 300
recorded = ["2019-05-02T19:10:00Z", "2019-05-02T19:20:00Z"]
turn_within_s = 30
one_class = true
[places]
"North rightleft_bottomtop" = "N"
"North -> East" = {link = "N", movement = "N_left"}
"""
_LINES_ROWS: list[tuple[str, str, str, str, str, int | None]] = [
    ("{stem}", "2019-05-02T19:10:00+00:00", "N", "", "all", 2),
    ("{stem}", "2019-05-02T19:15:00+00:00", "N", "", "all", 1),
    ("{stem}", "2019-05-02T19:10:00+00:00", "N", "N_left", "all", 1),  # 4097 took too long to be one turn
    ("{stem}", "2019-05-02T19:15:00+00:00", "N", "N_left", "all", 0),
]


def _named(stem: str) -> list[tuple[str, str, str, str, str, int | None]]:
    return [(stem, *row[1:]) for row in _LINES_ROWS]


ODC = Sample("odc.csv", "opendatacam", _DOCUMENTED, _LINES_MAP, _named("odc"))


def _events() -> list[list[str]]:
    return [line.replace('"', "").split(",") for line in _DOCUMENTED.splitlines()[1:]]


ODC_V3 = Sample(
    "odc3.csv", "opendatacam",
    "frameId,timestamp,area,name,id,bearing,countingDirection,angleWithCountingLine\n"
    + "".join(f"{k},{t},{area},{kind},{id},12.5,{way},80.1\n" for k, (t, area, kind, id, way)
              in enumerate(_events())),
    _LINES_MAP, _named("odc3"),
)  # fmt: skip
_IDS = {"North": "a1f0-1", "East": "a1f0-2"}
ODC_JSON = Sample(
    "odc.json", "opendatacam",
    json.dumps([{
        "_id": "5cc3", "dateStart": "2019-05-02T19:10:20.000Z", "dateEnd": "2019-05-02T19:16:00.000Z",
        "areas": {id: {"color": "yellow", "type": "bidirectional", "name": name,
                       "location": {"point1": {"x": 1, "y": 2}}} for name, id in _IDS.items()},
        "counterSummary": {id: {"car": 2, "_total": 3} for id in _IDS.values()},
        "trackerSummary": {"totalItemsTracked": 4},
        "counterHistory": [[{"timestamp": t, "area": _IDS[area], "name": kind, "id": int(id), "bearing": 12.5,
                             "countingDirection": way}] for t, area, kind, id, way in _events()],
    }]),
    _LINES_MAP, _named("odc"),
)  # fmt: skip

OTANALYTICS = Sample(
    "flows.csv", "otanalytics",
    "start time,start occurrence date,start occurrence time,end time,end occurrence date,end occurrence time,"
    "classification,flow,from section,to section,count\n"
    "2023-01-02 08:00:00,2023-01-02,08:00:00,2023-01-02 08:15:00,2023-01-02,08:15:00,car,West --> Ost,West,Ost,1\n"
    "2023-01-02 08:00:00,2023-01-02,08:00:00,2023-01-02 08:15:00,2023-01-02,08:15:00,bicyclist,West --> Ost,West,"
    "Ost,7\n"
    "2023-01-02 08:15:00,2023-01-02,08:15:00,2023-01-02 08:30:00,2023-01-02,08:30:00,truck_with_trailer,"
    "West --> Ost,West,Ost,3\n",
    'time_zone = "Europe/Berlin"\ncamera = "OT1"\n[places]\n"West -> Ost" = "W"\n',
    [
        ("OT1", "2023-01-02T08:00:00+01:00", "W", "", "car", 1),
        ("OT1", "2023-01-02T08:15:00+01:00", "W", "", "car", 0),  # another class was counted
        ("OT1", "2023-01-02T08:00:00+01:00", "W", "", "heavy", 0),
        ("OT1", "2023-01-02T08:15:00+01:00", "W", "", "heavy", 3),
    ],
)  # fmt: skip


def swarm_line(time: str, kind: str = "car", way: str = "in", line: str = "N", track: int = 23) -> str:
    """An event as it comes over MQTT."""
    return json.dumps({
        "crossingLineEvent": {"class": kind, "direction": way, "lineId": "l1", "lineName": line,
                              "timestamp": time, "trackId": track},
        "node": {"id": "3e1b", "name": "pole"}, "stream": {"id": "s1", "name": "cam1"}, "version": "5.0",
        "uuid": "0f5c",
    })  # fmt: skip


SWARM = Sample(
    "swarm.jsonl", "swarm",
    "\n".join([
        swarm_line("2019-12-29T10:00:14.373202Z"),
        swarm_line("2019-12-29T10:01:14.373202Z", "truck"),
        '{"rawTrack":{"trackId":23},"node":{"id":"3e1b"},"version":"5.0"}',
        swarm_line("2019-12-29T10:02:59.9Z", way="out"),
        swarm_line("2019-12-29T11:06:00+01:00"),
        swarm_line("2019-12-29T10:04:00Z", "person"),
    ]) + "\n",
    '''interval_s = 300
recorded = ["2019-12-29T10:00:00Z", "2019-12-29T10:10:00Z"]
time_zone = "Europe/Vienna"
[places]
"cam1 N in" = "N"
"N out" = ""
''',
    [
        ("cam1", "2019-12-29T11:00:00+01:00", "N", "", "car", 1),
        ("cam1", "2019-12-29T11:05:00+01:00", "N", "", "car", 1),
        ("cam1", "2019-12-29T11:00:00+01:00", "N", "", "heavy", 1),
        ("cam1", "2019-12-29T11:05:00+01:00", "N", "", "heavy", 0),
    ],
)  # fmt: skip


def deepstream_line(time: str, track: str, kind: str = "entry", vehicle: str = "sedan") -> str:
    """A message of the full schema; the plate is nobody's."""
    return json.dumps({
        "messageid": "84a3a0ad", "mdsversion": "1.0", "@timestamp": time,
        "place": {"id": "1", "name": "XYZ", "type": "garage", "location": {"lat": 30.32, "lon": -40.5, "alt": 100.0}},
        "sensor": {"id": "CAM_1", "type": "Camera", "location": {"lat": 45.2, "lon": -85.5, "alt": 48.1}},
        "analyticsModule": {"id": "XYZ_1"},
        "object": {"id": track, "speed": 18.0, "direction": 24.0, "orientation": 18.0,
                   "vehicle": {"type": vehicle, "make": "Bugatti", "model": "M", "color": "blue",
                               "licenseState": "CA", "license": "XX1234", "confidence": 0.9},
                   "bbox": {"topleftx": 1, "toplefty": 2, "bottomrightx": 3, "bottomrighty": 4}},
        "event": {"id": f"4f84-{track}", "type": kind}, "videoPath": "/pictures/1.mp4",
    })  # fmt: skip


DEEPSTREAM = Sample(
    "deepstream.jsonl", "deepstream",
    "\n".join([
        deepstream_line("2018-04-11T04:59:59.508Z", "1"),
        deepstream_line("2018-04-11T05:00:01.508Z", "1"),
        deepstream_line("2018-04-11T05:01:00.000Z", "2", vehicle="truck"),
        deepstream_line("2018-04-11T05:01:01.000Z", "1", "moving"),
        deepstream_line("2018-04-11T05:03:59.000Z", "1"),  # the number comes again: another vehicle
    ]) + "\n",
    '''interval_s = 300
recorded = ["2018-04-11T04:55:00Z", "2018-04-11T05:05:00Z"]
[places]
"CAM_1 entry" = "N"
"CAM_1 moving" = ""
''',
    [
        ("CAM_1", "2018-04-11T04:55:00+00:00", "N", "", "car", 1),
        ("CAM_1", "2018-04-11T05:00:00+00:00", "N", "", "car", 1),
        ("CAM_1", "2018-04-11T04:55:00+00:00", "N", "", "heavy", 0),
        ("CAM_1", "2018-04-11T05:00:00+00:00", "N", "", "heavy", 1),
    ],
)  # fmt: skip

HIRES = Sample(
    "log.csv", "hires",
    '''TimeStamp,DeviceId,EventId,Parameter
2024-04-15 12:00:00,1136,1,5
2024-04-15 12:00:10.3,1136,82,5
2024-04-15 12:00:10.5,1136,81,5
2024-04-15 12:02:10.1,1136,82,6
2024-04-15 12:04:00.0,1136,82,40
2024-04-15 12:06:00.0,1136,82,5
''',
    '''time_zone = "America/New_York"
interval_s = 300
recorded = ["2024-04-15T12:00:00", "2024-04-15T12:10:00"]
[places]
"1136 5" = "N"
"1136 6" = "N"
"1136 40" = ""
''',
    [
        ("1136", "2024-04-15T12:00:00-04:00", "N", "", "all", 2),
        ("1136", "2024-04-15T12:05:00-04:00", "N", "", "all", 1),
    ],
)  # fmt: skip

SUMO_EDGES = Sample(
    "edges.xml", "sumo",
    '<data><interval id="x" begin="0" end="900"><edge id="e1" entered="120"/></interval>\n'
    '<interval begin="900" end="1800"><edge id="e1" entered="130"/></interval></data>\n',
    "start = 2024-05-14T08:00:00+02:00\n",
    [
        ("e1", "2024-05-14T06:00:00+00:00", "e1", "", "all", 120),
        ("e1", "2024-05-14T06:15:00+00:00", "e1", "", "all", 130),
    ],
)  # fmt: skip
SUMO_TURNS = Sample(
    "turns.xml",
    "sumo",
    '<data><interval begin="0" end="3600"><edgeRelation from="-58" to="64" count="12"/></interval></data>\n',
    'start = 2024-05-14T08:00:00\ntime_zone = "Europe/Berlin"\n',
    [("-58", "2024-05-14T08:00:00+02:00", "-58", "-58->64", "all", 12)],
)

_VALUE = """<measuredValue index="{index}"><measuredValue><basicData xsi:type="{kind}">{more}</basicData></measuredValue>
</measuredValue>"""
DATEX = Sample(
    "datex.xml", "datex",
    '''<?xml version="1.0" encoding="UTF-8"?>
<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<payloadPublication xsi:type="MeasuredDataPublication">
<measurementSiteTableReference id="NDW01_MT" version="955"/>
<siteMeasurements><measurementSiteReference id="RWS01" version="1" targetClass="MeasurementSiteRecord"/>
<measurementTimeDefault>2024-01-10T09:01:00+01:00</measurementTimeDefault>
'''
    + _VALUE.format(index=1, kind="TrafficFlow",
                    more='<vehicleFlow numberOfInputValuesUsed="4"><vehicleFlowRate>240</vehicleFlowRate></vehicleFlow>')
    + _VALUE.format(index=2, kind="TrafficFlow",
                    more="<vehicleFlow><dataError>true</dataError><vehicleFlowRate>-1</vehicleFlowRate></vehicleFlow>")
    + _VALUE.format(index=3, kind="TrafficSpeed", more="<averageVehicleSpeed><speed>88</speed></averageVehicleSpeed>")
    + '''</siteMeasurements>
<siteMeasurements><measurementSiteReference id="RWS02" version="1"/>
<measurementTimeDefault>2024-01-10T09:01:00+01:00</measurementTimeDefault>
'''
    + _VALUE.format(index=1, kind="TrafficFlow", more="<vehicleFlow><vehicleFlowRate>60</vehicleFlowRate></vehicleFlow>")
    + "</siteMeasurements></payloadPublication></d2LogicalModel>\n",
    '''time_is = "end"
interval_s = 60
time_zone = "Europe/Amsterdam"
[places]
"RWS01 1" = "A"
"RWS01 2" = "B"
"RWS02" = "C"
''',
    [
        ("RWS01", "2024-01-10T09:00:00+01:00", "A", "", "all", 4),
        ("RWS01", "2024-01-10T09:00:00+01:00", "B", "", "all", None),
        ("RWS02", "2024-01-10T09:00:00+01:00", "C", "", "all", 1),
    ],
)  # fmt: skip

_QUANTITY = """<roa:physicalQuantity index="{index}"><roa:physicalQuantity xsi:type="roa:SinglePhysicalQuantity">
{fault}<roa:basicData xsi:type="roa:{kind}">{more}</roa:basicData></roa:physicalQuantity></roa:physicalQuantity>
"""
_FLOW = '<roa:vehicleFlow accuracy="0.0">{error}<com:vehicleFlowRate>{rate}</com:vehicleFlowRate></roa:vehicleFlow>'
DATEX_V3 = Sample(
    "datex3.xml", "datex",
    '''<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<mc:messageContainer xmlns:mc="http://datex2.eu/schema/3/messageContainer" xmlns:roa="http://datex2.eu/schema/3/roadTrafficData" xmlns:com="http://datex2.eu/schema/3/common" modelBaseVersion="3">
<mc:payload xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="roa:MeasuredDataPublication" lang="nl">
<com:publicationTime>2024-01-10T08:03:00Z</com:publicationTime>
<roa:siteMeasurements><roa:measurementSiteReference targetClass="roa:MeasurementSite" id="RWS01" version="19"/>
'''
    + _QUANTITY.format(index=1, kind="TrafficFlow", fault="", more=_FLOW.format(error="", rate=240))
    + _QUANTITY.format(index=2, kind="TrafficFlow", fault="",
                       more=_FLOW.format(error="<com:dataError>true</com:dataError>", rate=0))
    + _QUANTITY.format(index=3, kind="TrafficSpeed", fault="",
                       more="<roa:averageVehicleSpeed><com:speed>88</com:speed></roa:averageVehicleSpeed>")
    + _QUANTITY.format(index=4, kind="TrafficFlow", more=_FLOW.format(error="", rate=600),
                       fault="<roa:physicalQuantityFault><com:faultReason>x</com:faultReason></roa:physicalQuantityFault>")
    + '''<roa:measurementTimeDefault><roa:timeValue>2024-01-10T08:01:00Z</roa:timeValue></roa:measurementTimeDefault>
</roa:siteMeasurements>
<roa:siteMeasurements><roa:measurementSiteReference targetClass="roa:MeasurementSite" id="RWS02" version="1"/>
<roa:measurementTimeDefault><roa:timeValue>2024-01-10T08:02:00Z</roa:timeValue></roa:measurementTimeDefault>
'''
    + _QUANTITY.format(index=1, kind="TrafficFlow", fault="", more=_FLOW.format(error="", rate=60))
    + "</roa:siteMeasurements></mc:payload></mc:messageContainer>\n",
    DATEX.guide + '"RWS01 4" = "D"\n',
    [
        ("RWS01", "2024-01-10T09:00:00+01:00", "A", "", "all", 4),
        ("RWS01", "2024-01-10T09:00:00+01:00", "B", "", "all", None),
        ("RWS01", "2024-01-10T09:00:00+01:00", "D", "", "all", None),
        ("RWS02", "2024-01-10T09:01:00+01:00", "C", "", "all", 1),
    ],
)  # fmt: skip

SUMO_DETECTORS = Sample(
    "detectors.xml", "sumo_detectors",
    """<?xml version="1.0" encoding="UTF-8"?>
<detector xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://sumo.dlr.de/xsd/det_e1_file.xsd">
    <interval begin="0.00" end="900.00" id="loop1" nVehContrib="136" flow="544.00" occupancy="6.89" speed="12.41" harmonicMeanSpeed="11.51" length="5.22" nVehEntered="138"/>
    <interval begin="0.00" end="900.00" id="loop2" nVehContrib="14" flow="56.00" occupancy="0.89" speed="12.41" harmonicMeanSpeed="11.51" length="5.22" nVehEntered="14"/>
    <interval begin="0.00" end="900.00" id="area1" sampledSeconds="607.03" nVehEntered="148" nVehLeft="145" nVehSeen="148" meanSpeed="12.97" meanTimeLoss="0.19"/>
    <interval begin="0.00" end="900.00" id="multi1" meanTravelTime="30.10" meanSpeed="9.10" meanHaltsPerVehicle="0.40" vehicleSum="77" vehicleSumWithin="3"/>
    <interval begin="900.00" end="1800.00" id="loop1" nVehContrib="138" flow="552.00" occupancy="13.10" speed="11.64" harmonicMeanSpeed="6.32" length="5.54" nVehEntered="140"/>
    <interval begin="900.00" end="1800.00" id="loop2" nVehContrib="0" flow="0.00" occupancy="0.00" speed="-1.00" harmonicMeanSpeed="-1.00" length="-1.00" nVehEntered="0"/>
</detector>
""",
    """start = 2024-05-14T08:00:00+02:00
[places]
"loop1" = "W_in"
"loop2" = "W_in"
"area1" = {link = "N_in", movement = "N_left"}
"multi1" = "E_in"
""",
    [
        ("detectors", "2024-05-14T06:00:00+00:00", "E_in", "", "all", 77),
        ("detectors", "2024-05-14T06:00:00+00:00", "N_in", "N_left", "all", 145),
        ("detectors", "2024-05-14T06:00:00+00:00", "W_in", "", "all", 150),
        ("detectors", "2024-05-14T06:15:00+00:00", "W_in", "", "all", 138),
    ],
)  # fmt: skip
SUMO_PASSAGES = Sample(
    "instant.xml", "sumo_detectors",
    '<instantE1>\n'
    + "".join(
        f'<instantOut id="inst1" time="{t}.05" state="enter" vehID="{t}" speed="14.59" length="5.00" type="car" gap="5.82"/>\n'
        f'<instantOut id="inst1" time="{t}.39" state="leave" vehID="{t}" speed="14.59" length="5.00" type="car" occupancy="0.34"/>\n'
        for t in range(0, 1200, 20)
    )
    + "</instantE1>\n",
    "start = 2024-05-14T08:00:00Z\ninterval_s = 600\n",
    [
        ("instant", "2024-05-14T08:00:00+00:00", "inst1", "", "all", 30),
        ("instant", "2024-05-14T08:10:00+00:00", "inst1", "", "all", 30),
    ],
)  # fmt: skip

OWN = Sample(
    "own.csv", "own",
    f'''{HEAD}
cam,2024-05-14T08:00:00+02:00,2024-05-14T08:15:00+02:00,N,N_left,all,10,good
cam,2024-05-14T08:15:00+02:00,2024-05-14T08:30:00+02:00,N,N_left,all,,good
cam,2024-05-14T08:30:00+02:00,2024-05-14T08:45:00+02:00,N,N_left,all,7,imputed
''',
    'time_zone = "Europe/Berlin"\n',
    [
        ("cam", "2024-05-14T08:00:00+02:00", "N", "N_left", "all", 10),
        ("cam", "2024-05-14T08:15:00+02:00", "N", "N_left", "all", None),
        ("cam", "2024-05-14T08:30:00+02:00", "N", "N_left", "all", 7),
    ],
)  # fmt: skip

SAMPLES = (
    TMC, CITY, COLUMNS, ODC, ODC_V3, ODC_JSON, OTANALYTICS, SWARM, DEEPSTREAM, HIRES, SUMO_EDGES, SUMO_TURNS,
    SUMO_DETECTORS, SUMO_PASSAGES, DATEX, DATEX_V3, OWN,
)  # fmt: skip
