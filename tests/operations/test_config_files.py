"""The configuration file, written: one setting changes, everything else stays."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grantctl.config import CONTEXT_KEYS, KEYS
from grantctl.errors import GuardError, UsageError
from grantctl.operations.config_files import FileChange, change_setting, sample_text, write_sample

CONTENT = """\
# mine
output = "csv"   # as the script wants it

  color = 'never'

# servers
[contexts.prod]   # the real one
database = "sqlite:///a.db"
# end of prod

[policy]
users.default_role = "user"  # everybody
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(CONTENT)
    path.chmod(0o640)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_value_changes_and_nothing_else(file: Path) -> None:
    assert change_setting(file, "output", "json") == FileChange("output", "csv", "json", False)
    assert file.read_text() == CONTENT.replace('"csv"', '"json"')
    change_setting(file, "database", "postgresql://h/d", context="prod")
    changed = CONTENT.replace('"csv"', '"json"').replace('"sqlite:///a.db"', '"postgresql://h/d"')
    assert (file.read_text(), mode(file)) == (changed, 0o640)
    assert list(file.parent.iterdir()) == [file]


def test_a_new_setting_stands_in_its_own_table(file: Path) -> None:
    change_setting(file, "actor", "ops")
    change_setting(file, "actor", "ci", context="prod")
    change_setting(file, "output", "json", context="copy")
    found = tomllib.loads(file.read_text())
    assert (found["actor"], found["contexts"]["prod"]["actor"]) == ("ops", "ci")
    assert found["contexts"]["copy"] == {"output": "json"}
    kept = [line for line in CONTENT.splitlines() if line.strip()]
    assert [line for line in file.read_text().splitlines() if line in kept] == kept


def test_a_setting_that_is_taken_out_leaves_the_others(file: Path) -> None:
    assert change_setting(file, "output", None) == FileChange("output", "csv", None, False)
    assert file.read_text() == CONTENT.replace('output = "csv"   # as the script wants it\n', "")
    before = file.read_text()
    assert change_setting(file, "output", None) == FileChange("output", None, None, False)
    assert change_setting(file, "actor", None, context="nobody").before is None
    assert file.read_text() == before


def test_a_file_that_is_not_there_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "grantctl" / "c.toml"
    old = os.umask(0)
    try:
        change_setting(file, "database", "postgresql://u:pw@h/d")
    finally:
        os.umask(old)
    assert file.read_text() == 'database = "postgresql://u:pw@h/d"\n'
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)
    change_setting(tmp_path / "none.toml", "actor", None)
    assert not (tmp_path / "none.toml").exists()


def test_a_dry_run_writes_nothing(file: Path, tmp_path: Path) -> None:
    assert change_setting(file, "output", "json", dry_run=True).after == "json"
    assert change_setting(file, "actor", "a", context="new", dry_run=True).is_new_context
    change_setting(tmp_path / "none.toml", "actor", "a", dry_run=True)
    write_sample(tmp_path / "none.toml", overwrite=False, dry_run=True)
    assert (file.read_text(), list(tmp_path.iterdir())) == (CONTENT, [file])


