"""What scenario.toml may hold. The JSON Schema beside this file is made from these classes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, ValidationInfo, create_model, field_validator

from signalsim.network import DEFAULTS, REGIONS, Defaults
from signalsim.scenario.section import Section, optional
from signalsim.scenario.sensors import SensorConfig

FORMAT_VERSION = 1
SCHEMA_FILE = Path(__file__).with_name("scenario.schema.json")
DRAWS = frozenset(("mode", "heavy_share", "max_links"))  # of [demand]: how vehicles are drawn from counts
_DAY = 86_400


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("has unprintable characters; use letters, digits and signs")
    return value


class Horizon(Section):
    """Times in seconds, in this order from simulated time 0; statistics are over the demand window."""

    warm_up_s: Annotated[float, Field(ge=0, le=_DAY, description="traffic fills the network")] = 600.0
    demand_s: Annotated[float, Field(ge=1, le=7 * _DAY, description="vehicles that depart now count")] = (
        3600.0
    )
    drain_s: Annotated[float, Field(ge=0, le=_DAY, description="at most so long for them to arrive")] = 3600.0

    @property
    def end_s(self) -> float:
        """End of the drain, seconds after simulated time 0."""
        return self.warm_up_s + self.demand_s + self.drain_s


class DemandConfig(Section):
    """Vehicles: drawn from counts, or trip by trip as they are listed."""

    counts: Annotated[str, Field(min_length=1, description="count file, relative to the scenario folder")] = (
        "counts.csv"
    )
    trips: Annotated[
        str, Field(description="trip file, instead of counts: vehicle_id, depart_s, class, route_id")
    ] = ""
    routes: Annotated[
        str, Field(min_length=1, description="the routes of the trip file: route_id, link_ids, stop_ids")
    ] = "routes.csv"
    stops: Annotated[
        str,
        Field(min_length=1, description="the stops of the routes, may be absent: stop_id, link_id, dwell_s"),
    ] = "stops.csv"
    pedestrians: Annotated[
        str,
        Field(
            min_length=1,
            description="counts at crossings, may be absent: crossing_id, interval_start, interval_end, "
            "pedestrians",
        ),
    ] = "pedestrians.csv"
    _name = field_validator("counts", "trips", "routes", "stops", "pedestrians")(_printable)
    mode: Annotated[
        Literal["sampled", "exact"],
        Field(description="sampled: Poisson with the counted mean; exact: the counted numbers"),
    ] = "sampled"
    heavy_share: Annotated[
        float, Field(ge=0, le=1, description="of vehicles whose class was not counted")
    ] = 0.0
    max_links: Annotated[int, Field(ge=2, le=10_000, description="a route ends after so many links")] = 200


class ControlConfig(Section):
    """What runs when nothing else is asked for."""

    deployed: Annotated[str, Field(min_length=1, description="plan or schedule in the street")] = "deployed"
    controllers: Annotated[
        list[str], Field(min_length=1, description="controllers of `compare`, unless others are named")
    ] = ["deployed", "uniform", "webster", "split-reallocation", "max-pressure"]
    baseline: Annotated[str, Field(min_length=1, description="what they are compared with")] = "deployed"
    offset_reference: Annotated[
        Literal["start", "midnight"],
        Field(description="offsets count from simulated time 0, or from local midnight before it"),
    ] = "start"
    offset_point: Annotated[
        Literal["start_of_green", "end_of_green", "end_of_yellow"],
        Field(description="the point of the plan's first stage that the offset fixes"),
    ] = "start_of_green"

    transition: Annotated[
        Literal["shortway", "add", "dwell"],
        Field(description="how a schedule goes from one plan to the next"),
    ] = "shortway"

    @field_validator("baseline")
    @classmethod
    def _takes_part(cls, value: str, info: ValidationInfo) -> str:
        controllers = info.data.get("controllers", [value])
        if value not in controllers:
            raise ValueError(f"is not one of the section's controllers; give {', '.join(controllers)}")
        return value


class NetworkConfig(Section):
    """The road graph."""

    region: Annotated[
        Literal["", "us", "de", "cn", "uk"],
        Field(description="whose rules the defaults follow; '': the general table"),
    ] = ""
    driving_side: Annotated[
        Literal["right", "left"],
        Field(description="left mirrors the turns, and is the side of uk unless this says otherwise"),
    ] = "right"
    conflicts: Annotated[
        Literal["by_geometry", "as_listed"],
        Field(
            description="pairs that conflict.csv does not list: by positions and turns, or free of each other"
        ),
    ] = "by_geometry"

    @property
    def drive_right(self) -> bool:
        """The side that is given, else the region's."""
        if "driving_side" in self.model_fields_set or not self.region:
            return self.driving_side == "right"
        return not REGIONS[self.region].drives_on_left


