"""Reading an Open WebUI database as a whole.

Owns the connection and the order of reading. Leaves each kind of object to its module.
"""

from __future__ import annotations

from grantctl.interop.directory import ForeignDirectory
from grantctl.interop.openwebui.api_keys import read_api_keys
from grantctl.interop.openwebui.findings import Findings
from grantctl.interop.openwebui.groups import groups_of, read_group_rows
from grantctl.interop.openwebui.identities import read_identities
from grantctl.interop.openwebui.layout import read_layout
from grantctl.interop.openwebui.memberships import read_memberships
from grantctl.interop.openwebui.permissions import read_permissions
from grantctl.interop.openwebui.resources import Principals, read_resources
from grantctl.interop.openwebui.settings import read_settings
from grantctl.interop.openwebui.users import read_users
from grantctl.interop.openwebui.values import decode
from grantctl.store.connection import Connection, open_reading
from grantctl.store.url import SQLITE, DatabaseUrl


def read_directory(url: DatabaseUrl) -> ForeignDirectory:
    """Users, identities, groups, memberships, permissions, resources, API keys and settings of an
    Open WebUI database.

    It is read at one moment and never written to. Users, groups and resources come ordered by their
    creation, memberships by their ids, the same on both engines. Raises DatabaseError where the
    database cannot be read or is not Open WebUI's.
    """
    connection = open_reading(url)
    try:
        if connection.engine == SQLITE:
            connection.raw.text_factory = decode
        with connection.reading():
            return _read(connection)
    finally:
        connection.close()


def _read(connection: Connection) -> ForeignDirectory:
    findings = Findings()
    layout = read_layout(connection)
    users = read_users(connection, layout, findings)
    rows = read_group_rows(connection, layout, findings)
    user_ids = {user.id for user in users}
    memberships = read_memberships(connection, layout, rows, user_ids, findings)
    permissions = read_permissions(connection, layout, rows, findings)
    principals = Principals(user_ids, {row.id for row in rows})
    resources = read_resources(connection, layout, principals, findings)
    api_keys = read_api_keys(connection, layout, user_ids, findings)
    identities = read_identities(connection, layout, users, findings)
    settings = read_settings(connection, layout, principals.groups, findings)
    return ForeignDirectory(
        layout=permissions.label,
        users=users,
        groups=groups_of(rows, findings),
        memberships=memberships,
        flags=permissions.flags,
        defaults=permissions.defaults,
        resources=resources,
        findings=findings.all(),
        api_keys=api_keys,
        identities=identities,
        settings=settings,
    )