def test_a_link_stays_one_and_what_it_leads_to_changes(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    change_setting(link, "output", "json")
    assert (link.is_symlink(), file.read_text()) == (True, CONTENT.replace('"csv"', '"json"'))


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbfoutput = "csv"\r\n# end\r\n',
        b'output = "csv"\r\n',
        b"output = '''csv'''\n",
        b'contexts = {a = {output = "csv"}}\noutput = "csv"\n',
    ],
)
def test_marks_and_line_ends_stay(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(content)
    change_setting(file, "output", "json")
    head, _, tail = content.rpartition(b"csv")
    expected = (head + b"json" + tail).replace(b"'''", b'"')
    assert file.read_bytes() == expected


def test_a_wrong_value_can_be_mended(file: Path) -> None:
    file.write_text("output = true\n")
    change_setting(file, "output", "json")
    assert file.read_text() == 'output = "json"\n'


@pytest.mark.parametrize(
    ("content", "key", "value", "context", "message"),
    [
        (CONTENT, "output", "xml", None, "`output` may not be `xml`"),
        (CONTENT, "actor", "${USER}", "prod", "`actor` is still a placeholder"),
        (CONTENT, "database", "a\0", None, "`database` holds the control character U+0000"),
        (CONTENT, "context", "prd", None, "there is no context `prd` in `FILE`"),
        (CONTENT, "context", "prod", "prod", "`context` is no setting of a context"),
        (CONTENT, "actor", "a", " x", "`--context`: the name of a context has printable"),
        ("output = ", "output", "csv", None, "`FILE` line 1 (`output`): invalid value"),
        ("\nx = 1\n", "output", "csv", None, "`FILE` line 2: unknown key `x`"),
        ("contexts = 1\n", "actor", "a", "b", "`FILE` cannot be changed in this one place"),
        ("contexts.b = 1\n", "actor", "a", "b", "`FILE` cannot be changed in this one place"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    file: Path, content: str, key: str, value: str, context: str | None, message: str
) -> None:
    file.write_text(content)
    with pytest.raises(UsageError) as caught:
        change_setting(file, key, value, context=context)
    assert caught.value.message.replace(str(file), "FILE").startswith(message)
    assert file.read_text() == content


def test_places_where_no_file_can_be_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path, reason in (
        (tmp_path, "is not a regular file"),
        (Path("/dev/null"), "is not a regular file"),
        (Path("/dev/null/c.toml"), "cannot be written: not a directory"),
        (Path("/proc/nowhere/c.toml"), "cannot be written: no such file or directory"),
    ):
        with pytest.raises(UsageError) as caught:
            write_sample(path, overwrite=True, dry_run=False)
        assert caught.value.message == f"`{path}` {reason}"
    with pytest.raises(UsageError):
        write_sample(tmp_path / "fifo", overwrite=True, dry_run=False)
    with pytest.raises(UsageError):
        write_sample(Path("a\0b"), overwrite=False, dry_run=False)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_the_sample_is_written_once_and_replaces_only_what_it_may(tmp_path: Path) -> None:
    file = tmp_path / "made" / "c.toml"
    write_sample(file, overwrite=False, dry_run=False)
    assert (file.read_text(), mode(file)) == (sample_text(), 0o600)
    file.write_text("actor = 'a'\n")
    file.chmod(0o644)
    for dry_run in (True, False):
        with pytest.raises(GuardError) as caught:
            write_sample(file, overwrite=False, dry_run=dry_run)
    assert caught.value.message == f"`{file}` exists already, and is left as it is"
    assert file.read_text() == "actor = 'a'\n"
    write_sample(file, overwrite=True, dry_run=False)
    assert (file.read_text(), mode(file)) == (sample_text(), 0o600)
    broken = tmp_path / "link"
    broken.symlink_to(tmp_path / "gone")
    with pytest.raises(GuardError):
        write_sample(broken, overwrite=False, dry_run=False)


NAMES = st.sampled_from(["prod", "a b", "x.y", "'", "é"])
VALUES = st.text("a\"'\\#= é.", max_size=6).map(lambda text: f"v{text}")
COMMENTS = st.sampled_from(["", "# note", "\n# output = 1", "  # a [b]"])


def document(top: dict[str, str], contexts: dict[str, dict[str, str]], note: str) -> str:
    """A file with comments all over it."""
    lines = [note]
    for key, value in top.items():
        lines += [f"{key} = {quoted(value)} # {key}", note]
    for name, values in contexts.items():
        lines.append(f"[contexts.{quoted(name)}] # {len(name)}")
        lines += [f"{key} = {quoted(value)}" for key, value in values.items()]
        lines.append(note)
    return "\n".join([*lines, "[policy]", "oauth.roles_claim = 'a' # z", note, ""])


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@settings(deadline=None, max_examples=80)
@given(
    top=st.dictionaries(st.sampled_from(["database", "actor", "keys"]), VALUES),
    contexts=st.dictionaries(
        NAMES, st.dictionaries(st.sampled_from(["database", "actor"]), VALUES), max_size=3
    ),
    note=COMMENTS,
    key=st.sampled_from(["database", "actor", "keys"]),
    value=st.none() | VALUES,
    context=st.none() | NAMES,
)
def test_one_change_leaves_every_other_value_and_every_comment(
    tmp_path_factory: pytest.TempPathFactory,
    top: dict[str, str],
    contexts: dict[str, dict[str, str]],
    note: str,
    key: str,
    value: str | None,
    context: str | None,
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    text = document(top, contexts, note)
    file.write_text(text)
    change_setting(file, key, value, context=context)
    changed = file.read_text()
    table = top if context is None else contexts.get(context, {})
    after = {name: one for name, one in table.items() if name != key}
    after |= {} if value is None else {key: value}
    found = tomllib.loads(changed)
    if context is None:
        assert {name: one for name, one in found.items() if name in KEYS} == after
        assert found.get("contexts", {}) == contexts
    else:
        assert {name: one for name, one in found.items() if name in KEYS} == top
        expected = {**contexts, context: after} if after or context in contexts else contexts
        assert found.get("contexts", {}) == expected
    untouched = [line for line in text.splitlines() if "#" in line and not line.startswith(key)]
    assert [line for line in changed.splitlines() if line in untouched] == untouched


def test_the_keys_of_a_context_are_those_of_the_file_but_one() -> None:
    assert set(KEYS) - set(CONTEXT_KEYS) == {"context"}
