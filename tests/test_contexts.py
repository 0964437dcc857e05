"""Contexts: which one is used, and what stands before what."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest

from grantctl.config import Setting, Settings, load_settings
from grantctl.errors import UsageError

CONTENT = """\
output = "csv"
context = "home"

[contexts.home]
output = "yaml"
actor = "me"

[contexts.prod]
output = "ndjson"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(CONTENT)
    return path


def load(file: Path, environ: Mapping[str, str] | None = None, **flags: str) -> Settings:
    return load_settings(flags={**flags, "config": str(file)}, environ=environ or {})


def refused(file: Path, environ: Mapping[str, str] | None = None, **flags: str) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        load(file, environ, **flags)
    return caught.value.message.replace(str(file), "FILE"), caught.value.hint or ""


def test_a_context_that_a_flag_names_beats_variables_but_no_flag(file: Path) -> None:
    environ = {"GRANTCTL_OUTPUT": "json", "GRANTCTL_CONTEXT": "home"}
    top = (f"file {file}", "csv")
    found = load(file, environ, context="prod")
    assert found.output == Setting(
        "output",
        "ndjson",
        f"flag --context prod ({file})",
        (("environment GRANTCTL_OUTPUT", "json"), top),
    )
    assert found.context == Setting(
        "context",
        "prod",
        "flag --context",
        (("environment GRANTCTL_CONTEXT", "home"), (f"file {file}", "home")),
    )
    assert load(file, environ, context="prod", output="name").output.origin == "flag --output"


def test_a_context_that_a_variable_names_stands_behind_variables(file: Path) -> None:
    environ = {"GRANTCTL_OUTPUT": "json", "GRANTCTL_CONTEXT": "prod"}
    assert load(file, environ).output == Setting(
        "output",
        "json",
        "environment GRANTCTL_OUTPUT",
        ((f"file {file} [contexts.prod]", "ndjson"), (f"file {file}", "csv")),
    )


def test_a_context_that_the_file_names_stands_before_the_rest_of_it(file: Path) -> None:
    found = load(file)
    origin = f"file {file} [contexts.home]"
    assert found.output == Setting("output", "yaml", origin, ((f"file {file}", "csv"),))
    assert found.actor == Setting("actor", "me", origin)
    assert found.context == Setting("context", "home", f"file {file}")
    assert load(file, context="prod").actor.origin == "default"


def test_only_the_strongest_context_counts(file: Path) -> None:
    assert load(file, {"GRANTCTL_CONTEXT": "prod"}).actor.origin == "default"


PLACES = ("flag", "by flag", "environment", "by variable", "by file", "top")


def written(places: set[str], tmp_path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Flags and environment that set the actor in each of these places to the name of the place."""
    lines = ['actor = "top"'] if "top" in places else []
    lines += ['context = "c"'] if "by file" in places else []
    lines += ['[contexts.a]\nactor = "by flag"'] if "by flag" in places else []
    lines += ['[contexts.b]\nactor = "by variable"'] if "by variable" in places else []
    lines += ['[contexts.c]\nactor = "by file"'] if "by file" in places else []
    (tmp_path / "c.toml").write_text("\n".join(lines) + "\n")
    flags = {"config": str(tmp_path / "c.toml")}
    flags |= {"actor": "flag"} if "flag" in places else {}
    flags |= {"context": "a"} if "by flag" in places else {}
    environ = {"GRANTCTL_ACTOR": "environment"} if "environment" in places else {}
    environ |= {"GRANTCTL_CONTEXT": "b"} if "by variable" in places else {}
    return flags, environ


def test_whatever_is_set_where_the_strongest_place_wins_and_the_others_are_told(
    tmp_path: Path,
) -> None:
    for is_set in product((False, True), repeat=len(PLACES)):
        places = {place for place, one in zip(PLACES, is_set, strict=True) if one}
        flags, environ = written(places, tmp_path)
        found = load_settings(flags=flags, environ=environ).actor
        # Of contexts, only the one that is named most strongly is looked at.
        named = [place for place in ("by flag", "by variable", "by file") if place in places]
        wanted = [one for one in PLACES if one in places and (one not in named or one == named[0])]
        told = [found.value, *(value for _, value in found.shadows)] if wanted else []
        assert told == wanted, places


def test_a_context_that_there_is_not_is_refused_wherever_it_is_named(file: Path) -> None:
    hint = "did you mean `prod`? one of home, prod"
    assert refused(file, context="prd") == ("`--context` names no context of `FILE`: `prd`", hint)
    assert refused(file, {"GRANTCTL_CONTEXT": "prd"}) == (
        "`GRANTCTL_CONTEXT` names no context of `FILE`: `prd`",
        hint,
    )
    assert refused(file, {"GRANTCTL_CONTEXT": "prd"}, context="prod")[1] == hint
    file.write_text(CONTENT.replace('"home"', '"prd"'))
    assert refused(file) == ("`FILE` line 2: `context` names no context of `FILE`: `prd`", hint)


def test_without_contexts_the_hint_says_how_one_is_made(file: Path) -> None:
    file.write_text("")
    assert refused(file, context="prod") == (
        "`--context` names no context of `FILE`: `prod`",
        "make it: grantctl config set --context prod database URL",
    )


@pytest.mark.parametrize("name", ["", "a\0", "a\x1b", " a", "-a", "a" * 65])
def test_what_cannot_name_a_context_is_refused(file: Path, name: str) -> None:
    assert refused(file, context=name)[0].startswith("`--context` ")


def test_values_of_contexts_are_checked_where_the_context_is_used(file: Path) -> None:
    file.write_text('[contexts.a]\noutput = "json"\n\n[contexts.b]\noutput = "xml"\n')
    assert load(file, context="a").output.value == "json"
    assert refused(file, context="b") == (
        "`FILE` line 5: `contexts.b.output` may not be `xml`",
        "one of table, json, ndjson, yaml, csv, name",
    )


def test_empty_values_of_a_context_count_as_not_set(file: Path) -> None:
    file.write_text('output = "csv"\n[contexts.a]\noutput = ""\n')
    assert load(file, context="a").output == Setting("output", "csv", f"file {file}")
