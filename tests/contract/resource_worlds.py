"""Directories with resources: generated or fixed, as facts, as rows, and changed by commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from sqlmodel import Session, delete, text, update

from grantctl.evaluation.facts import AccessFacts, AccessGrant, Group, Membership, Resource, User
from grantctl.model import PrincipalType, ResourceRef, Role, parse_resource
from grantctl.store.database import Database
from grantctl.store.resource_reader import ADMIN_BYPASS
from grantctl.store.resource_tables import AccessGrantRow, ResourceRow
from grantctl.store.session import change
from grantctl.store.tables import PolicySettingRow
from grantctl.store.url import POSTGRES
from tests.contract.worlds import NOW, World, rich_world, worlds

EVERYONE = AccessGrant("read", PrincipalType.EVERYONE, "*")
ACTIONS = ("read", "write", "share")
_ORDER = list(PrincipalType)


@dataclass(frozen=True)
class ResourceWorld:
    """People with what they hold, and every resource."""

    people: World
    resources: tuple[Resource, ...]
    admin_bypass: bool = True

    def facts(self, user: User, ref: ResourceRef) -> AccessFacts:
        """All that is stored, for whichever question about the user and the resource."""
        people = self.people.facts(user)
        return AccessFacts(
            user=user,
            chain=tuple(self._chain(ref)),
            groups=people.groups,
            memberships=people.memberships,
            admin_bypass=self.admin_bypass,
            taken_names=people.taken_names,
        )

    def _chain(self, ref: ResourceRef | None) -> Iterator[Resource]:
        by_ref = {one.ref: one for one in self.resources}
        seen: set[ResourceRef] = set()
        while ref in by_ref and ref not in seen:
            assert ref is not None
            seen.add(ref)
            yield by_ref[ref]
            ref = by_ref[ref].base

    def grant_to_user(self, action: str, user: User) -> AccessGrant:
        return AccessGrant(action, PrincipalType.USER, user.id, user.pk, user.label)

    def grant_to_group(self, action: str, group: Group) -> AccessGrant:
        return AccessGrant(action, PrincipalType.GROUP, group.id, group.pk, group.name or group.id)

    def with_grant(self, ref: ResourceRef, grant: AccessGrant) -> ResourceWorld:
        """The same with one grant more; what was public stays readable by everyone."""
        return self._changed(ref, lambda one: _granted(one, grant))

    def _changed(self, ref: ResourceRef, change: object) -> ResourceWorld:
        assert callable(change)
        assert any(one.ref == ref for one in self.resources), ref
        return replace(
            self,
            resources=tuple(change(one) if one.ref == ref else one for one in self.resources),
        )

    def after(self, commands: Iterable[Sequence[str]]) -> ResourceWorld:
        """The world once these commands have run, each understood as the command line would."""
        changed = self
        for program, noun, verb, *arguments in commands:
            assert program == "grantctl"
            changed = changed._after(noun, verb, arguments)
        return changed

    def _after(self, noun: str, verb: str, arguments: list[str]) -> ResourceWorld:
        at = arguments.index("--") if "--" in arguments else len(arguments)
        options = [one for one in arguments[:at] if one.startswith("-")]
        words = [one for one in arguments[:at] if not one.startswith("-")] + arguments[at + 1 :]
        match noun, verb, options, words:
            case "users", "approve", [], [user]:
                pk = self._user(user).pk
                users = tuple(
                    replace(one, role=Role.USER) if one.pk == pk else one
                    for one in self.people.users
                )
                return replace(self, people=replace(self.people, users=users))
            case "groups", "add", [], [group, user]:
                pair = (self._user(user).pk, self._group(group).pk)
                kept = [one for one in self.people.memberships if (one[0], one[1].group) != pair]
                held = (*kept, (pair[0], Membership(pair[1])))
                return replace(self, people=replace(self.people, memberships=held))
            case "resources", "grant", [option], [ref, action]:
                return self.with_grant(parse_resource(ref), self._named(option, action))
            case "resources", "publish", [], [ref]:
                return self._changed(parse_resource(ref), _published)
            case "resources", "create", ["--public"], [ref]:
                new = Resource(1 + max(one.pk for one in self.resources), parse_resource(ref), ref)
                made = replace(new, is_public=True)
                return replace(self, resources=(*self.resources, made))
            case "resources", "update", ["--no-base"], [ref]:
                return self._changed(parse_resource(ref), lambda one: replace(one, base=None))
            case "config", "set", [], ["access.admin_bypass", "true"]:
                return replace(self, admin_bypass=True)
        raise AssertionError((noun, verb, arguments))

    def _named(self, option: str, action: str) -> AccessGrant:
        name, _, reference = option.partition("=")
        if name == "--user":
            return self.grant_to_user(action, self._user(reference))
        if name == "--group":
            return self.grant_to_group(action, self._group(reference))
        assert option == "--everyone"
        return replace(EVERYONE, action=action)

    def _user(self, reference: str) -> User:
        """The user whom a reference names: by id, else by e-mail."""
        found = [one for one in self.people.users if one.id == reference]
        return (found or [one for one in self.people.users if one.email == reference])[0]

    def _group(self, reference: str) -> Group:
        """The group that a reference names: by id, else by a name that is unique."""
        found = [one for one in self.people.groups if one.id == reference]
        if not found:
            found = [one for one in self.people.groups if one.name == reference]
            assert len(found) == 1
        return found[0]

    def write(self, database: Database) -> None:
        """Make the database hold this, and nothing besides."""

        def clear(session: Session) -> None:
            session.exec(delete(AccessGrantRow))
            session.exec(update(ResourceRow).values(base_pk=None))
            session.exec(delete(ResourceRow))
            session.exec(delete(PolicySettingRow))

        def fill(session: Session) -> None:
            self._add_resources(session)
            if not self.admin_bypass:
                session.add(
                    PolicySettingRow(
                        key=ADMIN_BYPASS, value=False, updated_at=NOW, updated_by="tester"
                    )
                )
            if database.url.engine == POSTGRES:  # rows were numbered without its knowing
                query = "SELECT setval(pg_get_serial_sequence('resources', 'pk'), 1000)"
                session.exec(text(query))

        change(database, clear, dry_run=False)
        self.people.write(database)
        change(database, fill, dry_run=False)

    def _add_resources(self, session: Session) -> None:
        pks = {one.ref: one.pk for one in self.resources}
        for one in self.resources:
            session.add(
                ResourceRow(
                    pk=one.pk,
                    type=one.ref.type,
                    id=one.ref.id,
                    name=one.name,
                    is_public=one.is_public,
                    owner_pk=one.owner,
                    missing_owner=one.owner_id if one.owner is None else None,
                    missing_base=str(one.base) if one.base and one.base not in pks else None,
                    created_at=NOW,
                    updated_at=NOW,
                )
            )
        session.flush()
        for one in self.resources:
            if one.base is not None:
                session.get_one(ResourceRow, one.pk).base_pk = pks.get(one.base)
            for grant in one.grants:
                is_user = grant.principal_type is PrincipalType.USER
                session.add(
                    AccessGrantRow(
                        resource_pk=one.pk,
                        action=grant.action,
                        principal_type=grant.principal_type.value,
                        user_pk=grant.principal if is_user else None,
                        group_pk=None if is_user else grant.principal,
                        missing_id=grant.principal_id if grant.is_dangling else None,
                    )
                )


def in_order(grants: Iterable[AccessGrant]) -> tuple[AccessGrant, ...]:
    """Everyone's first, then groups, then users, by name, id and action; each once."""
    order = (PrincipalType.EVERYONE, PrincipalType.GROUP, PrincipalType.USER)
    return tuple(
        sorted(
            set(grants),
            key=lambda one: (
                order.index(one.principal_type),
                one.name or one.principal_id,
                one.principal_id,
                one.action,
            ),
        )
    )


