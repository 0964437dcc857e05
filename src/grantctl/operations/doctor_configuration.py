"""What `doctor` finds of the client settings: the file, the variables, and who may read them.

Owns how settings are loaded where some of them are wrong: each that can be told is left out and
told, so that the rest can be looked at. Repeats no value: any may be a password.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote

from grantctl.config import KEYS, check_value, load_settings
from grantctl.config_file import ConfigFile
from grantctl.errors import UsageError
from grantctl.operations.doctor_findings import DoctorFinding, failure, ok, skipped, warning
from grantctl.operations.doctor_visit import LoadedSettings, Visit
from grantctl.store.masked_url import mask_password
from grantctl.store.url import parse_url

_VARIABLES = tuple(f"GRANTCTL_{key.upper()}" for key in (*KEYS, "config"))


def load_anyway(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> LoadedSettings:
    """The settings, whatever is wrong with variables and the file.

    Raises UsageError only for what a flag says.
    """
    try:
        return LoadedSettings(load_settings(flags=flags, environ=environ))
    except UsageError:
        pass
    problems, sound = [], dict(environ)
    for variable in _VARIABLES:
        problem = _problem_of(variable, environ)
        if problem is not None:
            problems.append(problem)
            del sound[variable]
    try:
        return LoadedSettings(load_settings(flags=flags, environ=sound), tuple(problems))
    except UsageError as error:
        settings = load_settings(flags=flags, environ=sound, reads_file=False)
        path = settings.config_path
        problems.append(failure(error.message, str(path), error.hint or ""))
    origin = settings.database.origin
    by_variable = origin.startswith("environment") and not flags.get("context")
    return LoadedSettings(
        settings,
        tuple(problems),
        is_file_read=False,
        knows_database=origin.startswith("flag") or by_variable,
    )


def _problem_of(variable: str, environ: Mapping[str, str]) -> DoctorFinding | None:
    try:
        load_settings(flags={}, environ=_only(variable, environ), reads_file=False)
    except UsageError as error:
        return failure(error.message, variable, error.hint or "")
    return None


def _only(variable: str, environ: Mapping[str, str]) -> dict[str, str]:
    return {variable: environ[variable]} if variable in environ else {}


def validity(visit: Visit) -> Iterator[DoctorFinding]:
    """Whether the file and the variables can be understood, contexts that nobody named too."""
    loaded, file = visit.loaded, visit.loaded.settings.file
    found = [*loaded.problems, *_problems_of_contexts(file)]
    path = str(loaded.settings.config_path)
    fine = "read, every value can be meant" if file.text else "there is none, nor need there be"
    yield from found or [ok(fine, path)]


def _problems_of_contexts(file: ConfigFile) -> Iterator[DoctorFinding]:
    for name, values in file.contexts.items():
        for key, value in values.items():
            try:
                if value:
                    check_value(key, file.place("contexts", name, key), value)
                if value and key == "database":
                    parse_url(value)
            except UsageError as error:
                yield failure(error.message, f"context {name}", error.hint or "")


def privacy(visit: Visit) -> Iterator[DoctorFinding]:
    """Whether a file that holds a password is its owner's alone, and nobody else may change it."""
    loaded = visit.loaded
    path = loaded.settings.config_path
    if os.name != "posix" or not loaded.is_file_read:
        yield skipped("whether it holds a password cannot be told", str(path))
    elif not loaded.settings.file.text:
        yield ok("there is nothing to hide", str(path))
    else:
        yield _privacy(path, holds_password=_holds_password(loaded.settings.file))


def _privacy(path: Path, *, holds_password: bool) -> DoctorFinding:
    mode = path.stat().st_mode
    others = stat.S_IRWXG | stat.S_IRWXO
    advice = f"chmod 600 {quote(str(path))}"
    if holds_password and mode & others:
        return failure("it holds a password, and others may read it", str(path), advice)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return warning("others may change it, and so choose the database", str(path), advice)
    return ok("no password in it" if not holds_password else "its owner's alone", str(path))


def _holds_password(file: ConfigFile) -> bool:
    urls = (values.get("database", "") for values in (file.values, *file.contexts.values()))
    return any(mask_password(url) != url for url in urls)
