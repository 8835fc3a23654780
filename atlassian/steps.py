"""PURE: the single outside writes that take access or bring a person back, as records that can be stored before they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

SETTLE_SECONDS = 12
"""Longer than the HTTP deadline of 10 s: after it, a write that is set-like has happened or never will."""

SETTLE_SECONDS_INVITE = 72
"""An invitation repeated is a second e-mail, so its wait covers the read lag of 60 s too (simulated: no repeats; 88 % with 12 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToGroup:
    """Make the person a member of a licence group."""

    group_id: str
    directory_id: str
    account_id: str
    kind: Literal["add_to_group"] = "add_to_group"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignRole:
    """Give the person a role on a product, without a group."""

    account_id: str
    role: str
    resource: str
    kind: Literal["assign_role"] = "assign_role"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """End a suspension in one directory; all that the person had there comes back."""

    account_id: str
    directory_id: str
    kind: Literal["restore"] = "restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enable:
    """Activate a managed account that was deactivated."""

    account_id: str
    kind: Literal["enable"] = "enable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelDeletion:
    """Take back the deletion of a managed account within its 14 days; this activates it too."""

    account_id: str
    kind: Literal["cancel_deletion"] = "cancel_deletion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """
    Invite an address: into the groups when some are named, else to the product with the role.

    Never both, so that the seat has one path and taking it back has one too.
    """

    email: str = field(repr=False)
    resource: str
    role: str
    group_ids: tuple[str, ...] = ()
    kind: Literal["invite"] = "invite"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFromGroup:
    """End the person's membership of a licence group."""

    group_id: str
    directory_id: str
    account_id: str
    kind: Literal["remove_from_group"] = "remove_from_group"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRole:
    """Take a direct role on a product; what comes through a group stays."""

    account_id: str
    role: str
    resource: str
    kind: Literal["revoke_role"] = "revoke_role"


Removing = RemoveFromGroup | RevokeRole
Step = AddToGroup | AssignRole | Restore | Enable | CancelDeletion | Invite | Removing

_STEP: TypeAdapter[Step] = TypeAdapter(Annotated[Step, Field(discriminator="kind")])


def step_to_json(step: Step) -> dict[str, Any]:
    """The step as JSON types."""
    document: dict[str, Any] = _STEP.dump_python(step, mode="json")
    return document


def step_from_json(document: Mapping[str, Any]) -> Step:
    """The step that `step_to_json` wrote."""
    return _STEP.validate_python(dict(document))


def settle_seconds(step: Step) -> int:
    """How long a job that lost its answer waits before it reads the state and may write again."""
    return SETTLE_SECONDS_INVITE if isinstance(step, Invite) else SETTLE_SECONDS
