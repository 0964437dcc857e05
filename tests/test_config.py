"""Client settings: every layer, every origin, every error whole."""

from __future__ import annotations

import errno
import os
import pwd
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grantctl import config_file
from grantctl.config import (
    KEYS,
    OUTPUTS,
    ConfigFile,
    Setting,
    Settings,
    choices_hint,
    load_settings,
    os_user,
)
from grantctl.errors import UsageError
from grantctl.render.style import Format
from grantctl.store.url import parse_url


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a configuration; also for platformdirs, which asks the real environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def load(environ: Mapping[str, str] | None = None, **flags: str | None) -> Settings:
    return load_settings(flags=flags, environ=environ or {})


def default_file(home: Path) -> Path:
    file = home / "config" / "grantctl" / "config.toml"
    file.parent.mkdir(parents=True)
    return file


def refused(environ: Mapping[str, str] | None = None, **flags: str | None) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        load(environ, **flags)
    return caught.value.message, caught.value.hint or ""


# The order


def test_without_anything_the_defaults_hold(home: Path) -> None:
    assert load() == Settings(
        database=Setting("database", f"sqlite:///{home}/data/grantctl/grantctl.db", "default"),
        output=Setting("output", "", "default"),
        color=Setting("color", "auto", "default"),
        actor=Setting("actor", "", "default"),
        keys=Setting("keys", "", "default"),
        context=Setting("context", "", "default"),
        file=ConfigFile(f"{home}/config/grantctl/config.toml"),
    )


def test_a_flag_beats_a_variable_beats_the_file(home: Path) -> None:
    file = default_file(home)
    file.write_text('output = "csv"\ncolor = "never"\nactor = "file"\n')
    environ = {"GRANTCTL_OUTPUT": "yaml", "GRANTCTL_COLOR": "always"}
    found = load(environ, output="json", color=None)
    assert found.output == Setting(
        "output",
        "json",
        "flag --output",
        (("environment GRANTCTL_OUTPUT", "yaml"), (f"file {file}", "csv")),
    )
    assert found.color == Setting(
        "color", "always", "environment GRANTCTL_COLOR", ((f"file {file}", "never"),)
    )
    assert found.actor == Setting("actor", "file", f"file {file}")
    assert found.database.origin == "default"


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_a_flag_a_variable_and_a_place_in_the_file(key: str, home: Path) -> None:
    value = {"output": "json", "color": "never", "context": "prod"}.get(key, "sqlite:///x.db")
    default_file(home).write_text(f'{key} = "{value}"\n[contexts.prod]\n')
    found = {
        one.key: one for one in load({f"GRANTCTL_{key.upper()}": value}, **{key: value}).listed
    }
    assert found[key].origin == f"flag --{key}"
    assert [origin.split()[0] for origin, _ in found[key].shadows] == ["environment", "file"]


def test_empty_variables_and_values_count_as_not_set(home: Path) -> None:
    default_file(home).write_text('database = ""\noutput = ""\n')
    names = ("DATABASE", "OUTPUT", "COLOR", "ACTOR", "CONTEXT", "CONFIG")
    found = load({f"GRANTCTL_{name}": "" for name in names})
    assert {one.origin for one in found.listed} == {"default"}
    assert not any(one.shadows for one in found.listed)


@pytest.mark.parametrize("key", [*KEYS, "config"])
def test_an_empty_flag_is_refused(key: str) -> None:
    assert refused(None, **{key: ""}) == (f"`--{key}` is empty", "leave it out to use the default")


def test_unknown_variables_are_no_error() -> None:
    assert load({"GRANTCTL_COLOUR": "pink"}).color.value == "auto"


@pytest.mark.parametrize("name", ["a b%20c", "é", "100%", "q?x#y"])
def test_the_default_database_survives_its_own_url(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(home / name))
    assert parse_url(load().database.value).path == home / name / "grantctl" / "grantctl.db"


def test_the_folder_of_the_keys_is_in_the_data_folder_or_where_it_is_said(home: Path) -> None:
    assert load().keys_folder == home / "data" / "grantctl" / "keys"
    assert load({"GRANTCTL_KEYS": "/srv/keys"}).keys_folder == Path("/srv/keys")


# The actor


def test_the_actor_is_the_user_of_the_process_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOGNAME", "mallory")
    monkeypatch.setenv("USER", "mallory")
    assert load().actor_name == os_user() == pwd.getpwuid(os.getuid()).pw_name


def test_an_actor_that_is_set_is_taken() -> None:
    assert load({"GRANTCTL_ACTOR": "ci"}).actor_name == "ci"


def test_an_id_without_a_name_is_named_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert os_user() == "uid 4000000000"


# Wrong values


def test_a_wrong_variable_is_named() -> None:
    assert refused({"GRANTCTL_OUTPUT": "yml"}) == (
        "`GRANTCTL_OUTPUT` may not be `yml`",
        "did you mean `yaml`? one of table, json, ndjson, yaml, csv, name",
    )


def test_a_wrong_flag_is_named() -> None:
    assert refused(color="Never") == (
        "`--color` may not be `Never`",
        "did you mean `never`? one of auto, always, never",
    )


