"""Pinning a Slack person to an Atlassian account by hand, where the e-mail does not tell."""

from bot.actor import Actor
from bot.usecases.steps import audit_actor
from storage import people
from storage.db import UnitOfWork
from storage.records import Person


def link(uow: UnitOfWork, *, actor: Actor, team_id: str, slack_id: str, account_id: str, email: str | None) -> Person:
    """Pin *slack_id* to *account_id*; a later request goes to that account whatever the e-mail says."""
    person = people.find_or_add(uow, team_id=team_id, slack_id=slack_id)
    linked = people.link(uow, person.id, account_id=account_id, email=email)
    uow.audit("person.linked", actor=audit_actor(uow, actor), person=person.id)
    return linked
