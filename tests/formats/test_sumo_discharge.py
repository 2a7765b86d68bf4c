"""What is made of SUMO's vehicle types: headways and gaps beside those measured in SUMO."""

import subprocess
from pathlib import Path

import pytest

from signalsim.formats.sumo import read
from signalsim.formats.sumo.discharge import Driver
from signalsim.formats.sumo.gaps import AT_SIGNAL
from signalsim.network.specs import MOVEMENT

# (driver, speed limit km/h, speed in the turn m/s or None) -> mean headway s of the 5th to the 20th of a
# standing queue, SUMO 1.28, 14 queues (standard error about 1 %)
MEASURED = [
    (Driver(), 30, None, 2.464),
    (Driver(), 50, None, 1.915),
    (Driver(), 70, None, 1.763),
    (Driver(), 50, 6.51, 2.613),
    (Driver(), 50, 8.00, 2.330),
    (Driver(spacing_m=5.8), 30, None, 2.182),
    (Driver(spacing_m=5.8), 50, None, 1.781),
    (Driver(spacing_m=5.8), 70, None, 1.668),
    (Driver(spacing_m=5.8), 50, 6.51, 2.341),
    (Driver(spacing_m=5.8), 50, 8.00, 2.088),
    (Driver(acceleration=1.5), 30, None, 2.348),
    (Driver(acceleration=1.5), 50, None, 1.916),
    (Driver(acceleration=1.5), 70, None, 1.847),
    (Driver(deceleration=3.0), 50, None, 1.974),
    (Driver(sigma=0.2), 50, None, 1.747),
    (Driver(sigma=0.0), 50, None, 1.655),
    (Driver(speed_dev=0.0), 50, None, 1.851),
    (Driver(sigma=0.0, speed_dev=0.0), 50, None, 1.543),
]


@pytest.mark.parametrize(("driver", "limit_kmh", "turn_mps", "headway_s"), MEASURED)
def test_saturation_headways_are_within_three_percent_of_those_in_sumo(
    driver: Driver, limit_kmh: float, turn_mps: float | None, headway_s: float
) -> None:
    limit = limit_kmh / 3.6
    queue = driver.discharge(limit) if turn_mps is None else driver.discharge(limit, turn_mps)
    assert 3600 / queue.saturation_pcuph == pytest.approx(headway_s, rel=0.03)


# speed limit km/h -> crossing of the first, and of the tenth car of a standing queue, s after green
QUEUES = {50: (0.55, 19.97), 70: (0.50, 19.67)}


@pytest.mark.parametrize("limit_kmh", QUEUES)
def test_a_queue_of_ten_leaves_as_fast_as_in_sumo(limit_kmh: float) -> None:
    first, tenth = QUEUES[limit_kmh]
    queue = Driver().discharge(limit_kmh / 3.6)
    assert queue.first_s == pytest.approx(first, abs=0.05)
    last = queue.first_s + queue.second_s + 8 * 3600 / queue.saturation_pcuph
    assert last == pytest.approx(tenth, abs=0.5)


def test_a_perfect_driver_follows_at_reaction_time_and_spacing() -> None:
    """Krauss: tau + L / v where nobody dawdles and all drive alike."""
    driver = Driver(sigma=0.0, speed_dev=0.0)
    assert driver.headway_s(10.0, is_turn=False) == pytest.approx(1.0 + 7.5 / 10.0)
    assert driver.cruising_mps(13.0) == 13.0


# (lanes each way, speed limit km/h) -> critical gap of a left turn against the other direction, s, SUMO 1.28
GAPS = {(1, 50): 5.95, (2, 50): 6.65, (3, 50): 7.45, (1, 70): 5.54, (2, 70): 6.1}


@pytest.mark.parametrize(("lanes", "limit_kmh"), GAPS)
def test_critical_gaps_of_left_turns_are_those_measured_in_sumo(
    lanes: int, limit_kmh: int, tmp_path: Path
) -> None:
    sumo = pytest.importorskip("sumo", reason="the extra 'sumo' is not installed")
    net = tmp_path / "x.net.xml"
    command = [
        str(Path(sumo.SUMO_HOME) / "bin" / "netgenerate"), "--grid", "--grid.number=1",
        "--grid.attach-length=300", f"--default.lanenumber={lanes}", f"--default.speed={limit_kmh / 3.6}",
        "--default-junction-type=traffic_light", "--no-turnarounds=true", f"--output-file={net}",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    movements = read("x", net=str(net)).tables[MOVEMENT.file][1]
    gaps = {
        gap for gap, turn in zip(movements["opt_gap_s"], movements["type"], strict=True) if turn == "left"
    }
    assert len(gaps) == 1  # all four are alike
    assert gaps.pop() == pytest.approx(AT_SIGNAL * GAPS[lanes, limit_kmh], rel=0.06)
