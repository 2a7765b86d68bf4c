"""Small maps in OpenStreetMap's form, laid out in metres, with tags as people write them."""

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

Tags = Mapping[str, str]
METRE = 180 / (math.pi * 6_371_008.8)  # degrees of latitude
LIGHTS = {"highway": "traffic_signals"}
_MAIN = {"highway": "primary", "oneway": "yes", "lanes": "2", "maxspeed": "50", "name": "Main Street"}
_STOP = {**_MAIN, "lanes": "3", "turn:lanes": "left|through|through;right"}
_CROSS = {"highway": "secondary", "lanes": "2", "maxspeed": "30 mph", "name": "Cross Road"}

# A dual carriageway (1 to 6 eastbound, 11 to 16 westbound) crosses a street (21 to 24); further east a
# street joins (31), and one that is residential links both. Lights stand before the crossing.
NODES: dict[int, tuple[float, float, Tags]] = {
    1: (-500, -8, {}), 2: (-80, -8, {}), 3: (-20, -8, LIGHTS), 4: (0, -8, {}), 5: (400, -8, {}),
    6: (700, -8, {}),
    11: (700, 8, {}), 12: (400, 8, {}), 13: (80, 8, {}), 14: (20, 8, LIGHTS), 15: (0, 8, {}),
    16: (-500, 8, {}),
    21: (0, 300, {}), 22: (0, 25, LIGHTS), 23: (0, -25, LIGHTS), 34: (0, -150, {}), 24: (0, -300, {}),
    31: (400, -300, {}), 32: (400, -150, {}), 33: (550, -150, {}),
}  # fmt: skip
WAYS: dict[int, tuple[Sequence[int], Tags]] = {
    100: ([1, 2], _MAIN), 101: ([2, 3, 4], _STOP), 102: ([4, 5, 6], _MAIN),
    110: ([11, 12, 13], _MAIN), 111: ([13, 14, 15], _STOP), 112: ([15, 16], _MAIN),
    120: ([21, 22, 15, 4, 23, 34, 24], _CROSS),
    130: ([5, 12], {"highway": "tertiary"}), 131: ([5, 32, 31], {"highway": "tertiary", "lanes": "2"}),
    132: ([34, 32, 33], {"highway": "residential"}),
    140: ([33, 6], {"highway": "service"}), 141: ([1, 21], {"highway": "footway"}),
}  # fmt: skip
NO_STRAIGHT = (
    [("way", 131, "from"), ("node", 5, "via"), ("way", 130, "to")],
    {"type": "restriction", "restriction": "no_straight_on"},
)


def osm(
    nodes: Mapping[int, tuple[float, float, Tags]] = NODES,
    ways: Mapping[int, tuple[Sequence[int], Tags]] = WAYS,
    relations: Sequence[tuple[Sequence[tuple[str, int, str]], Tags]] = (NO_STRAIGHT,),
) -> str:
    """A .osm file about 50 degrees north, 8 degrees east."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for name, (x, y, tags) in nodes.items():
        lon = 8 + x * METRE / math.cos(math.radians(50))
        lines += [f'<node id="{name}" lat="{50 + y * METRE:.9f}" lon="{lon:.9f}">', *_tags(tags), "</node>"]
    for name, (refs, tags) in ways.items():
        lines += [f'<way id="{name}">', *(f'<nd ref="{r}"/>' for r in refs), *_tags(tags), "</way>"]
    for k, (members, tags) in enumerate(relations):
        lines += [f'<relation id="{9000 + k}">']
        lines += [f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members]
        lines += [*_tags(tags), "</relation>"]
    return "\n".join([*lines, "</osm>"]) + "\n"


def _tags(tags: Tags) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]
