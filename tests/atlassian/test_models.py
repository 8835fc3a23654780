"""Answers are read leniently where a stricter reading would lose a page, and never guess."""

from datetime import UTC, datetime
from typing import Any

import pytest

from atlassian.models import Group, ProductAccess, RoleAssignment, User, UserPage


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2025-11-06T23:07:29.936941226Z", datetime(2025, 11, 6, 23, 7, 29, 936941, tzinfo=UTC)),
        ("2025-11-06T23:07:29+02:00", datetime(2025, 11, 6, 21, 7, 29, tzinfo=UTC)),
        ("2025-11-06", datetime(2025, 11, 6, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_date_is_utc_or_unknown(told: Any, moment: datetime | None) -> None:
    """Nanoseconds as Atlassian sends them, other zones, bare dates; anything else is unknown and spoils nothing."""
    assert ProductAccess.model_validate({"lastActiveTimestamp": told}).last_active == moment


def test_what_was_not_asked_for_is_not_empty() -> None:
    """Without `expand` nobody seems to be an admin; None keeps the two apart."""
    user = User.model_validate({"accountId": "1"})
    assert (user.groups, user.product_access, user.platform_roles) == (None, None, None)


def test_group_ids_are_bare() -> None:
    """Users carry ARIs where the group endpoints take ids."""
    user = User.model_validate({"accountId": "1", "groups": [{"id": "ari:cloud:identity::group/g-1", "name": None}]})
    assert user.groups is not None
    assert user.groups[0].id == "g-1"


@pytest.mark.parametrize(
    ("facts", "modifiable"),
    [
        ({"managementAccess": {"modifiable": True}}, True),
        ({"managementAccess": {"modifiable": True}, "externalSynced": True}, False),
        ({"managementAccess": {"modifiable": True}, "managedBy": "external"}, False),
        ({"managementAccess": {"modifiable": False}}, False),
        ({"managementAccess": {}}, False),
        ({}, False),
    ],
)
def test_a_group_is_modifiable_only_when_atlassian_says_so(facts: dict[str, Any], modifiable: bool) -> None:
    """Unknown is no."""
    assert Group.model_validate({"id": "g", **facts}).modifiable is modifiable


def test_new_words_and_fields_are_survived() -> None:
    """A status that Atlassian invents must not make the page unreadable."""
    page = UserPage.model_validate_json(b'{"data": [{"accountId": "1", "status": "napping", "novel": {"a": 1}}], "links": null}')
    assert (page.data[0].status, page.next_cursor) == ("napping", None)


def test_deprecated_roles_count_when_they_are_all_there_is() -> None:
    """Group rows may still come with the old list only."""
    row = RoleAssignment.model_validate({"resourceId": "r", "roles": ["atlassian/user"], "roleAssignments": None})
    assert (row.held_roles, row.direct_roles) == (frozenset({"atlassian/user"}), frozenset())


def test_people_are_not_printed() -> None:
    """Records get into logs; names and addresses must not."""
    text = repr(User.model_validate({"accountId": "1", "email": "ada@acme.example", "name": "Ada Park"}))
    assert "ada@" not in text
    assert "Ada" not in text
