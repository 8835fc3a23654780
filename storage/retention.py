"""How long words are kept: of what ended long ago the facts stay, and what people wrote goes."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from storage.lifecycle import OPEN_EXEMPTIONS, OPEN_STATUSES, JobState
from storage.records import FORGOTTEN_WORDS
from storage.seat_tables import exemptions
from storage.sql import Moment, among
from storage.tables import access_requests, decisions, findings, outbox
from storage.unit import UnitOfWork

_BEFORE = bindparam("before", type_=Moment())
_ENDED = (~among(access_requests.c.status, OPEN_STATUSES), access_requests.c.changed_at < _BEFORE)
_ENDED_REQUESTS = select(access_requests.c.id).where(*_ENDED)
_REASONS = update(access_requests).where(*_ENDED, access_requests.c.reason != FORGOTTEN_WORDS).values(reason=FORGOTTEN_WORDS)
_OTHERS = (
    update(decisions)
    .where(decisions.c.request_id.in_(_ENDED_REQUESTS), decisions.c.reason != FORGOTTEN_WORDS)
    .values(reason=FORGOTTEN_WORDS),
    delete(findings).where(findings.c.request_id.in_(_ENDED_REQUESTS)),
    update(exemptions)
    .where(~among(exemptions.c.status, OPEN_EXEMPTIONS), exemptions.c.changed_at < _BEFORE, exemptions.c.reason != FORGOTTEN_WORDS)
    .values(reason=FORGOTTEN_WORDS, refusal=None),
    delete(outbox).where(outbox.c.state == JobState.DEAD, outbox.c.ended_at < _BEFORE),
)


def forget_words(uow: UnitOfWork, *, before: datetime) -> int:
    """
    Forget the reasons, answers and findings of requests and exemptions that ended before that time, and jobs that were given up.

    Returns of how many requests; who asked for what and who decided it stays.
    """
    forgotten = uow.connection.execute(_REASONS, {"before": before}).rowcount
    for statement in _OTHERS:
        uow.connection.execute(statement, {"before": before})
    return forgotten
