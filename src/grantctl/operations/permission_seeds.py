"""Which variable of Open WebUI sets the default of which permission: `USER_PERMISSIONS_…`.

Owns the table, for every release that is known. Leaves what a variable says to `policy_seeds`.
"""

from __future__ import annotations

PREFIX = "USER_PERMISSIONS_"

_SHAREABLE = ("models", "knowledge", "prompts", "tools", "skills")
_SAME_NAME = {
    "chat": "controls valves system_prompt params file_upload web_upload delete delete_message"
    " continue_response regenerate_response rate_response edit share export import stt tts call"
    " multiple_models temporary temporary_enforced",
    "features": "api_keys notes folders channels direct_tool_servers web_search image_generation"
    " code_interpreter memories automations calendar encrypted_channels",
    "settings": "interface",
    "access_grants": "allow_users allow_groups",
    "workspace": "models_import models_export prompts_import prompts_export tools_import"
    " tools_export skills_import skills_export models_hidden",
}
_OTHERS = {
    "features.webhooks": ("FEATURES_USER_WEBHOOKS",),
    "sharing.notes": ("NOTES_ALLOW_SHARING",),
    "sharing.public_notes": ("NOTES_ALLOW_PUBLIC_SHARING",),
    "sharing.folders": ("FOLDERS_ALLOW_SHARING",),
    "sharing.public_chats": ("CHAT_ALLOW_PUBLIC_SHARING",),
    "sharing.open_chats": ("CHAT_ALLOW_OPEN_SHARING",),
    "sharing.public_calendars": ("CALENDAR_ALLOW_PUBLIC_SHARING",),
    "chat.delete": ("CHAT_DELETE", "CHAT_DELETION"),  # the latter up to 0.4
    "chat.edit": ("CHAT_EDIT", "CHAT_EDITING"),
}


def _names() -> dict[str, tuple[str, ...]]:
    """The names behind the prefix, by the key of the permission; the newest first."""
    names: dict[str, tuple[str, ...]] = {
        f"{category}.{leaf}": (f"{category}_{leaf}".upper(),)
        for category, leaves in _SAME_NAME.items()
        for leaf in leaves.split()
    }
    for kind in _SHAREABLE:
        name = f"WORKSPACE_{kind.upper()}"
        names[f"workspace.{kind}"] = (f"{name}_ACCESS",)
        names[f"sharing.{kind}"] = (f"{name}_ALLOW_SHARING",)
        names[f"sharing.public_{kind}"] = (f"{name}_ALLOW_PUBLIC_SHARING",)
    return names | _OTHERS


# The variables by the key of the permission whose default they set, the newest first.
VARIABLES = {
    key: tuple(f"{PREFIX}{name}" for name in names) for key, names in sorted(_names().items())
}
