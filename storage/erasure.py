"""
What is blanked when a person is erased, beside their key: ids, links, and words that an earlier release left in the clear.

Rows stay where counts, decisions and the audit trail need them; what they say of the person is a name made of their random id.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import BindParameter, Executable, Text, bindparam, cast, delete, or_, select, union, update

from storage import sealing
from storage.guarded import open_body
from storage.lifecycle import OPEN_STATUSES
from storage.records import ERASED, ERASED_WORDS
from storage.seat_tables import exemptions, reclaims, seats, warnings
from storage.sql import among
from storage.tables import access_requests, decisions, findings, outbox, people
from storage.unit import UnitOfWork

_PERSON: BindParameter[str] = bindparam("person")
_ACCOUNT: BindParameter[str] = bindparam("account")
_SLACK_ID: BindParameter[str] = bindparam("slack")
_LOCK = select(people.c.id).where(people.c.id == _PERSON).with_for_update()
_THEIR_REQUESTS = select(access_requests.c.id).where(access_requests.c.person_id == _PERSON)
_ACCOUNTS = union(
    select(findings.c.account_id).where(findings.c.request_id.in_(_THEIR_REQUESTS), findings.c.account_id.is_not(None)),
    select(warnings.c.account_id).where(warnings.c.person_id == _PERSON),
    select(exemptions.c.account_id).where(exemptions.c.owner_id == _PERSON),
)
_HOLDERS = union(
    select(warnings.c.person_id).where(warnings.c.account_id == _ACCOUNT, warnings.c.person_id.is_not(None)),
    select(exemptions.c.owner_id).where(exemptions.c.account_id == _ACCOUNT),
)
_ASKED_FOR = (
    select(access_requests.c.product)
    .where(access_requests.c.id.in_(select(findings.c.request_id).where(findings.c.account_id == _ACCOUNT)))
    .where(among(access_requests.c.status, OPEN_STATUSES))
    .distinct()
)
_PEOPLE = update(people).where(people.c.id == _PERSON)
_WORDS: tuple[Executable, ...] = (
    update(access_requests).where(access_requests.c.person_id == _PERSON).values(reason=ERASED_WORDS),
    update(decisions).where(decisions.c.requester_person_id == _PERSON, decisions.c.reason.is_not(None)).values(reason=ERASED_WORDS),
    delete(findings).where(findings.c.request_id.in_(_THEIR_REQUESTS)),
    update(exemptions)
    .where(or_(exemptions.c.asked_by == _PERSON, exemptions.c.owner_id == _PERSON))
    .values(reason=ERASED_WORDS, refusal=None),
)
_NAMING = select(access_requests.c.id, access_requests.c.details).where(cast(access_requests.c.details, Text).contains(_SLACK_ID))
_DETAILS = update(access_requests).where(access_requests.c.id == bindparam("this_id"))
_MESSAGES = (
    update(warnings)
    .where(or_(warnings.c.person_id == _PERSON, warnings.c.slack_id == _SLACK_ID))
    .values(slack_id=bindparam("name"), channel=None, ts=None)
)
_SEEN: tuple[Executable, ...] = (
    delete(seats).where(seats.c.account_id == _ACCOUNT),
    delete(findings).where(findings.c.account_id == _ACCOUNT),
)
_HAPPENED: tuple[Executable, ...] = (
    update(exemptions).where(exemptions.c.account_id == _ACCOUNT).values(account_id=bindparam("name"), reason=ERASED_WORDS, refusal=None),
    update(reclaims).where(reclaims.c.account_id == _ACCOUNT).values(account_id=bindparam("name"), details={}),
)
_WARNED = (
    update(warnings)
    .where(warnings.c.account_id == _ACCOUNT)
    .values(account_id=bindparam("name"), slack_id=bindparam("whom"), channel=None, ts=None)
)
_JOBS = select(outbox.c.id, outbox.c.subject, outbox.c.key, outbox.c.payload)
_DROP = delete(outbox).where(outbox.c.id == bindparam("this_id"))


def name_of(erased_id: str) -> str:
    """What stands where the Slack id of the erased person stood; no two have the same."""
    return f"{ERASED} {erased_id[-16:]}"


def lock(uow: UnitOfWork, person_id: str) -> None:
    """Let nothing new be filed for the person before this unit ends; what is being filed now is seen after this."""
    uow.connection.execute(_LOCK, {"person": person_id}).all()


def accounts_known(uow: UnitOfWork, person_id: str) -> tuple[str, ...]:
    """The Atlassian accounts that were found for the person's requests, that they were warned of, and whose exemptions they answer for."""
    found = uow.connection.execute(_ACCOUNTS, {"person": person_id}).scalars()
    return tuple(sorted(account_id for account_id in found if not account_id.startswith(ERASED)))


def holders(uow: UnitOfWork, account_id: str) -> tuple[str, ...]:
    """The ids of the people who were warned of the account's seats, or answer for their exemptions."""
    return tuple(sorted(uow.connection.execute(_HOLDERS, {"account": account_id}).scalars()))


def asked_for(uow: UnitOfWork, account_id: str) -> tuple[str, ...]:
    """The products of the open requests, whoever filed them, for which the account was found."""
    return tuple(sorted(uow.connection.execute(_ASKED_FOR, {"account": account_id}).scalars()))


def forget_person(uow: UnitOfWork, person_id: str, *, slack_id: str) -> None:
    """Destroy the person's key, then blank what is not under it; the row stays, for what refers to it."""
    sealing.destroy(uow, person_id)
    name = name_of(person_id)
    gone = {"slack_id": name, "account_id": None, "email": None, "linked_at": None, "erased_at": uow.now}
    uow.connection.execute(_PEOPLE, {"person": person_id, **gone})
    for statement in _WORDS:
        uow.connection.execute(statement, {"person": person_id})
    uow.connection.execute(_MESSAGES, {"person": person_id, "slack": slack_id, "name": name})
    for row in uow.connection.execute(_NAMING, {"slack": slack_id}).all():
        details = {key: name if value == slack_id else value for key, value in row.details.items()}
        uow.connection.execute(_DETAILS, {"this_id": row.id, "details": details})


def forget_account(uow: UnitOfWork, account_id: str, *, erased_id: str, number: int = 0) -> None:
    """Take the account out of all that happened to its seats; *number* tells several accounts of one person apart."""
    whom = name_of(erased_id)
    name = f"{whom}/{number}" if number else whom
    for statement in _SEEN:
        uow.connection.execute(statement, {"account": account_id})
    for statement in _HAPPENED:
        uow.connection.execute(statement, {"account": account_id, "name": name})
    uow.connection.execute(_WARNED, {"account": account_id, "name": name, "whom": whom})


def forget_jobs(uow: UnitOfWork, names: Collection[str]) -> int:
    """Drop every job, waiting or ended, that says one of the *names* (ids, addresses); returns how many."""
    # Whole names: an address may end with another one, and "." or "-" belong to a name where it goes on behind them.
    said = re.compile(rf"(?<![\w.%+-])({'|'.join(map(re.escape, names))})(?![\w-]|\.\w)", re.IGNORECASE)
    naming = [row.id for row in uow.connection.execute(_JOBS).all() if any(map(said.search, _texts(uow, row)))]
    for job_id in naming:
        uow.connection.execute(_DROP, {"this_id": job_id})
    return len(naming)


def _texts(uow: UnitOfWork, job: Any) -> Iterator[str]:
    yield from (job.subject, job.key or "")
    yield from _leaves(open_body(uow, job.payload, place=f"outbox.payload:{job.id}"))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _leaves([*value.keys(), *value.values()])
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
