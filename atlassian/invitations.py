"""Answers to invitations, which may succeed in part: https://developer.atlassian.com/cloud/admin/organization/rest/ (Invite users)."""

import re
from dataclasses import dataclass

from pydantic import Field

from atlassian.models import Answer, Many


class InviteItem(Answer):
    """What became of one role or group of an invitation: `INVITED` or `ERROR` with a reason, which is a text for people."""

    status: str | None = None
    status_reason: str | None = Field(default=None, repr=False)


class InviteResults(Answer):
    """The outcome per role and per group."""

    role_assignment_result: Many[InviteItem] = ()
    group_assignment_result: Many[InviteItem] = ()


class Invited(Answer):
    """One address of an invitation."""

    id: str | None = None
    results: InviteResults = InviteResults()


class InviteResponse(Answer):
    """The answer to an invitation; with status 206 at least one item failed."""

    data: Many[Invited] = ()

    @property
    def items(self) -> tuple[InviteItem, ...]:
        """The outcomes of all roles and groups of all addresses."""
        return tuple(item for one in self.data for item in (*one.results.role_assignment_result, *one.results.group_assignment_result))


_FULL = re.compile(r"licen[cs]e\W?limit|user\W?limit|seat", re.IGNORECASE)
_REASONS = frozenset(
    {
        "bad request",
        "inactive user",
        "invalid role for resource",
        "product not licensed",
        "payment required",
        "forbidden",
        "group not found",
    }
    | {"unknown resource", "invalid resource", "not allowed to manage the group", "resource conflicts", "user not found"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteResult:
    """What became of an invitation; `partial` says that Atlassian reported a failure (206), `failures` where, as far as it said."""

    partial: bool
    failures: tuple[InviteItem, ...]

    @property
    def invited(self) -> bool:
        """Whether everything that was asked for was given."""
        return not (self.partial or self.failures)

    @property
    def seats_exhausted(self) -> bool:
        """Whether the only thing missing is a seat (inferred from the words: this reason has no code)."""
        return any(_FULL.search((failure.status_reason or "").replace("_", " ")) for failure in self.failures)

    @property
    def reason(self) -> str | None:
        """Why not, as a machine word; `partial` for anything but the titles of Atlassian's own list, as free text may name people."""
        if self.invited:
            return None
        told = (failure.status_reason.casefold().replace("_", " ") for failure in self.failures if failure.status_reason)
        return next((reason.replace(" ", "_") for reason in told if reason in _REASONS), "partial")
