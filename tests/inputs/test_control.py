"""How movements are controlled: signs, turns on red, all-way stops, roundabouts, who meets whom."""

import csv
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from signalsim.errors import InputError
from signalsim.network import Defaults, Network, conflicts, load_network
from signalsim.scenario import build, load
from signalsim.scenario.findings import check_scenario
from signalsim.simulation import simulate

ARMS = "NESW"  # clockwise


def names(net: Network, rows: np.ndarray) -> set[tuple[str, str]]:
    return {(net.movement.ids[a], net.movement.ids[b]) for a, b in rows.tolist()}


def marked(net: Network, which: np.ndarray) -> set[str]:
    return {net.movement.ids[m] for m in np.flatnonzero(which)}


def without_signals(crossing, control: dict[str, str]) -> Network:
    """The crossing with signs: ctrl_type by arm."""
    for row, cells in enumerate(crossing.rows("movement.csv")[1:], 2):
        crossing.set("movement.csv", row, "opt_signal_group_id", "")
        crossing.set("movement.csv", row, "ctrl_type", control.get(cells[0][0], ""))
    return load_network(crossing.path)


def test_the_side_roads_signs_give_way_to_the_main_road(crossing) -> None:
    net = without_signals(crossing, {"N": "stop", "S": "yield", "E": "no_control"})
    found = conflicts(net)
    yields = names(net, found.yields)
    across = {(a, b) for a, b in yields if (a[0] in "NS") != (b[0] in "NS")}
    assert across and all(a[0] in "NS" for a, _ in across)
    assert ("N_left", "S_thru") in yields  # of equals the turn gives way, as ever
    assert ("E_left", "W_thru") in yields
    assert not len(found.forbidden)
    assert {tuple(sorted(pair)) for pair in yields} == {tuple(sorted(p)) for p in names(net, found.foes)}
    assert marked(net, net.must_stop) == {"N_left", "N_thru", "N_right"}
    assert not net.all_way.any()


def test_a_sign_outranks_the_turn_against_it(crossing) -> None:
    """A left turn of the road with priority does not wait for who has a sign against it."""
    net = without_signals(crossing, {"N": "yield"})
    yields = names(net, conflicts(net).yields)
    assert ("N_thru", "S_left") in yields
    assert ("S_left", "N_thru") not in yields


def test_all_way_stop_takes_turns(crossing) -> None:
    plain = conflicts(without_signals(crossing, {}))
    net = without_signals(crossing, dict.fromkeys("NESW", "stop_4_way"))
    found = conflicts(net)
    assert not len(found.yields) and not len(found.forbidden)
    assert np.array_equal(found.foes, plain.foes)
    assert found.foes.dtype == np.int32
    assert (found.foes[:, 0] < found.foes[:, 1]).all()
    assert found.foes.tolist() == sorted(found.foes.tolist())
    assert net.all_way.all() and net.must_stop.all()


def test_half_an_all_way_stop_is_refused(crossing) -> None:
    with pytest.raises(InputError, match=r"movement\.csv, row \d+, column 'ctrl_type'.*of an all-way stop"):
        without_signals(crossing, dict.fromkeys("NES", "stop_4_way"))


@pytest.mark.parametrize("rule", ["yield", "forbidden"])
def test_listed_pairs_of_an_all_way_stop_take_turns(rule: str, crossing) -> None:
    without_signals(crossing, dict.fromkeys("NESW", "stop_4_way"))
    (crossing / "conflict.csv").write_text(
        f"mvmt_id,other_mvmt_id,rule\nW_thru,N_thru,{rule}\nE_thru,N_thru,free\nE_thru,S_thru,apart\n"
    )
    net = load_network(crossing.path, conflicts_as_listed=True)
    found = conflicts(net)
    assert names(net, found.foes) == {("N_thru", "W_thru")}
    assert not len(found.yields)
    assert names(net, found.forbidden) == {("E_thru", "S_thru")}
    net = load_network(crossing.path)
    assert ("E_thru", "N_thru") not in names(net, conflicts(net).foes)


def test_foes_of_signals_are_known_whatever_their_groups(scenarios: Path) -> None:
    """A right turn meets the cross street's traffic it merges with, though never green with it."""
    scenario = load(scenarios / "crossing")
    signals, net = scenario.signals, scenario.network
    foes = names(net, signals.foes)
    assert ("E_thru", "N_thru") in foes
    assert ("E_right", "W_left") in foes  # both into the one lane northwards
    assert {frozenset(p) for p in names(net, signals.live_yields)} <= {frozenset(p) for p in foes}


@pytest.mark.parametrize("right_hand", [True, False])
def test_turns_on_red(right_hand: bool, crossing) -> None:
    near = "right" if right_hand else "left"
    crossing.set("movement.csv", crossing.row_of("movement.csv", "N_thru"), "ctrl_type", "signal_with_RTOR")
    crossing.set("movement.csv", crossing.row_of("movement.csv", f"S_{near}"), "ctrl_type", "signal")
    nobody = load_network(crossing.path, drive_right=right_hand)
    assert marked(nobody, nobody.on_red) == {"N_thru"}
    net = load_network(crossing.path, Defaults(turn_on_red=1), drive_right=right_hand)
    assert marked(net, net.on_red) == {"N_thru", f"N_{near}", f"E_{near}", f"W_{near}"}
    assert not net.must_stop.any()


