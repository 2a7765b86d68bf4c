"""The folder, the page and the figures of a comparison."""

import csv
import filecmp
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from signalsim.experiment import Comparison
from signalsim.report import write_comparison
from signalsim.report.figures import by_bins, delay_figure, mean_queue, shown_junctions, stage_labels
from signalsim.report.page import camera_text, plain, signed, verdict


def _hand() -> ModuleType:
    """tests/report/conftest.py as a module: with importlib mode it has no name to import it by."""
    spec = spec_from_file_location("by_hand", Path(__file__).with_name("conftest.py"))
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "results"
    write_comparison(comparison, folder)
    return folder


def test_the_folder_is_complete(folder: Path) -> None:
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    stems = {
        "delay",
        "queue",
        "green-deployed",
        "green-better",
        "green-same",
        "green-3-policies-my-py-Worse-b",
    }
    figures = {f"figures/{stem}.{suffix}" for stem in stems for suffix in ("svg", "png")}
    assert names == figures | {"comparison.json", "runs.csv", "series.csv", "report.html"}


def test_writing_it_again_gives_the_same_bytes(comparison: Comparison, folder: Path, tmp_path: Path) -> None:
    write_comparison(comparison, tmp_path / "again")
    for path in (p for p in folder.rglob("*") if p.is_file()):
        assert filecmp.cmp(path, tmp_path / "again" / path.relative_to(folder), shallow=False), path.name


