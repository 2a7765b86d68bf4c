"""Comparisons on a real scenario: same traffic for all, same bytes every time."""

import json
from pathlib import Path
from typing import Any

import pytest

import signalsim
from signalsim.control import get
from signalsim.errors import InputError
from signalsim.experiment import (
    Comparison,
    compare,
    comparison_document,
    judge,
    run_document,
    to_text,
    workers,
)

CONTROLLERS = ["deployed", "max-pressure"]


@pytest.fixture(scope="module")
def comparison(scenarios: Path) -> Comparison:
    return compare(scenarios / "crossing", CONTROLLERS, replications=3)


def _without_provenance(comparison: Comparison) -> str:
    document = json.loads(comparison.to_json())
    del document["provenance"]
    return json.dumps(document)


def test_the_document_has_what_scripts_rely_on(comparison: Comparison) -> None:
    document = json.loads(comparison.to_json())
    assert document["format_version"] == 1
    assert document["scenario"] == "crossing"
    assert (document["baseline"], document["replications"], document["sensors"]) == ("deployed", 3, "typical")
    assert list(document["controllers"]) == CONTROLLERS
    entry = document["controllers"]["max-pressure"]
    assert {"mean_delay_s", "mean_travel_time_s", "completed", "unserved", "vs_baseline"} <= set(entry)
    found = entry["vs_baseline"]["mean_delay_s"]
    assert set(found) == {"difference", "percent", "ci95", "p_value"}
    assert found["ci95"][0] <= found["difference"] <= found["ci95"][1]
    base = document["controllers"]["deployed"]
    assert found["difference"] == pytest.approx(entry["mean_delay_s"] - base["mean_delay_s"], abs=1e-6)
    assert found["percent"] == pytest.approx(100 * found["difference"] / base["mean_delay_s"], abs=1e-6)
    assert base["vs_baseline"]["mean_delay_s"]["difference"] == 0


def test_the_same_again_gives_the_same_bytes_and_another_seed_others(
    comparison: Comparison, scenarios: Path
) -> None:
    again = compare(scenarios / "crossing", CONTROLLERS, replications=3)
    assert again.to_json() == comparison.to_json()
    other = compare(scenarios / "crossing", CONTROLLERS, replications=3, seed=99)
    assert _without_provenance(other) != _without_provenance(comparison)


