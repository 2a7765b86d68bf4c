"""SUMO's own network builder."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from signalsim.errors import InputError

NET = "net.net.xml"
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def binary(name: str) -> Path:
    """A program of SUMO: of the wheel, else of SUMO_HOME, else on the PATH. Raises InputError."""
    homes = []
    wheel = importlib.util.find_spec("sumo")  # eclipse-sumo's package: data and programs
    if wheel is not None and wheel.submodule_search_locations:
        homes += list(wheel.submodule_search_locations)
    homes += [os.environ["SUMO_HOME"]] if os.environ.get("SUMO_HOME") else []
    places = os.pathsep.join(str(Path(home) / "bin") for home in homes)
    found = shutil.which(name, path=places) if places else None
    found = found or shutil.which(name)
    if found is None:
        raise InputError(
            f"SUMO's program {name} is not here, and exported networks are built by it; "
            "install it: pip install 'signalsim[sumo]'"
        )
    return Path(found)


def build_net(plain: Path, folder: Path, *, drive_right: bool) -> Path:
    """Run netconvert on the plain files (plain.nod.xml, …) of ``plain``; returns folder/net.net.xml.

    Raises InputError where SUMO is absent or refuses the network.
    """
    net = folder / NET
    files = {"node": "nod", "edge": "edg", "connection": "con", "tllogic": "tll"}
    command = [str(binary("netconvert"))]
    command += [f"--{what}-files={plain / f'plain.{ending}.xml'}" for what, ending in files.items()]
    command += [f"--output-file={net}", "--no-turnarounds=true", "--offset.disable-normalization=true"]
    command += ["--xml-validation=never", "--precision=3"]
    command += [] if drive_right else ["--lefthand=true"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode or not net.is_file():
        told = [line for line in done.stderr.splitlines() if line.startswith("Error")]
        raise InputError(
            f"netconvert refuses the network: {(told or ['no reason given'])[0]}; "
            "signalsim network check shows places that may be wrong"
        )
    # the comment at its head holds the time and this machine's paths
    net.write_text(_COMMENT.sub("", net.read_text(encoding="utf-8"), count=1), encoding="utf-8", newline="\n")
    return net