def test_tables_hold_every_run(comparison: Comparison, folder: Path) -> None:
    rows = list(csv.DictReader((folder / "runs.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 16 and len({row["key"] for row in rows}) == 16
    found = [float(row["mean_delay_s"]) for row in rows if row["controller"] == "better"]
    assert found == comparison.values("typical", "better", "mean_delay_s").tolist()
    assert json.loads((folder / "comparison.json").read_text(encoding="utf-8"))["baseline"] == "deployed"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attributes if k in ("src", "href", "xlink:href")]


def test_the_page_stands_alone(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.tags.count("svg") == 6
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert all(link.startswith("#") for link in page.links)
    assert "url(http" not in text


def test_ids_are_unique_in_the_page(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    defined = re.findall(r'<(?:clipPath|path|g|use)[^>]* id="([mp][0-9a-f]{10})"', text)
    assert len(set(defined)) == len(defined)


def test_what_users_wrote_is_escaped(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "by &lt;hand&gt;" in text and "nobody &lt;counted&gt;" in text and "a &amp; b" in text
    assert "Worse<b>" not in text


def test_verdicts_say_what_the_interval_says(comparison: Comparison) -> None:
    kinds = [verdict(comparison, "typical", name) for name in comparison.controllers[1:]]
    assert [kind for kind, _ in kinds] == ["better", "open", "worse"]
    assert "better: 20.0\u00a0s less delay per vehicle than with deployed, −3" in kinds[0][1]
    assert "30.0\u00a0s more delay per vehicle than with deployed, +5" in kinds[2][1]
    assert "no difference to deployed can be shown with 4 replications" in kinds[1][1]


def test_one_replication_is_never_a_verdict() -> None:
    kind, text = verdict(_hand().hand_made(replications=1), "typical", "better")
    assert kind == "open" and "one replication cannot say" in text


def test_vehicles_that_never_arrived_are_named_whoever_left_them() -> None:
    some = _hand().hand_made()
    some.outcomes["typical", "deployed"][0].values["unserved"] = 8.0
    for name in ("better", "same", "policies/my.py:Worse<b>"):
        assert "0.0 vehicles per run had not arrived (2.0 with deployed)" in verdict(some, "typical", name)[1]


def test_one_replication_has_no_interval_anywhere(tmp_path: Path) -> None:
    write_comparison(_hand().hand_made(replications=1), tmp_path / "r")
    text = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "1 replications" not in text and "– … –" not in text
    assert "seconds, with 95 % interval" not in text and "95 % interval</small>" not in text


def test_stages_go_by_their_ids_where_junctions_agree() -> None:
    several = _hand().hand_made(replications=1)
    assert stage_labels(several, [0, 1, 2]) == ["EW", "stage 2"]
    several.scenario.signals.stages = (("1", "2", "10"), ("1", "2"), ("A", "B"))
    assert stage_labels(several, [0, 1]) == ["stage 1", "stage 2", "stage 10"]
    assert stage_labels(several, [0, 1, 2]) == ["stage 1", "stage 2", "stage 3"]


def test_cameras_are_described() -> None:
    from signalsim.sensing import PRESETS

    texts = {name: camera_text(name) for name in PRESETS}
    assert all(texts.values()) and len(set(texts.values())) == len(texts)
    assert "misses 5 % of the vehicles (10 %" in texts["typical"]
    assert "2 s, known 1 s later" in texts["typical"]
    assert camera_text("Camera(miss=0.3)") == ""


def test_several_presets_and_one_junction(tmp_path: Path) -> None:
    both = _hand().hand_made(replications=2, sensors=("perfect", "poor"), junctions=1)
    write_comparison(both, tmp_path / "r")
    text = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "with cameras “perfect”" in text and "control 1 signal<" in text
    assert (tmp_path / "r" / "figures" / "delay-poor.svg").is_file()


def test_large_networks_show_the_junctions_where_controllers_differ() -> None:
    many = _hand().hand_made(replications=1, junctions=40)
    series = many.outcomes["typical", "better"][0].series
    series.green_share[:, 2 * 33] = 0.8
    series.green_share[:, 2 * 7] = 0.1
    shown = shown_junctions(many, "typical")
    assert len(shown) == 16 and {7, 33} <= set(shown) and shown == sorted(shown)


def test_the_queue_is_the_mean_over_replications(comparison: Comparison) -> None:
    minutes, queued = mean_queue(comparison, "typical", "deployed")
    runs = [o.series for o in comparison.outcomes["typical", "deployed"]]
    assert len(minutes) == len(queued) == 17
    assert queued[3] == sum(s.queue_veh[3] + s.waiting_veh[3] for s in runs) / 4
    assert queued[16] == (runs[3].queue_veh[16] + runs[3].waiting_veh[16]) / 4, (
        "a run that ended has no queue"
    )


def test_bins_keep_the_shares_of_a_short_last_row(comparison: Comparison) -> None:
    from dataclasses import replace

    series = replace(
        comparison.outcomes["typical", "deployed"][0].series,
        t_s=np.array([60.0, 120, 180, 240, 300, 360, 390]),
    )
    shares = np.array([[0.5]] * 5 + [[0.3], [0.9]])
    edges, mean = by_bins(series, shares)
    assert edges.tolist() == [0, 5, 6.5]
    assert mean.ravel() == pytest.approx([0.5, (0.3 + 0.9 / 2) / 1.5])


def test_figures_leave_matplotlib_as_it_was(comparison: Comparison) -> None:
    import matplotlib

    from signalsim.report.style import house_style

    before = dict(matplotlib.rcParams)
    with house_style("x"):
        delay_figure(comparison, "typical")
    assert dict(matplotlib.rcParams) == before


def test_no_window_system_is_loaded() -> None:
    code = "import signalsim.report, sys; assert 'matplotlib' not in sys.modules; "
    code += "import matplotlib.figure; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.04, "0.0"), (-0.04, "0.0"), (-3.25, "−3.2"), (12345.6, "12\u202f345.6"), (float("nan"), "–")],
)
def test_numbers_read_well(value: float, text: str) -> None:
    assert plain(value) == text


def test_signs() -> None:
    assert [signed(v) for v in (1.0, -1.0, 0.0, 0.01, float("nan"))] == ["+1.0", "−1.0", "0.0", "0.0", "–"]
