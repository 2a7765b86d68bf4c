"""Table ``paper``: jinan in the literature's setting C, beside what was published for it.

The set's own trips, eight stages, a decision every 5 s, 2 s of yellow within them and no lane changing.
Controllers see everything; the travel time is the papers' (``benchmarks.cityflow``). Their figures are of
CityFlow itself, whose travel times this engine meets within some per cent (``benchmarks.validation``).
"""

from collections.abc import Iterator

from benchmarks.cityflow import att_paper_s, missing, read_published, write_set
from signalsim.measures import evaluate
from signalsim.scenario import build, load
from signalsim.simulation import simulate

from .common import Absent, Form, Row, markdown

SET, SETTING = "jinan_3x4", "C"
BEAM_S = 205.8  # a beam search in CityFlow itself, as this project was told; not found in print


def measure(form: Form) -> Iterator[Row]:
    """A row per controller, and one per published policy."""
    if text := missing(form.cityflow):
        raise Absent(text)
    folder = form.made / "setting-c"
    write_set(form.cityflow, SET, folder, all_stages=True, short_yellow=True)
    built = build(load(folder))
    for name in ["webster", *form.controllers]:
        run = simulate(built, name, seed=1, sensors="omniscient", record="full")
        assert run.records is not None
        yield {
            "set": SET,
            "controller": name,
            "att_paper_s": att_paper_s(run.records, built),
            "mean_delay_s": evaluate(run.sums)["mean_delay_s"],
            "unserved": evaluate(run.sums)["unserved"],
            "gridlocks": len(run.gridlocks),
            "is_published": False,
        }
    published = read_published(form.cityflow.parent / "published.csv", SETTING)
    beside = {policy: seconds for (name, policy), seconds in published.items() if name == SET}
    for policy, seconds in {**beside, "beam search": BEAM_S}.items():
        yield {"set": SET, "controller": policy, "att_paper_s": seconds, "is_published": True}


def text(found: list[Row]) -> str:
    """The papers' travel time in s, the shortest first."""
    rows = sorted(found, key=lambda row: row["att_paper_s"])
    return markdown(
        ["controller", "att_paper s", "measured in"],
        [
            [row["controller"], f"{row['att_paper_s']:.1f}", "CityFlow" if row["is_published"] else "here"]
            for row in rows
        ],
    )
