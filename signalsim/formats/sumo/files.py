"""Which files an import reads: as named, or as a .sumocfg names them."""

from dataclasses import dataclass, field
from pathlib import Path

from signalsim.errors import InputError
from signalsim.formats.wheel import resolve
from signalsim.formats.xmlfile import Reader, elements

MAX_SECONDS = 1e8


@dataclass
class Files:
    """Paths, and the time that is simulated (s of SUMO's clock; None: by the vehicles)."""

    net: Path
    routes: list[Path] = field(default_factory=list)
    plans: list[Path] = field(default_factory=list)
    counts: list[Path] = field(default_factory=list)
    additional: list[Path] = field(default_factory=list)  # of a configuration: whatever they hold
    config: Path | None = None
    begin_s: float | None = None
    end_s: float | None = None

    @property
    def all(self) -> list[Path]:
        """Every file that is read."""
        config = [self.config] if self.config else []
        return [*config, self.net, *self.routes, *self.plans, *self.counts, *self.additional]


def find(
    net: str | None, config: str | None, routes: list[str], plans: list[str], counts: list[str]
) -> Files:
    """The files of an import; what is named overrules the configuration. Raises InputError."""
    files = _of_config(resolve(config)) if config else None
    if files is None:
        if not net:
            raise InputError("--net: is missing; name a SUMO network, or a .sumocfg with --config")
        files = Files(resolve(net))
    elif net:
        files.net = resolve(net)
    files.routes = [resolve(name) for name in routes] or files.routes
    files.plans = [resolve(name) for name in plans]
    files.counts = [resolve(name) for name in counts]
    return files


def seconds(text: str) -> float | None:
    """SUMO's times: seconds, h:m:s or d:h:m:s; None for anything else."""
    if len(text) > 40:
        return None
    parts = text.split(":") if ":" in text else [text]
    if len(parts) not in (1, 3, 4):
        return None
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return None
    scales = (1.0,) if len(parts) == 1 else (86_400.0, 3600.0, 60.0, 1.0)[-len(parts) :]
    value = sum(n * scale for n, scale in zip(numbers, scales, strict=True))
    return value if abs(value) <= MAX_SECONDS else None


def _of_config(path: Path) -> Files:
    named: dict[str, str] = {}
    read = Reader(path)
    times: dict[str, float] = {}
    for element in elements(path):
        value = element.attributes.get("value", element.attributes.get("v", ""))
        if element.tag in ("net-file", "route-files", "additional-files", "net", "routes", "additional"):
            named[element.tag.split("-")[0].removesuffix("s")] = value
        elif element.tag in ("begin", "end"):
            time = seconds(value)
            if time is None:
                raise read.fault(element, "value", "is no time; give seconds or h:m:s")
            if time >= 0:
                times[element.tag] = time
    if not named.get("net"):
        raise InputError(f"{path}: names no <net-file>; add it, or name the network with --net")

    def beside(names: str) -> list[Path]:
        return [path.parent / name.strip() for name in names.split(",") if name.strip()]

    return Files(
        net=beside(named["net"])[0],
        routes=beside(named.get("route", "")),
        additional=beside(named.get("additional", "")),
        config=path,
        begin_s=times.get("begin"),
        end_s=times.get("end"),
    )
