"""Whole results or none."""

import errno
import os
from pathlib import Path

import pytest

from signalsim.errors import InputError
from signalsim.store import check_folder, new_folder


def _write(folder: Path, text: str) -> None:
    with new_folder(folder) as part:
        (part / "run.json").write_text(text)


def test_a_new_result_appears_whole(tmp_path: Path) -> None:
    _write(tmp_path / "a" / "b", "1")
    assert (tmp_path / "a" / "b" / "run.json").read_text() == "1"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b"]


def test_an_earlier_result_is_replaced(tmp_path: Path) -> None:
    _write(tmp_path / "r", "1")
    _write(tmp_path / "r", "2")
    assert (tmp_path / "r" / "run.json").read_text() == "2"
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


@pytest.mark.parametrize("exception", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_interruption_leaves_what_was_there(tmp_path: Path, exception: type[BaseException]) -> None:
    _write(tmp_path / "r", "1")
    with pytest.raises(exception), new_folder(tmp_path / "r") as part:
        (part / "run.json").write_text("half")
        raise exception
    assert (tmp_path / "r" / "run.json").read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_an_interruption_before_the_first_result_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "above" / "r"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_other_peoples_files_are_safe(tmp_path: Path) -> None:
    _write(tmp_path / "r", "1")
    (tmp_path / "r" / "my notes.txt").write_text("dear diary")
    with pytest.raises(InputError, match=r"my notes\.txt"):
        check_folder(tmp_path / "r")
    with pytest.raises(InputError, match="is not a folder"):
        check_folder(tmp_path / "r" / "run.json")
    (tmp_path / "empty").mkdir()
    check_folder(tmp_path / "empty")


def test_the_working_folder_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="the folder you are in"):
        check_folder(Path())


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No space left"), new_folder(tmp_path / "r"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


def test_an_impossible_name_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--out .*name too long"):
        check_folder(tmp_path / ("x" * 300))