def test_keeping_clear(crossing) -> None:
    crossing.set("movement.csv", crossing.row_of("movement.csv", "N_thru"), "opt_keep_clear", 0)
    net = load_network(crossing.path)
    assert marked(net, ~net.keeps_clear) == {"N_thru"}
    crossing.set("movement.csv", crossing.row_of("movement.csv", "S_thru"), "opt_keep_clear", 1)
    net = load_network(crossing.path, Defaults(keep_clear=0))
    assert marked(net, net.keeps_clear) == {"S_thru"}


@pytest.mark.parametrize(
    ("kind", "group", "told"),
    [("stop", "N", "is no control of a movement with a signal group"), ("signal", "", "needs a signal group"),
     ("all_stop", "", "is unknown")],
)  # fmt: skip
def test_control_that_does_not_fit(kind: str, group: str, told: str, crossing) -> None:
    row = crossing.row_of("movement.csv", "N_thru")
    crossing.set("movement.csv", row, "opt_signal_group_id", group)
    crossing.set("movement.csv", row, "ctrl_type", kind)
    with pytest.raises(InputError, match=told) as caught:
        load_network(crossing.path)
    assert f"row {row}, column 'ctrl_type'" in str(caught.value)


def roundabout(folder: Path, *, radius_m: float = 15, right_hand: bool = True) -> Path:
    """Four arms around an island. Of every arm one node takes in the exit and the entry of its road."""
    folder.mkdir()
    order = ARMS[::-1] if right_hand else ARMS  # of driving around: anticlockwise where on the right
    bearing = {arm: math.radians(90 - 90 * k) for k, arm in enumerate(ARMS)}
    quarter_m = round(radius_m * math.pi / 2, 1)
    nodes: list[list[object]] = [["node_id", "x_coord", "y_coord"]]
    links: list[list[object]] = [["link_id", "from_node_id", "to_node_id", "length", "lanes", "free_speed"]]
    moves: list[list[object]] = [["mvmt_id", "node_id", "ib_link_id", "ob_link_id", "ctrl_type"]]
    for arm, nxt in zip(order, order[1:] + order[:1], strict=True):
        for name, r in ((arm, 300.0), (f"ring_{arm}", radius_m)):
            x, y = r * math.cos(bearing[arm]), r * math.sin(bearing[arm])
            nodes.append([name, round(x, 3), round(y, 3)])
        links.append([f"{arm}_in", arm, f"ring_{arm}", 285, 1, 50])
        links.append([f"{arm}_out", f"ring_{arm}", arm, 285, 1, 50])
        links.append([f"ring_{arm}{nxt}", f"ring_{arm}", f"ring_{nxt}", quarter_m, 1, 30])
        last = order[order.index(arm) - 1]
        moves.append([f"enter_{arm}", f"ring_{arm}", f"{arm}_in", f"ring_{arm}{nxt}", "yield"])
        moves.append([f"round_{arm}", f"ring_{arm}", f"ring_{last}{arm}", f"ring_{arm}{nxt}", "no_control"])
        moves.append([f"leave_{arm}", f"ring_{arm}", f"ring_{last}{arm}", f"{arm}_out", "no_control"])
    routes: list[list[object]] = [["route_id", "link_ids"]]
    trips: list[list[object]] = [["vehicle_id", "depart_s", "route_id"]]
    for k in range(4):
        for n in range(1, 4):
            way = [order[(k + i) % 4] for i in range(n + 1)]
            ring = " ".join(f"ring_{a}{b}" for a, b in pairwise(way))
            routes.append([f"{way[0]}{way[-1]}", f"{way[0]}_in {ring} {way[-1]}_out"])
    trips += [[f"v{k:03}", 3 * k, routes[1 + k % 12][0]] for k in range(400)]
    tables = {"node": nodes, "link": links, "movement": moves, "routes": routes, "trips": trips}
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    side = "right" if right_hand else "left"
    (folder / "scenario.toml").write_text(
        'format_version = 1\nname = "roundabout"\ntime_zone = "UTC"\nstart = 2024-05-14T08:00:00\n'
        "[horizon]\nwarm_up_s = 0\ndemand_s = 1200\ndrain_s = 1200\n"
        f'[demand]\ntrips = "trips.csv"\n[network]\ndriving_side = "{side}"\n',
        encoding="utf-8",
    )
    return folder


@pytest.mark.parametrize("right_hand", [True, False])
def test_a_roundabout_gives_priority_to_who_is_in_it(right_hand: bool, tmp_path: Path) -> None:
    built = build(load(roundabout(tmp_path / "r", right_hand=right_hand)))
    net = built.scenario.network
    wanted = {(f"enter_{arm}", f"round_{arm}") for arm in ARMS}
    assert names(net, built.road.yields) == wanted
    assert names(net, built.signals.foes) == wanted
    run = simulate(built, "deployed")
    assert run.totals.arrived == run.totals.departed == 400


@pytest.mark.parametrize(
    ("radius_m", "found"),
    [
        (15, {"lost-to-slots"}),  # 23.6 m: 6.3 slots
        (14.33, set()),  # 22.5 m: three cars
        (4.3, {"short-link"}),  # 6.8 m, shorter than a car with its gap
    ],
)
def test_what_is_said_of_a_ring_of_short_links(radius_m: float, found: set[str], tmp_path: Path) -> None:
    checked = check_scenario(roundabout(tmp_path / "r", radius_m=radius_m))
    assert {f.kind for f in checked.findings} - {"lost-to-slots"} == found - {"lost-to-slots"}
    assert {f.kind for f in checked.findings} == found