def test_results_do_not_depend_on_the_number_of_processes(
    comparison: Comparison, scenarios: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_PAYS_S", 0.0)
    seen: list[int] = []
    parallel = compare(
        scenarios / "crossing",
        CONTROLLERS,
        replications=3,
        workers=2,
        progress=lambda done, total, label: seen.append(done),
    )
    assert parallel.to_json() == comparison.to_json()
    assert seen == [1, 2, 3, 4, 5, 6]


def test_all_controllers_meet_the_same_vehicles(comparison: Comparison) -> None:
    for first, second in zip(*comparison.outcomes.values(), strict=True):
        wished = [outcome.values["completed"] + outcome.values["unserved"] for outcome in (first, second)]
        assert wished[0] == wished[1]


def test_every_vehicle_is_somewhere(comparison: Comparison) -> None:
    for outcomes in comparison.outcomes.values():
        for outcome in outcomes:
            v = outcome.vehicles
            assert v["departed"] == v["arrived"] + v["inside"] + v["waiting"] > 0


def test_keys_name_results(comparison: Comparison, scenarios: Path) -> None:
    keys = [outcome.key for outcomes in comparison.outcomes.values() for outcome in outcomes]
    assert len(set(keys)) == len(keys) == 6
    again = compare(scenarios / "crossing", ["max-pressure"], replications=1)
    assert again.outcomes["typical", "max-pressure"][0].key in keys


def test_one_replication_has_no_interval_and_valid_json(scenarios: Path) -> None:
    single = compare(scenarios / "crossing", CONTROLLERS, replications=1)
    document = json.loads(single.to_json())
    found = document["controllers"]["max-pressure"]["vs_baseline"]["mean_delay_s"]
    assert found["ci95"] == [None, None] and found["p_value"] is None
    assert judge("max-pressure.mean_delay_s > deployed.mean_delay_s", single).fails is None


def test_several_presets_nest_the_controllers(scenarios: Path) -> None:
    both = compare(scenarios / "crossing", CONTROLLERS, replications=2, sensors=["perfect", "poor"])
    document = comparison_document(both)
    assert "controllers" not in document
    assert list(document["sensors"]) == ["perfect", "poor"]
    delays = [document["sensors"][p]["controllers"]["deployed"]["mean_delay_s"] for p in ("perfect", "poor")]
    assert delays[0] == delays[1], "a fixed plan looks at nothing"
    assert judge("poor.deployed.mean_delay_s < perfect.deployed.mean_delay_s", both).fails is False


def test_the_gate_agrees_with_the_table(comparison: Comparison) -> None:
    found = comparison.difference("typical", "max-pressure", "mean_delay_s")
    expected = {-1: True, 0: None, 1: False}[found.verdict]
    assert judge("max-pressure.mean_delay_s < deployed.mean_delay_s", comparison).fails is expected
    assert judge("max-pressure.vs_baseline.mean_delay_s.difference < 0", comparison).fails is expected


def test_controllers_may_be_objects(scenarios: Path) -> None:
    class Keep:
        def decide(self, view: object) -> None:
            return None

    found = compare(scenarios / "crossing", [Keep(), Keep(), "deployed"], replications=1, workers=2)
    assert found.controllers == ("Keep", "Keep-2", "deployed")
    assert found.values("typical", "Keep", "mean_delay_s") == found.values(
        "typical", "Keep-2", "mean_delay_s"
    )


class Counts:
    """Asks for a stage by the number of its calls: what it keeps must not outlive a run."""

    def __init__(self) -> None:
        self.calls = 0

    def decide(self, view: Any) -> int:
        self.calls += 1
        return self.calls // 7 % len(view.stages)


def test_objects_of_classes_that_processes_cannot_import_run_all_the_same(
    scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.py"
    file.write_text("class Mine:\n    def decide(self, view):\n        return int(view.now_s) // 30 % 3\n")
    monkeypatch.setattr(workers, "_PAYS_S", 0.0)
    controllers = [get(f"{file}:Mine"), Counts()]
    serial, parallel = (
        compare(scenarios / "crossing", controllers, replications=3, workers=n) for n in (1, 2)
    )
    assert parallel.to_json() == serial.to_json()


def test_a_key_knows_the_user_s_file(scenarios: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    text = "class Mine:\n    def decide(self, view):\n        return None\n"
    documents = []
    for given in (text, text, text.replace("None", "0")):
        file.write_text(given)
        run = signalsim.simulate(scenarios / "crossing", f"{file}:Mine", seed=5)
        documents.append(run_document(run, "crossing", "digest"))
    keys = [document["provenance"]["key"] for document in documents]
    assert keys[0] == keys[1] != keys[2]
    assert documents[0]["controller"] == "Mine()"
    timeless = [{**d, "wall_s": 0, "cpu_s": 0, "provenance": {}} for d in documents[:2]]
    assert to_text(timeless[0]) == to_text(timeless[1])


@pytest.mark.parametrize("controller", ["deployed", "max-pressure"])
def test_a_run_s_document_repeats_to_the_byte(scenarios: Path, controller: str) -> None:
    texts = []
    for seed in (1, 1, 2):
        document = run_document(signalsim.simulate(scenarios / "crossing", controller, seed=seed), "c", "d")
        assert list(document) == [
            "format_version", "scenario", "controller", "seed", "engine", "sensors", "vehicles",
            "gridlocks", "measures", "wall_s", "cpu_s", "moves", "provenance",
        ]  # fmt: skip
        texts.append(to_text({**document, "seed": 0, "wall_s": 0, "cpu_s": 0, "provenance": {}}))
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"controllers": ["deployd"]}, "deployd"),
        ({"controllers": ["deployed", "deployed"]}, "named twice"),
        ({"controllers": []}, "none given"),
        ({"controllers": CONTROLLERS, "baseline": "webster"}, "does not take part"),
        ({"replications": 0}, "too few"),
        ({"sensors": ["poor", "poor"]}, "once"),
        ({"sensors": "por"}, "por"),
        ({"sensors": ["typical", "por"], "progress": lambda *_: pytest.fail("it ran")}, "por"),
        ({"engine": "abacus"}, "abacus"),
    ],
)
def test_mistakes_are_named(arguments: dict, message: str, scenarios: Path) -> None:
    with pytest.raises(InputError, match=message):
        compare(scenarios / "crossing", **arguments)


def test_the_public_face_is_the_same_function() -> None:
    assert signalsim.compare is compare
