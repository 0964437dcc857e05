"""The permissions that a new database knows: Open WebUI's own tree and defaults.

Owns the keys, defaults and descriptions of the four categories of Open WebUI 0.6.43, which flag
restricts, and which key gates which. Imports and `permissions define` add others.
"""

from __future__ import annotations

from grantctl.evaluation.facts import Permission

_ALLOWED = {
    "chat": {
        "controls": "open the chat controls panel",
        "valves": "set the valves of functions in a chat",
        "system_prompt": "set a chat's system prompt",
        "params": "set a chat's model parameters",
        "file_upload": "upload files into a chat",
        "delete": "delete own chats",
        "delete_message": "delete messages of own chats",
        "continue_response": "let a response continue",
        "regenerate_response": "have a response made again",
        "rate_response": "rate responses",
        "edit": "edit messages",
        "share": "share chats by link",
        "export": "export chats",
        "stt": "dictate messages (speech to text)",
        "tts": "have responses read aloud (text to speech)",
        "call": "use voice and video calls",
        "multiple_models": "ask several models at once",
        "temporary": "use temporary chats",
    },
    "features": {
        "notes": "use notes",
        "folders": "use chat folders",
        "channels": "use channels",
        "web_search": "let models search the web",
        "image_generation": "generate images",
        "code_interpreter": "run code in the interpreter",
    },
}

_DENIED = {
    "workspace": {
        "models": "manage models in the workspace",
        "knowledge": "manage knowledge bases in the workspace",
        "prompts": "manage prompts in the workspace",
        "tools": "manage tools in the workspace",
        "models_import": "import models",
        "models_export": "export models",
        "prompts_import": "import prompts",
        "prompts_export": "export prompts",
        "tools_import": "import tools",
        "tools_export": "export tools",
    },
    "sharing": {
        "models": "share models with users and groups",
        "public_models": "make models public",
        "knowledge": "share knowledge bases with users and groups",
        "public_knowledge": "make knowledge bases public",
        "prompts": "share prompts with users and groups",
        "public_prompts": "make prompts public",
        "tools": "share tools with users and groups",
        "public_tools": "make tools public",
        "notes": "share notes with users and groups",
        "public_notes": "make notes public",
    },
    "chat": {"temporary_enforced": "be held to temporary chats, which are not kept"},
    "features": {
        "api_keys": "create and use API keys",
        "direct_tool_servers": "connect tool servers of one's own",
    },
}

_RESTRICTING = {"chat.temporary_enforced"}
_GATES = {
    "chat.valves": "chat.controls",
    "chat.system_prompt": "chat.controls",
    "chat.params": "chat.controls",
}


def _permissions(tree: dict[str, dict[str, str]], *, default: bool) -> list[Permission]:
    return [
        Permission(
            key=f"{category}.{leaf}",
            default=default,
            description=description,
            restricts=f"{category}.{leaf}" in _RESTRICTING,
            gated_by=_GATES.get(f"{category}.{leaf}"),
        )
        for category, leaves in tree.items()
        for leaf, description in leaves.items()
    ]


SEEDED_PERMISSIONS: tuple[Permission, ...] = tuple(
    sorted(
        _permissions(_ALLOWED, default=True) + _permissions(_DENIED, default=False),
        key=lambda permission: permission.key,
    )
)
