"""The people of the workspace, and the Atlassian account that each was linked to."""

from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.exc import NoResultFound

from storage.errors import AccountTaken
from storage.records import Person
from storage.sealing import SealedColumns
from storage.sql import insert_or_keep
from storage.tables import people
from storage.unit import UnitOfWork

SEALED = SealedColumns(table="people", addresses=("email",))
"""The address that was kept with a link."""

_COLUMNS = (people.c.id, people.c.team_id, people.c.slack_id, people.c.account_id, people.c.email, people.c.linked_at)
_GET = select(*_COLUMNS).where(people.c.id == bindparam("this_id"))
_FIND = select(*_COLUMNS).where(people.c.team_id == bindparam("this_team"), people.c.slack_id == bindparam("this_slack_id"))
_LINKED_TO = select(*_COLUMNS).where(people.c.account_id == bindparam("this_account"))
_WITH_AN_EMAIL = select(*_COLUMNS).where(people.c.email.is_not(None))
_WITH_SLACK_ID = select(*_COLUMNS).where(people.c.slack_id == bindparam("this_slack_id")).order_by(people.c.team_id)
_SLACK_ID = select(people.c.slack_id).where(people.c.id == bindparam("this_id"))
_ADD = insert_or_keep(people)
_LINK = update(people).where(people.c.id == bindparam("this_id"))


def find_or_add(uow: UnitOfWork, *, team_id: str, slack_id: str) -> Person:
    """The person with this Slack id in this team, met for the first time perhaps."""
    known = find(uow, team_id=team_id, slack_id=slack_id)
    if known is not None:
        return known
    uow.connection.execute(_ADD, {"id": uow.new_id(), "team_id": team_id, "slack_id": slack_id, "created_at": uow.now})
    # Ours, or that of a unit which was quicker.
    (person,) = _records(uow, _FIND, this_team=team_id, this_slack_id=slack_id)
    return person


def find(uow: UnitOfWork, *, team_id: str, slack_id: str) -> Person | None:
    """The person with this Slack id in this team, None when we have not met."""
    return next(iter(_records(uow, _FIND, this_team=team_id, this_slack_id=slack_id)), None)


def get(uow: UnitOfWork, person_id: str) -> Person:
    """The person with this id; ids come from our own rows, so an unknown one is a mistake and raises NoResultFound."""
    found = _records(uow, _GET, this_id=person_id)
    if not found:
        raise NoResultFound(person_id)
    return found[0]


def with_slack_id(uow: UnitOfWork, slack_id: str) -> tuple[Person, ...]:
    """The people with this Slack id, in whatever team; without an index, for a command that a human types."""
    return _records(uow, _WITH_SLACK_ID, this_slack_id=slack_id)


def with_email(uow: UnitOfWork, email: str) -> tuple[Person, ...]:
    """The people who were linked with this address; every address is opened for it, for a command that a human types."""
    return tuple(one for one in _records(uow, _WITH_AN_EMAIL) if one.email is not None and one.email.lower() == email.lower())


def slack_id_of(uow: UnitOfWork, person_id: str) -> str | None:
    """The Slack id of the person whom the audit trail calls *person_id*; None when there is no such person."""
    return uow.connection.execute(_SLACK_ID, {"this_id": person_id}).scalar_one_or_none()


def link(uow: UnitOfWork, person_id: str, *, account_id: str, email: str | None) -> Person:
    """
    The person, linked to this Atlassian account from now on, in the place of any other.

    Raises AccountTaken when the account is another person's.
    """
    owner = linked_to(uow, account_id)
    if owner is not None and owner.id != person_id:
        raise AccountTaken(account_id=account_id, person_id=owner.id)
    linked = SEALED.seal(uow, person_id, {"id": person_id, "account_id": account_id, "email": email, "linked_at": uow.now})
    uow.connection.execute(_LINK, {"this_id": linked.pop("id"), **linked})
    return get(uow, person_id)


def unlink(uow: UnitOfWork, person_id: str) -> Person:
    """The person, linked to no account from now on; the e-mail address that was kept with it is forgotten too."""
    uow.connection.execute(_LINK, {"this_id": person_id, "account_id": None, "email": None, "linked_at": None})
    return get(uow, person_id)


def linked_to(uow: UnitOfWork, account_id: str) -> Person | None:
    """The person to whom this Atlassian account belongs."""
    return next(iter(_records(uow, _LINKED_TO, this_account=account_id)), None)


def _records(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> tuple[Person, ...]:
    return SEALED.records(uow, Person, uow.connection.execute(statement, parameters))
