"""Many people of an identity provider at once, as if each of them logged in now.

Owns the one transaction: whoever is refused is left out, everybody else is written, or nobody is.
Nobody vouches for the claims but the operator. Nothing is noted as a login, and who is not in the
file stays as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from grantctl.errors import InvalidError
from grantctl.evaluation.identity import GroupAction
from grantctl.model import Role
from grantctl.operations import policy_settings as keys
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.claims_files import ClaimsLines
from grantctl.operations.identity_rules import read_identity_rules
from grantctl.operations.oauth_changes import carry_out
from grantctl.operations.oauth_plan import LoginOutcome, LoginPlan, plan_login
from grantctl.operations.oauth_refusals import LoginRefusal
from grantctl.store.database import Database
from grantctl.store.session import reader_of

MAX_REFUSED = 20  # that are told where nobody wants every row: a file may be refused as a whole
_FORGET_AFTER = 200  # rows: what the session remembers of them would fill the memory
_JOINED = (GroupAction.ADD, GroupAction.CREATE, GroupAction.ADOPT)


@dataclass(frozen=True, slots=True)
class SyncRow:
    """What became of one line. `groups_added` and `groups_removed` are names."""

    line: int
    subject: str | None
    user: str
    outcome: LoginOutcome
    role_before: Role | None
    role: Role | None
    groups_added: tuple[str, ...] = ()
    groups_removed: tuple[str, ...] = ()
    refusal: LoginRefusal | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How many users came to what, and the rows: all of them, or only the first refused ones."""

    counts: dict[LoginOutcome, int]
    rows: tuple[SyncRow, ...]

    @property
    def refused_count(self) -> int:
        return self.counts[LoginOutcome.REFUSED]


@dataclass(slots=True)
class _Tally:
    counts: Counter[LoginOutcome] = field(default_factory=Counter)
    rows: list[SyncRow] = field(default_factory=list)

    def add(self, row: SyncRow, *, is_kept: bool) -> None:
        self.counts[row.outcome] += 1
        if is_kept or (row.refusal is not None and len(self.rows) < MAX_REFUSED):
            self.rows.append(row)


def sync(
    database: Database,
    intent: Intent,
    lines: ClaimsLines,
    *,
    issuer: str | None = None,
    keep_rows: bool = True,
    progress: Callable[[int], None] | None = None,
) -> SyncReport:
    """Make or update a user for each line, in their order.

    `issuer`: whose subjects they are, where it is not `oauth.issuer`. `progress` is told how many
    lines are done. Raises InvalidError where no issuer is known, DatabaseError.
    """

    def work(change: Change) -> SyncReport:
        rules = read_identity_rules(reader_of(change.session).tokens)
        of = _require_issuer(issuer or rules.issuer)
        tally = _Tally()
        for done, (number, claims) in enumerate(lines, start=1):
            plan = plan_login(
                change.session, claims, rules, issuer=of, now=change.now, with_permissions=False
            )
            if plan.refusal is None:
                carry_out(change, plan)
            tally.add(_row(number, plan), is_kept=keep_rows)
            if done % _FORGET_AFTER == 0:
                change.session.flush()
                change.session.expunge_all()
            if progress is not None:
                progress(done)
        counts = {outcome: tally.counts[outcome] for outcome in LoginOutcome}
        _record(change, of, counts)
        return SyncReport(counts, tuple(tally.rows))

    return perform(database, intent, work)


def _require_issuer(issuer: str) -> str:
    if not issuer:
        raise InvalidError(
            "no issuer is named, and none is set",
            hint=f"--issuer URL, or: grantctl config set {keys.OAUTH_ISSUER} URL",
        )
    return issuer


def _row(number: int, plan: LoginPlan) -> SyncRow:
    changes = plan.groups.changes if plan.groups is not None and plan.refusal is None else ()
    joined = [] if plan.default_group is None else [plan.default_group.name]
    joined += [one.name for one in changes if one.action in _JOINED]
    return SyncRow(
        line=number,
        subject=plan.subject,
        user=plan.label,
        outcome=plan.outcome,
        role_before=None if plan.user is None else plan.user.role,
        role=plan.new_role,
        groups_added=tuple(joined),
        groups_removed=tuple(one.name for one in changes if one.action is GroupAction.REMOVE),
        refusal=plan.refusal,
        warnings=plan.warnings,
    )


def _record(change: Change, issuer: str, counts: dict[LoginOutcome, int]) -> None:
    after = {"issuer": issuer} | {outcome.value: count for outcome, count in counts.items()}
    change.record("identity.sync", "directory", issuer, after=after)
