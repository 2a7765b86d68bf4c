"""``signalsim network check`` as people and scripts use it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signalsim", "network", "check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def crossing(scenarios: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(scenarios / "crossing", tmp_path / "crossing"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_clean_network(crossing: Path) -> None:
    found = check(crossing)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == "crossing (5 nodes, 8 links, 12 movements): 0 errors, 0 notes\n"


def test_notes_alone_are_no_failure(crossing: Path) -> None:
    edit(crossing / "link.csv", "S_out,C,S,300", "S_out,C,S,6")
    found = check(crossing / "scenario.toml")
    assert found.returncode == 0
    assert "\nnote: shorter than a vehicle (1)\n    1  link.csv, row 7: link 'S_out' (6 m)" in found.stdout


def test_errors_are_listed_and_exit_is_3(crossing: Path) -> None:
    """A network that does not load: all that is wrong, not the first."""
    edit(crossing / "link.csv", "E_in,E,C,400", "E_in,E,C,0")
    edit(crossing / "movement.csv", "N_left,C,N_in", "N_left,C,N_inn")
    edit(crossing / "movement.csv", "S_left,C,S_in", "S_thru,C,S_in")
    found = check(crossing)
    assert found.returncode == 3
    assert "Traceback" not in found.stderr
    assert "not checked before this is mended" in found.stderr
    for part in ("0 is below", "'N_inn' is no link", "'S_thru' is there twice", "3 errors, 0 notes"):
        assert part.replace("0 is", "'0' is") in found.stdout


def test_json_is_one_document(crossing: Path) -> None:
    edit(crossing / "link.csv", "S_out,C,S,300", "S_out,C,S,6")
    edit(crossing / "node.csv", "\nE,400", "\nE,east")
    found = check(crossing, "--json")
    assert found.returncode == 3
    document = json.loads(found.stdout)
    assert list(document) == ["format_version", "scenario", "findings", "counts", "unchecked"]
    assert document["counts"] == {"error": 1, "note": 1, "kinds": {"short-link": 1, "value": 1}}
    error, note = document["findings"]
    assert list(error) == ["number", "kind", "level", "place", "id", "x", "y", "text"]
    assert (error["place"], error["id"], error["x"]) == ("node.csv, row 4", "E", None)
    assert (note["number"], note["place"], note["x"], note["y"]) == (2, "link.csv, row 7", 0.0, -180.0)


def test_out_has_the_list_and_the_map(crossing: Path, tmp_path: Path) -> None:
    edit(crossing / "link.csv", "E_in,E,C,400", "E_in,E,C,0")
    for _ in range(2):
        found = check(crossing, "--out", tmp_path / "found")
        assert found.returncode == 3
    assert sorted(p.name for p in (tmp_path / "found").iterdir()) == ["findings.csv", "map.png", "map.svg"]
    assert "zero-length-link,error" in (tmp_path / "found" / "findings.csv").read_text()
    assert "zero-length link (1 error)" in (tmp_path / "found" / "map.svg").read_text()


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda folder: (folder / "node.csv").unlink(), "node.csv: no such file"),
        (lambda folder: (folder / "link.csv").write_bytes(b"\0"), "link.csv, row 1"),
        (lambda folder: (folder / "scenario.toml").write_text("x ="), "not valid TOML"),
    ],
)
def test_what_cannot_be_read_is_one_message(spoil, part: str, crossing: Path, tmp_path: Path) -> None:
    spoil(crossing)
    found = check(crossing, "--json", "--out", tmp_path / "found")
    assert (found.returncode, found.stdout) == (3, "")
    assert found.stderr.startswith("signalsim: ") and part in found.stderr
    assert len(found.stderr.splitlines()) == 1
    assert not (tmp_path / "found").exists()


def test_a_folder_with_other_things_is_left_alone(crossing: Path) -> None:
    found = check(crossing, "--out", crossing)
    assert found.returncode == 3
    assert "would be lost" in found.stderr
    assert (crossing / "node.csv").is_file()
