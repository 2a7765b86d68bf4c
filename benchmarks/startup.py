"""What a start costs: CPU seconds of whole processes, each beside a bare program of the same kind.

Runs alternate; a ratio is the median over pairs. ``--first`` begins with an empty cache, so that the first
run of ``signalsim run`` compiles everything.

    python benchmarks/startup.py [--repeats 9] [--first] [--json]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
SIGNALSIM = [sys.executable, "-m", "signalsim"]
BARE_TYPER = '''
import typer
app = typer.Typer(add_completion=False)
@app.command()
def simulate(scenario: str, seed: int = 0) -> None:
    """Simulate a scenario."""
app()
'''
ONE_KERNEL = """
from numba import njit
@njit(cache=True)
def successor(x):
    return x + 1
successor(1)
"""


class Pair(NamedTuple):
    """A command, the bare program that it is measured against, and what it may not load."""

    name: str
    command: list[str]
    bare_name: str
    bare: str  # its source
    arguments: list[str]  # of the bare program
    at_most: float  # ratio aimed at
    unwanted: tuple[str, ...]  # modules


PAIRS = (
    Pair(
        "signalsim --help", [*SIGNALSIM, "--help"], "a Typer program --help", BARE_TYPER, ["--help"], 1.3,
        ("numpy", "numba", "scipy", "matplotlib", "networkx", "simpy"),
    ),
    Pair(
        "signalsim run crossing", [*SIGNALSIM, "run", str(ROOT / "scenarios" / "crossing")],
        "numba and one cached kernel", ONE_KERNEL, [], 1.5, ("scipy.linalg", "matplotlib", "networkx"),
    ),
)  # fmt: skip
FIRST_S = 40.0  # CPU seconds of the first run ever, compilation and all


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--first", action="store_true", help="with an empty cache at the beginning")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder  # of the bare kernel; signalsim's has a name of its own
        if given.first:
            os.environ["SIGNALSIM_CACHE_DIR"] = f"{folder}/signalsim"
        first = cpu_s(PAIRS[1].command) if given.first else None
        rows = [measure(pair, given.repeats, Path(folder)) for pair in PAIRS]
    if given.json:
        print(json.dumps({"first_run_cpu_s": first, "commands": rows}))
        return
    print(f"{'command':26}{'CPU s':>8}  {'beside':30}{'CPU s':>8}{'ratio':>8}{'aim':>6}  loaded, unwanted")
    for row in rows:
        print(
            f"{row['command']:26}{row['cpu_s']:8.3f}  {row['bare']:30}{row['bare_cpu_s']:8.3f}"
            f"{row['ratio']:8.2f}{row['at_most']:6.1f}  {' '.join(row['unwanted']) or 'none'}"
        )
    if first is not None:
        print(f"first run ever, with compilation: {first:.1f} CPU s (aim: {FIRST_S:.0f})")


def measure(pair: Pair, repeats: int, folder: Path) -> dict[str, Any]:
    """Both programs in turn; one round before the clock starts fills their caches."""
    bare = folder / f"bare_{PAIRS.index(pair)}.py"
    bare.write_text(pair.bare, encoding="utf-8")
    command = [sys.executable, str(bare), *pair.arguments]
    times = [(cpu_s(pair.command), cpu_s(command)) for _ in range(repeats + 1)][1:]
    loaded = modules(pair.command)
    return {
        "command": pair.name,
        "cpu_s": statistics.median(ours for ours, _ in times),
        "bare": pair.bare_name,
        "bare_cpu_s": statistics.median(theirs for _, theirs in times),
        "ratio": statistics.median(ours / theirs for ours, theirs in times),
        "at_most": pair.at_most,
        "unwanted": [name for name in pair.unwanted if name in loaded],
        "modules": len(loaded),
    }


def cpu_s(command: list[str]) -> float:
    """CPU seconds of a process from its start to its end, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def modules(command: list[str]) -> set[str]:
    """What the interpreter says it has imported (its option ``-X importtime``)."""
    program = [command[0], "-X", "importtime", *command[1:]]
    told = subprocess.run(program, check=True, capture_output=True, text=True).stderr
    return {line.rpartition("|")[2].strip() for line in told.splitlines() if line.startswith("import time:")}


if __name__ == "__main__":
    main()
