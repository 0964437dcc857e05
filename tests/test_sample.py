"""The sample configuration: complete, true, and the same in both of its places."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from grantctl.config import KEYS, OUTPUTS, load_settings
from grantctl.operations.config_files import sample_text
from grantctl.operations.policy_seeds import read_seeds
from grantctl.operations.policy_settings import SETTINGS
from grantctl.operations.seed_variables import VARIABLES

SAMPLE = Path(__file__).parent.parent / "sample-config.toml"
TEXT = SAMPLE.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def uncommented(text: str) -> str:
    """The sample with every setting in it that it shows in a comment."""
    return re.sub(r"(?m)^# (\[contexts\.\w+\]|[a-z_.]+ = .*)$", r"\1", text)


def test_the_package_ships_the_same_text() -> None:
    assert sample_text() == TEXT, "cp src/grantctl/sample-config.toml sample-config.toml"


def test_it_shows_every_client_setting_with_its_default() -> None:
    assert tuple(tomllib.loads(TEXT)) == (*KEYS, "policy")
    shown = load_settings(flags={"config": str(SAMPLE)}, environ={})
    default = load_settings(flags={}, environ={})
    assert [(one.key, one.value) for one in shown.listed] == [
        (one.key, one.value) for one in default.listed
    ]


def test_it_names_every_flag_variable_and_choice_of_the_client() -> None:
    for key in KEYS:
        flag = "" if key == "keys" else f"--{key}, "
        assert f"# {flag}GRANTCTL_{key.upper()}\n" in TEXT
    assert set(OUTPUTS) <= set(re.findall(r"\w+", TEXT))


def test_it_shows_every_policy_setting_with_its_default(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(uncommented(TEXT), encoding="utf-8")
    settings = load_settings(flags={"config": str(tmp_path / "c.toml")}, environ={})
    seeds = read_seeds({}, settings)
    assert seeds.problems == ()
    assert {one.key: one.value for one in seeds.policies} == {
        key: setting.default for key, setting in SETTINGS.items()
    }
    assert set(settings.file.contexts) == {"prod", "copy"}


def test_it_names_the_newest_variable_of_every_setting_that_has_one() -> None:
    assert [one for one, *_ in VARIABLES.values() if one not in TEXT] == []
