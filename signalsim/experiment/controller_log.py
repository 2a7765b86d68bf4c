"""The high-resolution log of a run: what the junctions' controllers would have written down."""

from pathlib import Path
from typing import Any

import numpy as np

from signalsim.control.deployed import Deployed
from signalsim.demand import sample
from signalsim.errors import InputError
from signalsim.formats.hires import Code, Names, log_events, site_of, write_log
from signalsim.formats.hires.events import TICK_MS, events
from signalsim.simulation import Run

DEPLOYED_PATTERN = 1
_MAX_PARAMETER = 32_767


def write_run_log(run: Run, folder: Path, form: str = "csv") -> int:
    """Write the log of a run with full records to a new ``folder``, and return how many events it has.

    Raises InputError for a scenario without signals, for a folder that holds anything but an earlier log,
    and for Parquet without its package.
    """
    if run.records is None:
        raise ValueError("a log is made of full records: simulate(..., record='full')")
    built = run.built
    scenario = built.scenario
    if not built.index.junctions:
        raise InputError(f"{scenario.path}: has no signals, so no controller that keeps a log")
    site, numbers = site_of(built.tables, names_of(built))
    size = sample(built, run.seed, run.replication).size
    found = log_events(built.tables, numbers, run.records, size, int(run.sums.now_ms))
    if run.controller == repr(Deployed()):
        found = np.concatenate((_plan_events(built.deployed), found))
        found = found[np.lexsort((np.arange(len(found)), found["junction"], found["tick"]))]
    if run.decisions is not None:
        found = np.concatenate((_decision_events(run.decisions, numbers.phase), found))
        found = found[np.lexsort((np.arange(len(found)), found["junction"], found["tick"]))]
    write_log(folder, found, site, built.index.junctions, scenario.config.start_local, form)
    return len(found)


def names_of(built: Any) -> Names:
    """Ids of a built scenario's rows, and where its cameras' views begin."""
    index = built.index
    view_m = np.minimum(built.scenario.network.defaults.camera_view_m, index.lane_length_m)
    return Names(index.junctions, index.groups, index.links, index.lanes, np.round(view_m, 1))


def _plan_events(plan: Any) -> np.ndarray:
    """Pattern, cycle and offset of every junction at the beginning; seconds are whole ones."""
    n = len(plan.cycle_ms)
    now, junction = np.full(n, 0), np.arange(n)
    whole = lambda ms: np.minimum(ms // (10 * TICK_MS), _MAX_PARAMETER)  # noqa: E731
    parts = [
        events(now, junction, Code.PATTERN, np.full(n, DEPLOYED_PATTERN)),
        events(now, junction, Code.CYCLE, whole(plan.cycle_ms)),
        events(now, junction, Code.OFFSET, whole(plan.offset_ms)),
    ]
    return np.concatenate(parts)


def _decision_events(decisions: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Why greens ended, and calls registered and dropped; ``phase``: (n_groups,) numbers."""
    t_ms, junction, group, code = decisions.T
    out = events(t_ms // TICK_MS, junction, 0, phase[group])
    out["code"] = code
    return out
