"""What stands beside every log."""

from .detectors import AFTER_MS, BEFORE_MS

README = f"""# A simulated high-resolution controller log

Event codes are those of the Indiana Traffic Signal Hi Resolution Data Logger Enumerations, at 0.1 s.

* `log.csv` or `log.parquet`: TimeStamp, DeviceId, EventId, Parameter. DeviceId is the junction's id.
  TimeStamp is the junction's local clock, without its zone; a change to or from summer time during the
  run is not made.
* `phases.csv`: which signal group a phase is.
* `detectors.csv`: which phase, lane and line a detector channel belongs to. Its first columns are the
  detector configuration that the Python package atspm takes. A lane that several signal groups share stands
  once for each.

With atspm:

```python
from atspm import SignalDataProcessor

SignalDataProcessor(
    raw_data="log.csv", detector_config="detectors.csv", bin_size=15,
    output_dir="measures", output_format="csv",
    aggregations=[
        {{"name": "has_data", "params": {{"no_data_min": 5, "min_data_points": 3}}}},
        {{"name": "arrival_on_green", "params": {{"latency_offset_seconds": 0}}}},
        {{"name": "split_failures", "params": {{
            "red_time": 5, "red_occupancy_threshold": 0.8, "green_occupancy_threshold": 0.8,
            "by_approach": True,
        }}}},
        {{"name": "timeline", "params": {{"min_duration": 0.1, "cushion_time": 1}}}},
    ],
).run()
```

## Codes

| code | event | parameter |
|---|---|---|
| 0, 12 | phase on, inactive: from the beginning of green to the end of red clearance, the split | phase |
| 1, 7 | beginning, end of green | phase |
| 8, 9 | beginning, end of yellow | phase |
| 10, 11 | beginning, end of red clearance | phase |
| 81, 82 | detector off, on | channel |
| 4, 5, 6 | why the green ends: gap-out, max-out, force-off; of controllers that act on calls | phase |
| 43, 44 | a call registered, dropped; of controllers that act on calls | phase |
| 131, 132, 133 | plan at the beginning: pattern, cycle (s), offset (s); with the deployed plan only | |

## What is approximate

* An event carries the tick of 0.1 s in which it happened (its time cut, not rounded). Where green begins and
  ends at whole ticks, an actuation during green stays one during green.
* Red clearance ends when the shortest intergreen of the group has passed. One of no length is logged as one
  tick, since readers take red to begin with code 10.
* Functions of detectors: `Count`, a pulse per vehicle as it crosses the stop line. `Advance`, a pulse per
  vehicle at the line where the camera's view begins, `Distance_m` upstream of the stop line. `Presence`, a
  zone of 12 m at the stop line: taken from {BEFORE_MS / 1000:g} s before a vehicle could have been at the
  stop line until {AFTER_MS / 1000:g} s after it crossed, and without a break while a queue discharges.
* Pulses last one tick. Vehicles that the model lets pass a line at one instant are logged two ticks apart.
* Arrivals on green are those at the advance line. For arrivals at the stop line give
  `latency_offset_seconds` the negative of the time from one line to the other.
* Not logged: why a green ended (codes 4 to 6), phase calls (43, 44), pedestrians, pre-emption.
"""
