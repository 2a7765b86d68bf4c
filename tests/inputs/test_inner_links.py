"""Links inside the network where routes begin and end, with listed trips and with counts."""

import csv
import re
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from signalsim.control.volumes import expected_volumes
from signalsim.demand import sample
from signalsim.demand.fit import movement_flows
from signalsim.engine.records import first_difference
from signalsim.network import Network, load_network
from signalsim.scenario import build, load
from signalsim.simulation import simulate

TRIPS = ["vehicle_id", "depart_s", "class", "route_id"]
ROUTES = ["route_id", "link_ids"]


def write(folder: Path, file: str, rows: list[list[object]]) -> None:
    with (folder / file).open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def open_links(folder: Path) -> None:
    """Let routes begin and end on every link."""
    with (folder / "link.csv").open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    keep = [k for k, name in enumerate(header) if name not in ("opt_entry", "opt_exit")]
    write(
        folder,
        "link.csv",
        [[*(row[k] for k in keep), *flags] for row, flags in
         ((header, ("opt_entry", "opt_exit")), *((row, (1, 1)) for row in rows))],
    )  # fmt: skip


def walks(network: Network, rng: np.random.Generator, n: int, longest: int) -> list[str]:
    """Random routes along movements, from any link to any other; some never leave their first link."""
    out = []
    for _ in range(n):
        link = int(rng.integers(len(network.link)))
        names = [network.link.ids[link]]
        for _ in range(int(rng.integers(0, longest))):
            onward = np.flatnonzero(network.movement_from == link)
            if not len(onward):
                break
            link = int(network.movement_to[rng.choice(onward)])
            names.append(network.link.ids[link])
        out.append(" ".join(names))
    return out


def grid(folder: Path, rng: np.random.Generator) -> None:
    """A small grid without signals: links of every length and width, all movements but U-turns."""
    n = int(rng.integers(2, 4))
    nodes = [(i, j) for i in range(n) for j in range(n)]
    ends = [(a, b) for a in nodes for b in nodes if abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1]
    name = {end: f"l{k}" for k, end in enumerate(ends)}
    write(
        folder,
        "node.csv",
        [["node_id", "x_coord", "y_coord"], *([f"n{p}", 200 * p[0], 200 * p[1]] for p in nodes)],
    )
    links = [
        [name[e], f"n{e[0]}", f"n{e[1]}", int(rng.integers(20, 300)), int(rng.integers(1, 4)), 50]
        for e in ends
    ]
    write(
        folder,
        "link.csv",
        [["link_id", "from_node_id", "to_node_id", "length", "lanes", "free_speed"], *links],
    )
    moves = [(a, b) for a in ends for b in ends if a[1] == b[0] and a[0] != b[1]]
    rows = [[f"{name[a]}-{name[b]}", f"n{a[1]}", name[a], name[b]] for a, b in moves]
    write(folder, "movement.csv", [["mvmt_id", "node_id", "ib_link_id", "ob_link_id"], *rows])
    (folder / "scenario.toml").write_text(
        'format_version = 1\nname = "grid"\ntime_zone = "UTC"\nstart = 2024-05-14T08:00:00\n'
        "[horizon]\nwarm_up_s = 60\ndemand_s = 300\ndrain_s = 300\n"
        '[demand]\ntrips = "trips.csv"\n[control]\ncontrollers = ["deployed"]\n',
        encoding="utf-8",
    )


def add_walks(folder: Path, network: Network, rng: np.random.Generator, vehicles: int) -> list[str]:
    """Trips on random walks within five minutes after the warm-up; returns the route of each."""
    routes = walks(network, rng, 40, 8)
    taken = rng.integers(0, 40, vehicles)
    depart = np.round(rng.uniform(0, 360, vehicles), 2)
    write(folder, "routes.csv", [ROUTES, *([f"r{k}", links] for k, links in enumerate(routes))])
    kinds = rng.choice(["car", "car", "heavy", "bus"], vehicles)
    rows = [[f"v{k}", depart[k], kinds[k], f"r{taken[k]}"] for k in range(vehicles)]
    write(folder, "trips.csv", [TRIPS, *rows])
    return [routes[k] for k, time in zip(taken, depart, strict=True) if 60 <= time < 360]


def check_flows(folder: Path, in_window: list[str]) -> None:
    """Flows of the demand window are those of the list; entries and shares imply the same."""
    demand, network = load(folder).demand, load(folder).network
    flow = np.zeros(len(network.movement))
    pair = {
        (network.link.ids[a], network.link.ids[b]): m
        for m, (a, b) in enumerate(zip(network.movement_from, network.movement_to, strict=True))
    }
    for links in in_window:
        for a, b in pairwise(links.split()):
            flow[pair[a, b]] += 1
    assert np.array_equal(demand.listed.flow, flow)
    hours = 300 / 3600
    assert expected_volumes(demand) * hours == pytest.approx(flow, abs=1e-4)


def check_engines(folder: Path, controller: str, seed: int) -> None:
    """The same records, and nobody lost."""
    built = build(load(folder))
    fast, slow = (
        simulate(built, controller, seed=seed, engine=engine, record="full") for engine in ("numba", "simpy")
    )
    assert first_difference(fast.records, slow.records) == "", f"seed {seed}"
    assert fast.totals == slow.totals
    assert fast.totals.departed == len(built.scenario.trips)
    assert fast.totals.departed == fast.totals.arrived + fast.totals.inside + fast.totals.waiting