class SourceConfig(Section):
    """Where the data are from."""

    description: Annotated[str, Field(description="one or two sentences")] = ""
    url: Annotated[str, Field(description="where they are published")] = ""
    licence: Annotated[str, Field(description="under which terms")] = ""
    format: Annotated[
        Literal["", "sumo", "cityflow", "utdf", "osm", "gmns"],
        Field(description="the tables are imported from files of this format; '': they lie in the folder"),
    ] = ""
    files: Annotated[
        dict[str, str | list[str]],
        Field(description="the options of `signalsim import`: a path, or wheel:PACKAGE==VERSION/PATH"),
    ] = {}

    @field_validator("files")
    @classmethod
    def _printable_files(cls, value: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
        for names in value.values():
            for name in [names] if isinstance(names, str) else names:
                _printable(name)
        return value


def _defaults_model() -> type[Section]:
    """A section with one optional field per row of the table of defaults."""
    fields: dict[str, Any] = {
        column.name: optional(column.low, column.high, column.meaning, column.unit or "1")
        for column in DEFAULTS
    }
    return create_model("DefaultsConfig", __base__=Section, __doc__="Overrides of the defaults.", **fields)


DefaultsConfig = _defaults_model()


class ScenarioConfig(Section):
    """One scenario: everything that is not in its CSV tables."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="signalsim scenario")

    format_version: Annotated[Literal[1], Field(description="version of this file's form")]
    name: Annotated[str, Field(min_length=1, max_length=100, description="short name, used in results")]
    description: Annotated[str, Field(description="for people")] = ""
    time_zone: Annotated[str, Field(description="IANA name, such as Europe/Berlin")]
    start: Annotated[datetime, Field(description="simulated time 0: local time, or with an offset")]
    seed: Annotated[
        int, Field(ge=0, le=2**63 - 1, description="of all random numbers, unless a run gives one")
    ] = 0
    horizon: Horizon = Horizon()
    demand: DemandConfig = DemandConfig()
    sensors: SensorConfig = SensorConfig()
    control: ControlConfig = ControlConfig()
    network: NetworkConfig = NetworkConfig()
    defaults: DefaultsConfig = DefaultsConfig()  # type: ignore[valid-type]
    source: SourceConfig = SourceConfig()

    _name = field_validator("name")(_printable)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("is no IANA time zone; write one like Europe/Berlin or Asia/Shanghai") from None
        return value

    @field_validator("start")
    @classmethod
    def _sensible_start(cls, value: datetime, info: ValidationInfo) -> datetime:
        """In a sensible year, and an instant that the zone's clocks show exactly once."""
        if not 1970 <= value.year <= 2200:
            raise ValueError("lies outside 1970 to 2200; give the year of the counts")
        name = info.data.get("time_zone")
        if value.tzinfo is None and name:
            first, second = (value.replace(tzinfo=ZoneInfo(name), fold=fold) for fold in (0, 1))
            if first.utcoffset() != second.utcoffset():
                exists = first.astimezone(UTC).astimezone(first.tzinfo).replace(tzinfo=None) == value
                what = "comes twice" if exists else "does not exist"
                raise ValueError(
                    f"{what} in {name}, where the clocks are changed then; "
                    f"write it with its offset: {first.isoformat()} or {second.isoformat()}"
                )
        return value

    @field_validator("defaults")
    @classmethod
    def _shares_of_one(cls, value: Any) -> Any:
        usual = Defaults()
        left = usual.left_share if value.left_share is None else value.left_share
        right = usual.right_share if value.right_share is None else value.right_share
        if left + right > 1:
            raise ValueError(f"left_share and right_share make {left + right:g}; give 1 or less together")
        return value

    @property
    def start_local(self) -> datetime:
        """Simulated time 0 with its zone."""
        zone = ZoneInfo(self.time_zone)
        return self.start.replace(tzinfo=zone) if self.start.tzinfo is None else self.start.astimezone(zone)

    @property
    def start_ms(self) -> int:
        """Simulated time 0, UTC milliseconds."""
        return round(self.start_local.timestamp() * 1000)

    @property
    def network_defaults(self) -> Defaults:
        """The table of defaults with the region's and this scenario's overrides."""
        given: dict[str, float | None] = dict(self.defaults)
        own = {name: value for name, value in given.items() if value is not None}
        return Defaults(self.network.region, **own)


def json_schema() -> str:
    """The JSON Schema of scenario.toml, as the text of scenario.schema.json."""
    schema = ScenarioConfig.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