def test_a_wrong_value_in_the_file_is_named(home: Path) -> None:
    file = default_file(home)
    file.write_text('output = "xml"\n')
    assert refused()[0] == f"`{file}` line 1: `output` may not be `xml`"


def test_a_wrong_value_is_refused_where_a_flag_shadows_it() -> None:
    assert refused({"GRANTCTL_COLOR": "pink"}, color="auto")[0] == (
        "`GRANTCTL_COLOR` may not be `pink`"
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("a\0b", "holds the control character U+0000"),
        ("a\nb", "holds the control character U+000A"),
        ("a\x9bb", "holds the control character U+009B"),
        ("a\udcffb", "is not UTF-8"),
        ("${DATABASE_URL}", "is still a placeholder"),
        ("sqlite:////${HOME}/x.db", "is still a placeholder"),
        ("{{ url }}", "is still a placeholder"),
        ("<your url>", "is still a placeholder"),
        ("ChangeMe", "is still a placeholder"),
    ],
)
@pytest.mark.parametrize("key", ["database", "actor"])
def test_what_cannot_be_meant_is_refused(key: str, value: str, problem: str) -> None:
    assert refused(None, **{key: value})[0] == f"`--{key}` {problem}"


@pytest.mark.parametrize("value", ["x" * 201, "   "])
def test_an_actor_that_the_audit_log_cannot_hold_is_refused(value: str) -> None:
    assert refused({"GRANTCTL_ACTOR": value})[0] == (
        "`GRANTCTL_ACTOR` may have 1 to 200 characters, not all spaces"
    )


def test_a_password_shows_neither_in_an_error_nor_in_a_repr(home: Path) -> None:
    secret = "postgresql://u:hunter2@h/d"
    file = default_file(home)
    file.write_text(f'database = "{secret}"\n')
    shown = repr(load({"GRANTCTL_DATABASE": secret + "2"}, database=secret + "3"))
    assert "hunter2" not in shown
    assert "hunter2" not in "".join(refused(database=secret + "\0"))
    for content in (
        f'database = "{secret}',
        f"database = ['{secret}']",
        f"x = '{secret}'",
        f'database = """\n{secret}\n"""\nactor = [',
        f"[contexts.a]\ndatabase = '{secret}'\n[contexts.b]\nx = 1",
    ):
        file.write_text(content)
        assert "hunter2" not in "".join(refused())


# The file


def test_a_missing_default_file_is_no_error(home: Path) -> None:
    assert not load().config_path.exists()


def test_a_missing_named_file_is_refused(home: Path) -> None:
    path = home / "none.toml"
    assert refused(config=str(path)) == (f"no configuration file `{path}`", "`--config` names it")
    assert refused({"GRANTCTL_CONFIG": str(path)}) == (
        f"no configuration file `{path}`",
        "`GRANTCTL_CONFIG` names it",
    )


def test_a_default_file_that_is_a_broken_link_is_refused(home: Path) -> None:
    file = default_file(home)
    file.symlink_to(home / "gone")
    assert refused() == (
        f"no configuration file `{file}`",
        "it is a link to a file that is gone",
    )


def test_the_flag_beats_the_variable_that_names_the_file(home: Path) -> None:
    one, other = home / "one.toml", home / "other.toml"
    one.write_text('actor = "one"')
    found = load({"GRANTCTL_CONFIG": str(other)}, config=str(one))
    assert (found.actor.value, found.config_path) == ("one", one)


def test_a_directory_is_refused(home: Path) -> None:
    assert refused(config=str(home))[0] == (
        f"cannot read the configuration file `{home}`: is a directory"
    )


def test_an_unreadable_file_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, mode: str) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", name)

    # root, who may run the tests, reads everything
    monkeypatch.setattr(config_file, "open", refuse, raising=False)
    for flags in ({}, {"config": "c.toml"}):
        path = flags.get("config", home / "config" / "grantctl" / "config.toml")
        assert refused(None, **flags)[0] == (
            f"cannot read the configuration file `{path}`: permission denied"
        )


def test_a_path_with_nul_is_refused() -> None:
    assert refused(config="a\0b")[0] == "`--config` holds the control character U+0000"


def test_a_huge_file_is_refused() -> None:
    assert refused(config="/dev/zero")[0] == (
        "the configuration file `/dev/zero` is over 1048576 bytes long"
    )


