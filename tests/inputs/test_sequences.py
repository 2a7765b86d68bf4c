"""Stages that conflicts allow, and the sequence of them with the least estimated delay."""

import shutil
from dataclasses import replace

import numpy as np
from support.crosswalks import add_crossings
from support.turning import two_stages

from signalsim.control.plans import stage_order
from signalsim.control.volumes import traffic_of
from signalsim.experiment.plan_stages import any_stages
from signalsim.scenario import build, load
from signalsim.signals.assess import assess
from signalsim.signals.planning import design_plans
from signalsim.signals.sequences import best_sequences, is_safe, possible_stages, with_stages

LIMITS = {"min_cycle_s": 20.0, "max_cycle_s": 180.0}


def _sets(signals, *stages):
    return [frozenset(signals.groups.index(name) for name in stage.split()) for stage in stages]


def _waiting_pcu(traffic, signals, sequence):
    """Of Webster's plan, as plan.json states it."""
    wide = replace(traffic, signals=signals)
    plans, _ = design_plans(wide, "webster", {0: sequence}, **LIMITS)
    (junction,) = assess(wide, plans)
    return sum(one["flow_pcuph"] * one["estimated_delay_s"] for one in junction["movements"]) / 3600


def test_a_protected_stage_comes_with_the_left_turns_that_need_it(scenarios, tmp_path):
    built = build(load(two_stages(scenarios / "crossing", tmp_path / "two")))
    signals, traffic, deployed = built.signals, traffic_of(built), stage_order(built.deployed)
    lefts = np.isin(np.arange(len(traffic.flow_pcuph)), np.flatnonzero(
        [name in ("E_left", "W_left") for name in built.index.movements]
    ))  # fmt: skip
    added = []
    for factor in (0.0, 0.5, 1.0, 2.0, 4.0):
        loaded = replace(traffic, flow_pcuph=np.where(lefts, factor, 1.0) * traffic.flow_pcuph)
        found = best_sequences(loaded, deployed, **LIMITS)
        new = [found.signals.stage_groups[0][s] for s in found.added.get(0, ())]
        added.append([" ".join(sorted(signals.groups[g] for g in stage)) for stage in new])
        before = _waiting_pcu(loaded, signals, deployed[0])
        after = _waiting_pcu(loaded, found.signals, found.sequences[0])
        assert after < before - 0.1 if new else after == before
        shown = [found.signals.stage_groups[0][s] for s in found.sequences[0]]
        assert frozenset().union(*shown) == frozenset(signals.groups_of(0))
        assert found.signals.forbidden is signals.forbidden
        assert not any(set(pair) <= stage for pair in signals.forbidden.tolist() for stage in shown)
    assert added[:2] == [[], []]
    assert "EL WL" in added[-1]


def test_stages_that_only_cost_time_go_and_who_loses_protection_is_named(scenarios, tmp_path):
    folder = two_stages(scenarios / "crossing", tmp_path / "three")
    for name, rows in {
        "signal_stage.csv": "C,3,EL WL\n",
        "signal_plan.csv": "three,C,1,1,33,0,80\nthree,C,2,3,10,0,80\nthree,C,3,2,27,0,80\n",
    }.items():
        (folder / name).write_text((folder / name).read_text() + rows)
    with (folder / "scenario.toml").open("a") as file:
        file.write('\n[control]\ndeployed = "three"\n')
    found = any_stages(build(load(folder)), **LIMITS)
    assert found.added == ()
    assert found.plans[0].stages == (0, 1)
    assert found.why == (
        "junction C shows stages 1, 2 instead of 1, 3, 2",
        "junction C has no protected stage any more for EL, WL: by estimate gaps serve them",
    )


def test_pedestrians_signals_keep_their_stages(scenarios, tmp_path):
    folder = add_crossings(shutil.copytree(scenarios / "crossing", tmp_path / "walks"))
    found = any_stages(build(load(folder)), **LIMITS)
    assert found.added == ()
    assert found.why[-1] == "with rings or pedestrians' signals, so with the deployed stages: C"


def test_candidates_are_what_is_there_and_all_maximal_stages_open_or_protected(scenarios, tmp_path):
    signals = load(two_stages(scenarios / "crossing", tmp_path / "two")).signals
    there = _sets(signals, "E EL W WL", "N S")  # open ones are there
    found = possible_stages(signals, 0)
    assert found[:2] == there
    assert set(found[2:]) == set(_sets(signals, "E W", "EL WL", "E EL", "W WL", "N", "S"))
    untouched = load(scenarios / "crossing").signals  # its lefts are kept apart from what comes against them
    assert set(possible_stages(untouched, 0)) == set(
        _sets(untouched, "E W", "EL WL", "N S", "E EL", "W WL", "N", "S")
    )


def test_no_change_surprises_who_gives_way(scenarios, tmp_path):
    signals = load(two_stages(scenarios / "crossing", tmp_path / "two")).signals

    def safe(*stages):
        return is_safe(signals, 0, _sets(signals, *stages))

    assert safe("E EL W WL", "EL WL", "N S")  # left turns that lag together
    assert safe("EL WL", "E EL W WL", "N S")  # and lead together
    assert safe("E EL", "E EL W WL", "N S")  # one leads
    assert not safe("E EL W WL", "E EL", "N S")  # one lags: the other's yellow is a trap
    assert not safe("E W", "EL WL", "N S")  # left turns begin when who comes against them has yellow
    assert safe("E W", "N S", "EL WL", "N S")


def test_new_stages_get_free_numbers_and_plans_stay(scenarios):
    signals = load(scenarios / "crossing").signals
    stages = [frozenset(groups) for groups in _sets(signals, *["N", "S", "E", "W", "EL", "WL", "E W", "N S"])]
    wide = with_stages(signals, {0: stages})
    assert wide.stages[0] == tuple(sorted(map(str, range(1, 12))))  # 10 and 11 before 2
    for plans, more in zip(signals.plans.values(), wide.plans.values(), strict=True):
        shown = [[s.stage_groups[0][k] for k in p[0].stages] for s, p in ((signals, plans), (wide, more))]
        assert shown[0] == shown[1]
    assert [wide.stage_groups[0][wide.stages[0].index(str(n))] for n in range(4, 12)] == stages
