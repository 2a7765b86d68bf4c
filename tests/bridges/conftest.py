"""Scenarios that SUMO can run: one of ours, exported, and one that was SUMO's, imported."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from signalsim.scenario import build, load

pytest.importorskip("libsumo", reason="needs the extra sumo: pip install '.[sumo]'")


@pytest.fixture(scope="session")
def crossing(scenarios: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The crossing with ten minutes of demand; SUMO gets it exported."""
    folder = tmp_path_factory.mktemp("bridge") / "crossing"
    shutil.copytree(scenarios / "crossing", folder)
    toml = folder / "scenario.toml"
    toml.write_text(toml.read_text().replace("demand_s = 3600", "demand_s = 600"))
    return build(load(folder))


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Four signals by netgenerate and a few hundred vehicles, imported."""
    from signalsim.formats import reader
    from signalsim.formats.sumo.export.netconvert import binary
    from signalsim.scenario.bring import bring

    folder = tmp_path_factory.mktemp("town")
    net, trips = folder / "town.net.xml", folder / "town.rou.xml"
    subprocess.run(
        [str(binary("netgenerate")), "--grid", "--grid.number=2", "--grid.length=200",
         "--grid.attach-length=200", "--default.lanenumber=2", "--default-junction-type=traffic_light",
         "--no-turnarounds=true", "--seed=1", f"--output-file={net}"],
        check=True, capture_output=True,
    )  # fmt: skip
    ways = [
        ("left0A0", "B0right0"),
        ("bottom0A0", "A1top0"),
        ("right1B1", "A1left1"),
        ("top1B1", "B0bottom1"),
    ]
    lines = [
        f'<trip id="{4 * k + i:03d}" depart="{8 * k + i}" from="{a}" to="{b}"/>'
        for k in range(60)
        for i, (a, b) in enumerate(ways)
    ]
    trips.write_text("<routes>\n" + "\n".join(lines) + "\n</routes>\n")
    bring("town", lambda: reader("sumo")("town", net=str(net), routes=[str(trips)]), folder / "town")
    return build(load(folder / "town"))


@pytest.fixture(params=["crossing", "town"])
def built(request: pytest.FixtureRequest) -> Any:
    """The same test on both."""
    return request.getfixturevalue(request.param)