def _granted(resource: Resource, grant: AccessGrant) -> Resource:
    if resource.is_public and grant.action == "read":
        return resource
    kept = (EVERYONE,) if resource.is_public else resource.grants
    return replace(resource, is_public=False, grants=in_order((*kept, grant)))


def _published(resource: Resource) -> Resource:
    if not resource.grants:
        return replace(resource, is_public=True)
    return replace(resource, grants=in_order((*resource.grants, EVERYONE)))


REFS = tuple(
    ResourceRef(type_, id_)
    for type_, id_ in (("model", "a"), ("model", "b:8b"), ("model", "é-*"), ("tool", "a"))
)
GONE = ResourceRef("model", "gone")


@st.composite
def resource_worlds(draw: st.DrawFn) -> ResourceWorld:
    """Every state and owner, dangling ids, missing bases and cycles, over generated people."""
    people = draw(worlds())
    empty = ResourceWorld(people, ())
    grants = [EVERYONE, replace(EVERYONE, action="write")]
    grants += [empty.grant_to_user(action, one) for one in people.users for action in ACTIONS]
    grants += [empty.grant_to_group(action, one) for one in people.groups for action in ACTIONS]
    grants += [
        AccessGrant("read", kind, f"{kind}-gone")
        for kind in (PrincipalType.USER, PrincipalType.GROUP)
    ]
    refs = draw(st.lists(st.sampled_from(REFS), unique=True, min_size=1))
    resources = []
    for pk, ref in enumerate(refs, start=1):
        is_public = draw(st.integers(0, 3)) == 0
        chosen = () if is_public else draw(st.lists(st.sampled_from(grants), max_size=4))
        owner = draw(st.none() | st.sampled_from(people.users) | st.just("gone"))
        is_user = isinstance(owner, User)
        resources.append(
            Resource(
                pk=pk,
                ref=ref,
                name=draw(st.sampled_from(["One", "=two", "it's"])),
                is_public=is_public,
                owner=owner.pk if isinstance(owner, User) else None,
                owner_id=owner.id if isinstance(owner, User) else owner,
                owner_name=owner.label if is_user and isinstance(owner, User) else None,
                base=draw(st.none() | st.sampled_from(refs) | st.just(GONE)),
                grants=in_order(chosen),
            )
        )
    return ResourceWorld(people, tuple(resources), draw(st.integers(0, 3)) > 0)


