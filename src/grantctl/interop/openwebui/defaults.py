"""The permissions that Open WebUI itself knows, release by release, with their defaults.

Owns these facts, which hold where no environment variable changes them: each permission with the
first release that has it, of those looked at. None was ever taken away again, and no default was
changed. Leaves to `releases` which release a database is of.
"""

from __future__ import annotations

from collections.abc import Iterable

Version = tuple[int, ...]

# (release, permissions that it denies by default, permissions that it allows by default)
_ADDED = (
    (
        "0.5.20",
        "workspace.models workspace.knowledge workspace.prompts workspace.tools",
        "chat.controls chat.file_upload chat.delete chat.edit chat.temporary features.web_search"
        " features.image_generation features.code_interpreter",
    ),
    (
        "0.6.0",
        "sharing.public_models sharing.public_knowledge sharing.public_prompts"
        " sharing.public_tools chat.temporary_enforced",
        "",
    ),
    ("0.6.5", "features.direct_tool_servers", "chat.stt chat.tts chat.call chat.multiple_models"),
    ("0.6.16", "", "chat.system_prompt chat.share chat.export features.notes"),
    (
        "0.6.26",
        "",
        "chat.valves chat.params chat.delete_message chat.continue_response"
        " chat.regenerate_response chat.rate_response",
    ),
    ("0.6.36", "sharing.public_notes", ""),
    (
        "0.6.37",
        "workspace.models_import workspace.models_export workspace.prompts_import"
        " workspace.prompts_export workspace.tools_import workspace.tools_export sharing.models"
        " sharing.knowledge sharing.prompts sharing.tools sharing.notes features.api_keys",
        "",
    ),
    ("0.6.41", "", "features.folders features.channels"),
    ("0.7.2", "", "features.memories settings.interface"),
    ("0.8.0", "workspace.skills", ""),
    (
        "0.8.12",
        "sharing.skills sharing.public_skills",
        "access_grants.allow_users chat.web_upload",
    ),
    (
        "0.9.5",
        "sharing.public_chats sharing.public_calendars features.automations",
        "features.calendar",
    ),
    (
        "0.10.0",
        "workspace.skills_import workspace.skills_export sharing.folders features.webhooks",
        "chat.import",
    ),
    ("0.11.0", "sharing.open_chats", "access_grants.allow_groups"),
    ("0.12.3", "features.encrypted_channels", ""),
    ("0.12.4", "workspace.models_hidden", ""),
)


def version(text: str) -> Version:
    """`0.6.43` as numbers that compare."""
    return tuple(int(part) for part in text.split("."))


_SINCE: dict[str, Version] = {}
_DEFAULTS: dict[str, bool] = {}
for _release, _denied, _allowed in _ADDED:
    for _keys, _default in ((_denied, False), (_allowed, True)):
        _SINCE.update(dict.fromkeys(_keys.split(), version(_release)))
        _DEFAULTS.update(dict.fromkeys(_keys.split(), _default))


def built_in(release: str) -> dict[str, bool]:
    """Every permission of a release by its dotted key, with its default.

    Of a release before 0.5.20: those of 0.5.20.
    """
    newest = max(version(release), version(_ADDED[0][0]))
    return {key: default for key, default in _DEFAULTS.items() if _SINCE[key] <= newest}


def newest_release(keys: Iterable[str]) -> Version | None:
    """The release that brought the newest of these permissions; None where it knows none."""
    return max((_SINCE[key] for key in keys if key in _SINCE), default=None)
