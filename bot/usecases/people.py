"""Pinning a Slack person to an Atlassian account by hand, where the e-mail does not tell, and taking that back."""

from bot.actor import Actor
from bot.usecases.steps import audit_actor
from storage import findings, people
from storage.db import UnitOfWork
from storage.records import Person


def link(uow: UnitOfWork, *, actor: Actor, team_id: str, slack_id: str, account_id: str, email: str | None) -> Person:
    """Pin *slack_id* to *account_id*; a later request goes to that account whatever the e-mail says."""
    person = people.find_or_add(uow, team_id=team_id, slack_id=slack_id)
    linked = people.link(uow, person.id, account_id=account_id, email=email)
    findings.forget_open(uow, person.id)
    uow.audit("person.linked", actor=audit_actor(uow, actor), person=person.id)
    return linked


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
