"""What came of an assertion of a policy test, as a value that every output renders."""

from __future__ import annotations

from grantctl.evaluation.access_decision import AccessDecision
from grantctl.evaluation.assertions import Assertion
from grantctl.evaluation.decision import Decision
from grantctl.lean import StrEnum, dataclass


class Status(StrEnum):
    """What came of an assertion: an error is one that could not be decided."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """An assertion and what came of it.

    `got`: what is so instead, or why nothing can be told. `decision`: of a failure, about the user
    or the first of the users on whom it fails.
    """

    assertion: Assertion
    status: Status
    got: str
    decision: Decision | AccessDecision | None = None
    hint: str | None = None

    @property
    def is_passed(self) -> bool:
        return self.status is Status.PASSED
