"""The section [sensors] of scenario.toml: cameras, when they fail, when they see worse."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, create_model, field_validator, model_validator

from signalsim.errors import InputError
from signalsim.scenario.cameras import PARAMETERS, preset
from signalsim.scenario.section import Section, optional


class OutageConfig(Section):
    """Cameras that see nothing for a while; without a place: all of them."""

    begin_s: Annotated[float, Field(ge=0, description="from so many seconds after simulated time 0")]
    end_s: Annotated[float, Field(description="up to then")]
    nodes: Annotated[list[str], Field(description="signalised junctions whose cameras are out")] = []
    links: Annotated[list[str], Field(description="links that are not seen, each leading to such a one")] = []


class ConditionConfig(Section):
    """A time in which cameras see worse; what that means each preset says."""

    kind: Annotated[Literal["night", "rain"], Field(description="both may be at a time")]
    begin_s: Annotated[float, Field(ge=0, description="from so many seconds after simulated time 0")]
    end_s: Annotated[float, Field(description="up to then")]


class _SensorSection(Section):
    """What controllers may know."""

    preset: Annotated[
        Literal["omniscient", "perfect", "good", "typical", "poor"], Field(description="camera quality")
    ] = "typical"
    outages: Annotated[list[OutageConfig], Field(description="cameras that fail, and when")] = []
    conditions: Annotated[list[ConditionConfig], Field(description="night and rain, and when")] = []

    @field_validator("outages", "conditions")
    @classmethod
    def _end_after_they_begin(cls, value: list[Any]) -> list[Any]:
        for one in value:
            if not one.begin_s < one.end_s:
                raise ValueError(
                    f"has one from {one.begin_s:g} to {one.end_s:g} s; let it end after it begins"
                )
        return value

    @model_validator(mode="after")
    def _possible(self) -> Self:
        try:
            preset(self.spec)
        except InputError as error:
            raise ValueError(f"is not possible: {error}") from None
        return self

    @property
    def spec(self) -> str:
        """What `--sensors` would say: the preset, and what the section changes in it."""
        own = {parameter.name: getattr(self, parameter.name) for parameter in PARAMETERS}
        changes = [f"{name}={value!r}" for name, value in own.items() if value is not None]
        return f"{self.preset}:{','.join(changes)}" if changes else self.preset


def _sensor_model() -> type[_SensorSection]:
    """The section with one optional field per parameter of a camera."""
    fields: dict[str, Any] = {
        one.name: optional(*(one.metadata[key] for key in ("low", "high", "meaning", "unit")))
        for one in PARAMETERS
    }
    return create_model("SensorConfig", __base__=_SensorSection, __doc__=_SensorSection.__doc__, **fields)


if TYPE_CHECKING:
    SensorConfig = _SensorSection
else:
    SensorConfig = _sensor_model()
