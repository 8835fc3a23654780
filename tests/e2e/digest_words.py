"""A quarter of idle seats as it was, for stories of the digest: weekly scans, warnings, removals, some returns."""

from datetime import timedelta

from bot.jobs.digests import PostDigest
from bot.usecases.steps import enqueue
from sandbox.slack.messages import Message
from storage import batches, exemptions
from storage.db import UnitOfWork
from storage.lifecycle import WarningStatus
from tests.bot.seat_history import give_back, plan, scan, somebody, take, warn
from tests.e2e.conftest import ADMINS, Stage

WEEK = timedelta(days=7)
WEEKS = 13
PRICED = {
    "COMEBACK_PRODUCTS__JIRA__PRICE": "8.15",
    "COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "14",
    "COMEBACK_PRODUCTS__CONFLUENCE__PRICE": "6.05",
    "COMEBACK_PRODUCTS__CONFLUENCE__RENEWAL_DAY": "14",
    "COMEBACK_IDLE__MODE": "reclaim",
}


async def play_a_quarter(stage: Stage) -> None:
    """Thirteen weeks in which Jira goes from 260 to 213 seats: five are taken each week from the third on, and some come back."""
    for week in range(WEEKS):
        await stage.parts.database.write(lambda uow, week=week: _week(uow, week))  # type: ignore[misc]
        stage.later(WEEK)
    await stage.parts.database.write(lambda uow: _week(uow, WEEKS))


def _week(uow: UnitOfWork, week: int) -> None:
    taken = [take(uow) for _ in range(5)] if week >= 2 else []
    for one in taken[: week % 3]:
        give_back(uow, one, how="request" if week % 2 else "undo")
    for _ in range(4):
        warn(uow, WarningStatus.KEPT if week % 2 else WarningStatus.ENDED)
    warn(uow, WarningStatus.LET_GO if week > 10 else WarningStatus.ENDED)
    gone = max(0, week - 1) * 5 - week
    scan(uow, active=200, idle=max(6, 56 - gone), never_active=4)
    scan(uow, "confluence", active=120, idle=12 - week // 2)


async def await_decisions(stage: Stage) -> str:
    """A plan that is posted and an exemption that was asked for; the id of the plan."""
    return await stage.parts.database.write(_await)


def _await(uow: UnitOfWork) -> str:
    batch = plan(uow, members=12)
    batches.card_posted(uow, batch, channel=ADMINS, ts="1700000000.000100", version=1)
    ada = somebody(uow, "U0ADA")
    until = uow.now + 4 * WEEK
    wish = exemptions.ask(uow, account_id="a-1", product="jira", asked_by=ada, owner_id=ada, reason="leave", until=until)
    assert wish is not None
    return batch


async def send_digest(stage: Stage, *, slot: str = "2026-11-23T09:00", channel: str = ADMINS) -> None:
    """As the ticker does."""
    await stage.parts.database.write(lambda uow: enqueue(uow, PostDigest(slot=slot, channel=channel)))


def digests(stage: Stage, channel: str = ADMINS) -> list[Message]:
    """Every digest in the channel."""
    return [message for message in stage.sandbox.slack.messages(channel) if "Atlassian seats this week" in message.words]


def pictures(stage: Stage, channel: str = ADMINS) -> list[Message]:
    """Every message of ours with a picture."""
    return [message for message in stage.sandbox.slack.messages(channel) if message.files]