def rich_resource_world() -> ResourceWorld:
    """A fixed one in which every rule occurs."""
    people = rich_world()
    world = ResourceWorld(people, ())
    users = {one.pk: one for one in people.users}
    groups = {one.pk: one for one in people.groups}

    def owned(pk: int, ref: str, by: int | None, **fields: object) -> Resource:
        owner = users.get(by or 0)
        resource = Resource(pk, parse_resource(ref), ref.upper())
        if owner is not None:
            resource = replace(resource, owner=owner.pk, owner_id=owner.id, owner_name=owner.label)
        return replace(resource, **fields)  # type: ignore[arg-type]

    resources = (
        owned(1, "model:llama3", None, is_public=True),
        owned(2, "model:private", 1),
        owned(3, "model:preset", 2, base=parse_resource("model:private"), is_public=True),
        owned(4, "model:of-public", 3, base=parse_resource("model:llama3"), is_public=True),
        owned(5, "model:lost", 5, base=GONE, is_public=True),
        owned(6, "model:round", 5, base=parse_resource("model:about"), is_public=True),
        owned(7, "model:about", 5, base=parse_resource("model:round"), is_public=True),
        owned(
            8,
            "tool:calculator",
            3,
            grants=in_order(
                (
                    world.grant_to_group("read", groups[1]),
                    world.grant_to_group("write", groups[3]),
                    world.grant_to_group("read", groups[4]),
                    world.grant_to_user("write", users[5]),
                    AccessGrant("read", PrincipalType.GROUP, "g-gone"),
                    AccessGrant("read", PrincipalType.USER, "u-gone"),
                )
            ),
        ),
        owned(9, "tool:open", None, grants=(EVERYONE, replace(EVERYONE, action="write"))),
        owned(10, "tool:a:b c", None, owner_id="u-gone"),
    )
    return ResourceWorld(people, resources)
