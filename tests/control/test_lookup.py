"""From what a user types to a controller, and what a user is told when it cannot be."""

import pytest

from signalsim.control import CONTROLLERS, get, prepare
from signalsim.control.lookup import source_digest, title
from signalsim.control.max_pressure import MaxPressure
from signalsim.errors import InputError


@pytest.mark.parametrize("name", CONTROLLERS)
def test_every_registered_name_gives_a_controller_whose_repr_makes_it_again(name):
    controller = get(name)
    again = eval(repr(controller), {type(controller).__name__: type(controller)})
    assert again == controller
    assert callable(controller.prepare)


def test_parameters_follow_a_colon():
    assert get("max-pressure:interval_s=10,commitment_s=20") == MaxPressure(10.0, 20.0)
    controller = MaxPressure()
    assert get(controller) is controller


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("max-presure", "controller 'max-presure': no such controller; there are deployed, uniform"),
        ("max-pressure:speed=3", "'speed=3' sets no parameter; there are: interval_s=, commitment_s="),
        ("max-pressure:interval_s=fast", "parameter 'interval_s': 'fast' is no float"),
        ("max-pressure:interval_s=-1", "parameter 'interval_s': -1.0 is outside 0.1 to 300"),
        ("nowhere/mine.py:Mine", "controller file 'nowhere/mine.py': no such file"),
        ("mine.py", "which class? Write mine.py:CLASS"),
    ],
)
def test_mistakes_are_named(spec, message):
    with pytest.raises(InputError) as told:
        get(spec)
    assert message in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("x = 1\nraise ValueError('no\\nluck')\n", "Mine", "line 2: ValueError: no luck"),
        ("class Other:\n    def f(self):\n        return 1 +\n", "Mine", "line 3: SyntaxError"),
        ("class Other:\n    pass\n", "Mine", "no class 'Mine' in it; there are: Other"),
        ("class Mine:\n    pass\n", "Mine", "has neither decide(view) nor prepare(built)"),
        ("class Mine:\n  def decide(self, view): ...\n  def __init__(self, a): ...\n", "Mine", "TypeError"),
    ],
)  # fmt: skip
def test_mistakes_in_a_user_s_file_are_named_with_their_line(tmp_path, text, name, message):
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(InputError) as told:
        get(f"{file}:{name}")
    assert str(file) in str(told.value)
    assert message in str(told.value)


def test_a_user_s_class_with_parameters(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True)\n"
        "class Mine:\n"
        "    interval_s: float = 3.0\n"
        "    def decide(self, view):\n"
        "        return None\n"
    )
    assert repr(get(f"{file}:Mine")) == "Mine(interval_s=3.0)"
    assert get(f"{file}:Mine:interval_s=7").interval_s == 7.0
    assert not (tmp_path / "__pycache__").exists()


def test_a_relative_path_keeps_its_line_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("x = 1\nimport sys\nsys.exit(0)\n")
    for spec in ("mine.py:Mine", "./mine.py:Mine"):
        with pytest.raises(InputError, match=r"mine\.py, line 3: SystemExit: 0"):
            get(spec)


def test_two_files_of_one_name_are_told_apart(tmp_path, built, observation, decide):
    controllers = []
    for folder, blanks in (("a", 0), ("b", 5)):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "mine.py"
        file.write_text("\n" * blanks + "class Mine:\n    def decide(self, view):\n        return 1 / 0\n")
        controllers.append((f"{file}, line {blanks + 3}:", get(f"{file}:Mine")))
    for place, controller in controllers:
        with pytest.raises(InputError) as told:
            decide(prepare(controller, built), observation(10))
        assert str(told.value).startswith(place)


def test_titles_repeat_and_tell_parameters_apart():
    class Mine:
        def __init__(self, share):
            self.share, self.memory = share, []

    assert title(Mine(0.5)) == title(Mine(0.5)) == "Mine(share=0.5)"
    assert title(MaxPressure()) == repr(MaxPressure())


def test_an_edit_of_a_user_s_file_shows(tmp_path):
    file = tmp_path / "mine.py"
    digests = set()
    for stage in (0, 1):
        file.write_text(f"class Mine:\n    def decide(self, view):\n        return {stage}\n")
        digests.add(source_digest(get(f"{file}:Mine")))
    assert len(digests) == 2
    assert source_digest(MaxPressure()) == ""
