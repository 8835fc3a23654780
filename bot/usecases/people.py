"""Pinning a Slack person to an Atlassian account by hand, where the e-mail does not tell, and taking that back."""

from bot.actor import Actor
from bot.usecases.steps import audit_actor
from storage import findings, people, warnings
from storage.db import UnitOfWork
from storage.records import Person


def link(
    uow: UnitOfWork,
    *,
    actor: Actor,
    team_id: str,
    slack_id: str,
    account_id: str,
    email: str | None,
    via: str = "terminal",
    request_id: str | None = None,
) -> Person:
    """
    Pin *slack_id* to *account_id*; a later request goes to that account whatever address it has in Atlassian.

    *email* is the person's address in Slack: a human has vouched for it by linking, and only another one there asks a human again.
    Raises AccountTaken when the account is another person's.
    """
    person = people.find_or_add(uow, team_id=team_id, slack_id=slack_id)
    linked = people.link(uow, person.id, account_id=account_id, email=email)
    findings.forget_open(uow, person.id)
    uow.audit("person.linked", actor=audit_actor(uow, actor), request_id=request_id, person=person.id, via=via)
    return linked


def accounts_of(uow: UnitOfWork, person: Person) -> frozenset[str]:
    """The Atlassian accounts that are the person's as far as we know: the linked one, and those whose seats they were warned about."""
    linked = (person.account_id,) if person.account_id else ()
    return frozenset((*linked, *(one.account_id for one in warnings.of_person(uow, person.id))))


def unlink(uow: UnitOfWork, *, actor: Actor, slack_id: str) -> tuple[Person, ...]:
    """
    Take the Atlassian account away from *slack_id*, whose next request is looked up by e-mail again.

    The people as they were, with the accounts that they had: empty when none was linked. Slack is not asked, as they may have left.
    """
    linked = tuple(person for person in people.with_slack_id(uow, slack_id) if person.account_id is not None)
    for person in linked:
        people.unlink(uow, person.id)
        findings.forget_open(uow, person.id)
        uow.audit("person.unlinked", actor=audit_actor(uow, actor), person=person.id)
    return linked
