"""The mails that were sent, one about each thing: what was begun is never begun again."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, select, update

from storage.outgoing_records import MailRecord, MailStatus
from storage.outgoing_tables import mails
from storage.records import as_record
from storage.sql import insert_or_keep, insert_or_replace
from storage.unit import UnitOfWork

_c = mails.c
_THIS = _c.about == bindparam("this")
_GET = select(mails).where(_THIS)
_GET_ALL = select(mails).where(_c.about.in_(bindparam("all", expanding=True)))
_BEGIN = insert_or_keep(mails)
_REFUSE = insert_or_replace(mails, replaced=("status", "at"))
_ACCEPT = update(mails).where(_THIS).values(status=MailStatus.ACCEPTED)
_RELEASE = delete(mails).where(_THIS, _c.status == MailStatus.BEGUN)


def begin(uow: UnitOfWork, about: str) -> bool:
    """Whether the mail about this may be sent now, which nobody may any more after it; False: it was begun before."""
    return bool(uow.connection.execute(_BEGIN, {"about": about, "status": MailStatus.BEGUN, "at": uow.now}).rowcount)


def release(uow: UnitOfWork, about: str) -> None:
    """The server said that it did not take the mail: it may be begun again."""
    uow.connection.execute(_RELEASE, {"this": about})


def accept(uow: UnitOfWork, about: str) -> None:
    """The server has taken the mail that was begun, which is not yet a delivery."""
    uow.connection.execute(_ACCEPT, {"this": about, "at": uow.now})


def refuse(uow: UnitOfWork, about: str) -> None:
    """The mail is refused for good."""
    uow.connection.execute(_REFUSE, {"about": about, "status": MailStatus.REFUSED, "at": uow.now})


def of(uow: UnitOfWork, about: str) -> MailRecord | None:
    """What became of the mail about this; None when none was begun."""
    row = uow.connection.execute(_GET, {"this": about}).first()
    return None if row is None else as_record(MailRecord, row)


def of_all(uow: UnitOfWork, about: Collection[str]) -> dict[str, MailRecord]:
    """What became of the mails about these, by what they were about; meant for some hundred."""
    found = (as_record(MailRecord, row) for row in uow.connection.execute(_GET_ALL, {"all": list(about)}))
    return {one.about: one for one in found}
