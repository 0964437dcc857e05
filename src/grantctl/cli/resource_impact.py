"""What changed access controls would do, for the questions that are asked before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import TYPE_CHECKING

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.impact_words import gain_and_loss
from grantctl.evaluation.facts import AccessGrant, Resource
from grantctl.model import ResourceRef

if TYPE_CHECKING:
    from grantctl.operations.access_grants import GrantsChanged
    from grantctl.operations.resources import ResourceChange


MAX_MEASURED = 500  # a question must not take longer than what it asks about


def grant_words(call: Call, tried: GrantsChanged) -> str:
    """What grants would do."""
    return _words(call, _changed(tried.resources), _each(operations.impact.granted, tried))


def revoke_words(call: Call, tried: GrantsChanged) -> str:
    """What taking grants back would do."""
    return _words(call, _changed(tried.resources), _each(operations.impact.revoked, tried))


def publish_words(call: Call, tried: Sequence[ResourceChange]) -> str:
    """What opening resources to everyone would do."""
    impact = operations.impact
    return _words(call, _changed(tried), lambda one: impact.granted(one, impact.EVERYONE_READS))


def restrict_words(call: Call, tried: Sequence[ResourceChange], *, private: bool) -> str:
    """What closing resources would do."""
    closed = operations.impact.restricted
    return _words(call, _changed(tried), lambda one: closed(one, private=private))


def _changed(tried: Iterable[ResourceChange]) -> list[ResourceRef]:
    return [one.before.ref for one in tried if one.is_changed]


def _each(
    change: Callable[[Resource, AccessGrant], Resource], tried: GrantsChanged
) -> Callable[[Resource], Resource]:
    """The change of a resource by each of the grants that were asked for."""
    by_ref: dict[ResourceRef, list[AccessGrant]] = {}
    for one in tried.grants:
        by_ref.setdefault(one.ref, []).append(one.grant)
    return lambda resource: reduce(change, by_ref.get(resource.ref, ()), resource)


def _words(call: Call, refs: list[ResourceRef], change: Callable[[Resource], Resource]) -> str:
    measured = refs[:MAX_MEASURED]
    with call.database.reader() as reader:
        now = datetime.now(UTC)
        found = operations.impact.resources_impact(reader, measured, change, now=now)
    words = gain_and_loss(found.gaining_count, found.losing_count)
    if len(measured) == len(refs):
        return words
    return f"of the first {len(measured)} resources: {words}"