@pytest.mark.parametrize("seed", range(12))
def test_random_grids_with_routes_from_any_link_to_any_link(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    grid(tmp_path, rng)
    open_links(tmp_path)
    in_window = add_walks(tmp_path, load_network(tmp_path), rng, 300)
    check_flows(tmp_path, in_window)
    check_engines(tmp_path, "deployed", seed)


@pytest.mark.parametrize("controller", ["deployed", "max-pressure"])
def test_signalised_network_with_routes_from_any_link_to_any_link(
    controller: str, scenarios: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(scenarios / "hangzhou", tmp_path / "hangzhou"))
    network = load(folder).network
    open_links(folder)
    (folder / "counts.csv").unlink()
    text = (folder / "scenario.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^\[(demand|horizon)\].*?(?=^\[|\Z)", "", text)
    text += '\n[horizon]\nwarm_up_s = 60\ndemand_s = 300\ndrain_s = 600\n[demand]\ntrips = "trips.csv"\n'
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    in_window = add_walks(folder, network, np.random.default_rng(5), 600)
    check_flows(folder, in_window)
    check_engines(folder, controller, 5)


# Counts on a road a, b, c: vehicles begin on a and b, and some end on b

COUNTS = ["camera_id", "interval_start", "interval_end", "link_id", "movement_id", "count"]
HOUR = ["2024-05-14T08:00:00+00:00", "2024-05-14T09:00:00+00:00"]


@pytest.fixture
def road(tmp_path: Path) -> Path:
    nodes = [["node_id", "x_coord", "y_coord"], *([f"n{k}", 300 * k, 0] for k in range(4))]
    write(tmp_path, "node.csv", nodes)
    header = [
        "link_id",
        "from_node_id",
        "to_node_id",
        "length",
        "lanes",
        "free_speed",
        "opt_entry",
        "opt_exit",
    ]
    links = [[name, f"n{k}", f"n{k + 1}", 300, 1, 50, *flags]
             for k, (name, flags) in enumerate((("a", (0, 0)), ("b", (1, 1)), ("c", (0, 0))))]  # fmt: skip
    write(tmp_path, "link.csv", [header, *links])
    moves = [
        ["mvmt_id", "node_id", "ib_link_id", "ob_link_id"],
        ["ab", "n1", "a", "b"],
        ["bc", "n2", "b", "c"],
    ]
    write(tmp_path, "movement.csv", moves)
    (tmp_path / "scenario.toml").write_text(
        'format_version = 1\nname = "road"\ntime_zone = "UTC"\nstart = 2024-05-14T08:00:00\n'
        '[horizon]\nwarm_up_s = 0\ndemand_s = 3600\n[demand]\nmode = "exact"\n',
        encoding="utf-8",
    )
    counts = [
        ["x", *HOUR, "a", "", 100],
        ["x", *HOUR, "a", "ab", 100],
        ["x", *HOUR, "b", "", 40],
        ["x", *HOUR, "b", "bc", 70],
    ]
    write(tmp_path, "counts.csv", [COUNTS, *counts])
    return tmp_path


def test_whole_link_rows_of_an_inner_entry_count_who_begins_there(road: Path) -> None:
    scenario = load(road)
    arrivals = sample(scenario.demand)
    begun = np.bincount(arrivals.route_link[arrivals.route], minlength=3)
    assert begun.tolist() == [100, 40, 0]
    assert scenario.demand.warnings == ()


def test_who_does_not_drive_on_ends_there(road: Path) -> None:
    """140 come onto b, 70 leave it: half of them end. Of 60 draws of 140 vehicles the share that drives
    on has the standard error sqrt(0.25 / 8400); 4 of them are allowed.
    """
    demand = load(road).demand
    assert expected_volumes(demand) == pytest.approx([100, 70])
    flows = [movement_flows(demand, sample(demand, seed)) for seed in range(60)]
    assert all(flow[0] == 100 for flow in flows)
    assert abs(np.mean([flow[1] for flow in flows]) / 140 - 0.5) < 4 * np.sqrt(0.25 / 8400)


def test_an_inner_entry_without_a_count_of_its_own_is_silent(road: Path) -> None:
    """What its movement counts is no entry; all that leaves b came over ab, so fewer end."""
    rows = [["x", *HOUR, "a", "", 100], ["x", *HOUR, "a", "ab", 100], ["x", *HOUR, "b", "bc", 70]]
    write(road, "counts.csv", [COUNTS, *rows])
    demand = load(road).demand
    assert expected_volumes(demand) == pytest.approx([100, 70])
    assert any(
        "link 'b' has no row for the whole link, so nothing enters there" in w for w in demand.warnings
    )


def test_nobody_ends_where_that_was_not_counted(road: Path) -> None:
    rows = [["x", *HOUR, "a", "", 100], ["x", *HOUR, "a", "ab", 100], ["x", *HOUR, "b", "", 40]]
    write(road, "counts.csv", [COUNTS, *rows])
    demand = load(road).demand
    assert expected_volumes(demand) == pytest.approx([100, 140])
    assert any("link 'b' has opt_exit = 1, but not all" in warning for warning in demand.warnings)


def test_more_leave_than_came_so_nobody_ends(road: Path) -> None:
    rows = [
        ["x", *HOUR, "a", "", 10],
        ["x", *HOUR, "a", "ab", 10],
        ["x", *HOUR, "b", "", 0],
        ["x", *HOUR, "b", "bc", 70],
    ]
    write(road, "counts.csv", [COUNTS, *rows])
    assert expected_volumes(load(road).demand) == pytest.approx([10, 10])
