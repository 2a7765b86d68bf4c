"""Small networks by SUMO's own netconvert."""

import subprocess
from importlib.util import find_spec
from pathlib import Path


def tool(name: str, *arguments: str) -> None:
    """Run a program of the extra 'sumo', which a test asks for before."""
    found = find_spec("sumo")
    assert found and found.origin
    program = Path(found.origin).parent / "bin" / name
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def make_cross(
    folder: Path, lights: str = "static", *more: str, lanes: int = 2, kind: str = "traffic_light"
) -> Path:
    """A crossing of two roads, by netconvert; with ``kind`` priority_stop the one from north to south has
    priority.
    """
    (folder / "x.nod.xml").write_text(
        f'<nodes><node id="c" x="0" y="0" type="{kind}"/><node id="n" x="0" y="300"/>'
        '<node id="s" x="0" y="-300"/><node id="e" x="300" y="0"/><node id="w" x="-300" y="0"/></nodes>'
    )
    edges = "".join(
        f'<edge id="{a}c" from="{a}" to="c" numLanes="{lanes}" speed="13.89" priority="{1 + (a in "ns")}"/>'
        f'<edge id="c{a}" from="c" to="{a}" numLanes="{lanes}" speed="13.89" priority="{1 + (a in "ns")}"/>'
        for a in "nsew"
    )
    (folder / "x.edg.xml").write_text(f"<edges>{edges}</edges>")
    net = folder / "x.net.xml"
    tool("netconvert", "-n", str(folder / "x.nod.xml"), "-e", str(folder / "x.edg.xml"), "-o", str(net),
         "--tls.default-type", lights, *more)  # fmt: skip
    return net
