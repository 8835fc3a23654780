"""What is wanted, what was found and what was taken: which of it can be mended, and how it is stored for years."""

import json
from datetime import UTC, datetime

import pytest

from atlassian.access import AccessState, ProductWanted, RoleRef, Snapshot, WayBack
from atlassian.licences import HARMLESS_ROLES, GroupRef

GROUP = GroupRef(id="g1", name="jira-users", directory_id="d1")
STATE = AccessState(
    way_back=WayBack.RESTORE,
    levels=(WayBack.RESTORE, WayBack.ADD_ACCESS),
    matches=1,
    reason="revives_admin",
    account_id="a1",
    account_name="Ada",
    email="ada@acme.test",
    account_status="active",
    claim_status="managed",
    membership={"d1": "suspended"},
    licence_groups_held=(GROUP,),
    direct_roles=("atlassian/user",),
    last_active=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    added_to_org=datetime(2020, 1, 2, tzinfo=UTC),
    brings_back=("engineering",),
    revives_admin=("atlassian/admin@r1",),
    side_products=("r2",),
    chosen_group=GROUP,
    candidate_groups=(GROUP,),
    restore_in=("d1",),
)
AS_JSON = {
    "way_back": "restore",
    "levels": ["restore", "add_access"],
    "matches": 1,
    "reason": "revives_admin",
    "account_id": "a1",
    "account_name": "Ada",
    "email": "ada@acme.test",
    "account_status": "active",
    "claim_status": "managed",
    "membership": {"d1": "suspended"},
    "licence_groups_held": [{"id": "g1", "name": "jira-users", "directory_id": "d1"}],
    "direct_roles": ["atlassian/user"],
    "last_active": "2026-01-02T03:04:05Z",
    "added_to_org": "2020-01-02T00:00:00Z",
    "brings_back": ["engineering"],
    "revives_admin": ["atlassian/admin@r1"],
    "side_products": ["r2"],
    "chosen_group": {"id": "g1", "name": "jira-users", "directory_id": "d1"},
    "candidate_groups": [{"id": "g1", "name": "jira-users", "directory_id": "d1"}],
    "restore_in": ["d1"],
}
SNAPSHOT = Snapshot(groups=(GROUP,), roles=(RoleRef(resource="r1", role="atlassian/user", directory_id="d1"),), side_products=("r2",))
SNAPSHOT_AS_JSON = {
    "groups": [{"id": "g1", "name": "jira-users", "directory_id": "d1"}],
    "roles": [{"resource": "r1", "role": "atlassian/user", "directory_id": "d1"}],
    "side_products": ["r2"],
}


def test_what_can_be_mended() -> None:
    """There is a step for these five, and for nothing else."""
    assert {way for way in WayBack if way.can_be_mended} == {
        WayBack.ADD_ACCESS,
        WayBack.RESTORE,
        WayBack.ENABLE,
        WayBack.CANCEL_DELETION,
        WayBack.INVITE,
    }


@pytest.mark.parametrize("role", sorted(HARMLESS_ROLES))
def test_a_harmless_role_is_given(role: str) -> None:
    """Whatever seats a person without any power over others."""
    assert ProductWanted(resource="r1", role=role).role == role


@pytest.mark.parametrize("role", ["atlassian/admin", "atlassian/user-access-admin", "user", "", "atlassian/new"])
def test_any_other_role_is_refused_by_name(role: str) -> None:
    """The sentence names the role, and those that there are."""
    with pytest.raises(ValueError, match="is not a role that Comeback gives") as refused:
        ProductWanted(resource="r1", role=role)
    assert str(refused.value) == (
        f"{role!r} is not a role that Comeback gives; expected one of atlassian/ai-access, atlassian/basic, atlassian/contributor, "
        "atlassian/customer, atlassian/guest, atlassian/stakeholder, atlassian/user, atlassian/viewer"
    )


def test_a_state_is_stored_as_these_words() -> None:
    """Cards and requests of years ago are read with them: a field that changes its name is lost."""
    assert STATE.to_json() == AS_JSON
    assert AccessState.from_json(json.loads(json.dumps(AS_JSON))) == STATE


def test_a_snapshot_is_stored_as_these_words() -> None:
    """It is all that is known of what a person had."""
    assert SNAPSHOT.to_json() == SNAPSHOT_AS_JSON
    assert Snapshot.from_json(json.loads(json.dumps(SNAPSHOT_AS_JSON))) == SNAPSHOT


def test_what_an_older_release_stored_is_read() -> None:
    """Fields that did not exist then have their defaults."""
    assert AccessState.from_json({"way_back": "has_access", "levels": ["has_access"], "matches": 1}) == AccessState(
        way_back=WayBack.HAS_ACCESS, levels=(WayBack.HAS_ACCESS,), matches=1
    )
    assert Snapshot.from_json({"groups": SNAPSHOT_AS_JSON["groups"]}) == Snapshot(groups=(GROUP,))


def test_who_it_is_stays_out_of_logs() -> None:
    """A state that is printed names neither the person nor their address."""
    assert "Ada" not in repr(STATE)
    assert "ada@acme.test" not in repr(STATE)