EVERY = "one of database, output, color, actor, keys, context, contexts, policy"
OF_A_CONTEXT = "one of database, output, color, actor, keys"
SETTING = 'one setting a line: key = "value"'


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (
            'databse = "x"',
            "`FILE` line 1: unknown key `databse`",
            f"did you mean `database`? {EVERY}",
        ),
        (
            "# a\n[grantctl]",
            "`FILE` line 2: unknown key `grantctl`",
            f"{EVERY}; policy settings stand in the table [policy]",
        ),
        (
            "\nusers.default_role = 'user'",
            "`FILE` line 2: unknown key `users`",
            f"{EVERY}; policy settings stand in the table [policy]",
        ),
        ("output = true", "`FILE` line 1: `output` is a boolean, not text", 'output = "…"'),
        ("output = 1", "`FILE` line 1: `output` is a number, not text", 'output = "…"'),
        ("\nactor = [\n'a']", "`FILE` line 2: `actor` is an array, not text", 'actor = "…"'),
        ("\n\n[actor]", "`FILE` line 3: `actor` is a table, not text", 'actor = "…"'),
        ("[[actor]]", "`FILE` line 1: `actor` is an array, not text", 'actor = "…"'),
        ("actor = 2026-01-31", "`FILE` line 1: `actor` is a date or time, not text", 'actor = "…"'),
        ("contexts = 1", "`FILE` line 1: `contexts` is a number, not a table", "[contexts]"),
        (
            "[contexts]\nprod = 'x'",
            "`FILE` line 2: `contexts.prod` is text, not a table",
            "[contexts.prod]",
        ),
        ("\npolicy = 'x'", "`FILE` line 2: `policy` is text, not a table", "[policy]"),
        (
            "actor = 'a'\n[contexts.prod]\ndatabse = 'x'",
            "`FILE` line 3: unknown key `contexts.prod.databse`",
            f"did you mean `database`? {OF_A_CONTEXT}",
        ),
        (
            "[contexts.prod]\ncontext = 'x'",
            "`FILE` line 2: unknown key `contexts.prod.context`",
            OF_A_CONTEXT,
        ),
        (
            "contexts = {prod = {output = 1}}",
            "`FILE` line 1: `contexts.prod.output` is a number, not text",
            'output = "…"',
        ),
        (
            "[contexts.'']",
            "`FILE` line 1: the name of a context has 1 to 64 characters",
            "",
        ),
        (
            "[contexts]\n\" a\".output = 'json'",
            "`FILE` line 2: the name of a context has printable characters, no space at its ends, "
            "and no dash at its beginning",
            "",
        ),
        (
            "[policy]\nusers.default_role = user",
            "`FILE` line 2 (`users.default_role`): invalid value",
            SETTING,
        ),
        ("\n\noutput = ", "`FILE` line 3 (`output`): invalid value", SETTING),
        ("output = json", "`FILE` line 1 (`output`): invalid value", SETTING),
        (
            'actor = "a"\nactor = "b"',
            "`FILE` line 2 (`actor`): cannot overwrite a value",
            SETTING,
        ),
        (
            "# é\nactor",
            "`FILE` line 2 (`actor`): expected '=' after a key in a key/value pair",
            SETTING,
        ),
        ("a = " + "[" * 9999, "`FILE` is nested too deeply", SETTING),
        ("a = " + "9" * 5000, "`FILE` is not valid TOML", SETTING),
    ],
)
def test_a_wrong_file_is_refused(content: str, message: str, hint: str, home: Path) -> None:
    file = home / "c.toml"
    file.write_text(content)
    assert refused(config=str(file)) == (message.replace("FILE", str(file)), hint)


def test_a_file_that_is_not_utf8_is_refused_with_its_line(home: Path) -> None:
    file = home / "c.toml"
    file.write_bytes(b'actor = "a"\noutput = "\xff"\n')
    assert refused(config=str(file))[0] == f"`{file}` line 2: not UTF-8"


def test_a_byte_order_mark_and_crlf_are_no_error(home: Path) -> None:
    file = home / "c.toml"
    file.write_bytes(b'\xef\xbb\xbfactor = "a"\r\n')
    assert load(config=str(file)).actor.value == "a"


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_content_gives_settings_or_a_usage_error(content: bytes) -> None:
    file = Path(os.environ["HOME"]) / "any.toml"
    file.write_bytes(content)
    try:
        load(config=str(file))
    except UsageError as error:
        assert str(file) in error.message


# The sample, and what is kept in two places


def test_the_outputs_are_the_formats() -> None:
    assert tuple(Format) == OUTPUTS


def test_the_hint_names_the_nearest_choice_if_one_is_near() -> None:
    assert choices_hint("JSN", ("json", "csv")) == "did you mean `json`? one of json, csv"
    assert choices_hint("q" * 9999, ("json", "csv")) == "one of json, csv"


# Start-up


@pytest.mark.parametrize(
    ("content", "loaded"),
    [
        ("", "[]"),
        ('context = "prod"\n[contexts.prod]\ndatabase = "sqlite:///x.db"\n[policy]\n', "[]"),
        ("[policy]\naccess.admin_bypass = false\n", "['tomllib']"),
    ],
)
def test_nothing_is_loaded_that_is_not_needed(content: str, loaded: str, home: Path) -> None:
    (home / "c.toml").write_text(content)
    environ = {"GRANTCTL_CONFIG": str(home / "c.toml")}
    program = f"""
import sys
from grantctl.config import load_settings
load_settings(flags={{}}, environ={environ!r})
lazy = {{"platformdirs", "tomllib", "difflib", "pwd", "pathlib", "grantctl.config_lines"}}
print(sorted(lazy & set(sys.modules)))
"""
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == (f"{loaded}\n", "")
