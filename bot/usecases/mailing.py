"""What is mailed to people whom Slack does not reach, and what became of it."""

from dataclasses import dataclass

from bot.actor import Comeback
from bot.codes import Undelivered
from bot.jobs.outgoing import MailTaken, MailWarning
from bot.settings import Settings
from bot.usecases.steps import audit_actor, enqueue
from storage import mails
from storage.db import UnitOfWork

MAILED = frozenset({Undelivered.NO_SLACK_ACCOUNT, Undelivered.EMAIL_NOT_CONFIRMED, Undelivered.NOT_REACHABLE})
"""Not those who have left: nobody reads their mail, or somebody else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a mail is about: one warning or one reclaim, of which one mail is ever sent."""

    kind: str
    id: str

    @property
    def about(self) -> str:
        """The name that its mail is kept under."""
        return f"{self.kind}:{self.id}"


def of_warning(warning_id: str) -> Matter:
    """The warning as the matter of a mail."""
    return Matter(kind="warning", id=warning_id)


def of_reclaim(reclaim_id: str) -> Matter:
    """The reclaim as the matter of a mail."""
    return Matter(kind="reclaim", id=reclaim_id)


def mail_warning(uow: UnitOfWork, warning_id: str, *, code: Undelivered, settings: Settings) -> None:
    """Have the warning mailed, where mail is on and may help."""
    if settings.mail.on and code in MAILED:
        enqueue(uow, MailWarning(warning_id=warning_id), key=f"mail-warning:{warning_id}")


def mail_taken(uow: UnitOfWork, reclaim_id: str, *, settings: Settings) -> None:
    """Have it mailed that the seat was taken, where mail is on."""
    if settings.mail.on:
        enqueue(uow, MailTaken(reclaim_id=reclaim_id), key=f"mail-taken:{reclaim_id}")


def record_accepted(uow: UnitOfWork, matter: Matter) -> None:
    """The server has taken the mail: that is no delivery, so nothing follows from it but a word in the lists."""
    mails.accept(uow, matter.about)
    _tell(uow, "mail.accepted", matter)


def record_refused(uow: UnitOfWork, matter: Matter, *, code: str) -> None:
    """The server will never take it."""
    mails.refuse(uow, matter.about)
    _tell(uow, "mail.refused", matter, code=code)


def record_unknown(uow: UnitOfWork, matter: Matter, *, code: str) -> None:
    """The mail was begun and its end is not known: it is not sent again, as a mail has nothing that would show the second for the same."""
    _tell(uow, "mail.unknown", matter, code=code)


def record_not_sent(uow: UnitOfWork, matter: Matter, *, code: str) -> None:
    """Nothing was sent, and nothing will be."""
    _tell(uow, "mail.not_sent", matter, code=code)


def _tell(uow: UnitOfWork, kind: str, matter: Matter, **facts: str) -> None:
    uow.audit(kind, actor=audit_actor(uow, Comeback()), **{matter.kind: matter.id}, **facts)
