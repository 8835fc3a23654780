"""What is known of an account before anything is taken from it."""

from dataclasses import replace

from atlassian.holdings import Holdings, granted_by_groups, merged
from atlassian.removal import Removal, plan_removal
from tests.atlassian.words import ACME, CONFLUENCE, JIRA, NORTH, NOW, PLATFORM, USER, WANTED, group, person, role

USERS = group("jira-users")


def test_only_products_that_come_by_a_group_ask_for_groups() -> None:
    """Each of them costs a question to the catalog; a direct role and a site's platform need none."""
    rows = (role(how="group_direct"), role(CONFLUENCE), role(PLATFORM, how="group_direct"))
    assert granted_by_groups(rows) == {(JIRA, USER)}


def test_a_role_that_no_known_group_gives_is_unexplained() -> None:
    """In its own directory; direct roles explain themselves."""
    held = Holdings(user=person(USERS), groups=(USERS,), assignments=(role(how="group_direct"), role(CONFLUENCE)))
    assert held.unexplained == frozenset()
    assert replace(held, assignments=(role(how="group_direct", directory=NORTH),)).unexplained == {JIRA}
    assert replace(held, assignments=(role(CONFLUENCE, how="group_direct"),)).unexplained == {CONFLUENCE}


def test_of_two_answers_about_a_group_the_careful_one_counts() -> None:
    """One was read up to an hour before the other: it may grant more by now, or belong to somebody else."""
    wider = replace(USERS, grants=((CONFLUENCE, USER),), modifiable=False, external=True)
    both = replace(wider, grants=((CONFLUENCE, USER), (JIRA, USER)))
    assert (merged([USERS, wider]), merged([wider, USERS])) == ((both,), (both,))


def test_a_row_without_a_directory_tells_its_own_suspension() -> None:
    """A seat that is listed as suspended is not in use, whatever the summary of all directories says."""
    row = role(status="suspended").model_copy(update={"directory_id": None})
    assert plan_removal(Holdings(user=person(), assignments=(row,)), WANTED) == Removal()


def test_a_directory_that_no_row_names_is_as_open_as_the_person() -> None:
    """Then only the summary is known."""
    assert Holdings(user=person()).is_open(ACME)
    assert not Holdings(user=person(membership_status="suspended")).is_open(ACME)
    assert not Holdings().is_open(ACME)


def test_fresh_activity_can_be_read_from_the_same_answer() -> None:
    """The re-read before a removal tells when the product was last used."""
    assert Holdings(user=person(used=NOW)).last_active(JIRA) == NOW
    assert (Holdings(user=person(used=NOW)).last_active(CONFLUENCE), Holdings().last_active(JIRA)) == (None, None)
