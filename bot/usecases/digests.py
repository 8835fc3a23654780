"""What becomes of a digest: it stands in the channel and gets its picture, or the channel did not take it."""

from bot.actor import Comeback
from bot.jobs.digests import PostChart, PostDigest
from bot.usecases.steps import audit_actor, enqueue
from storage.db import UnitOfWork

SHARED = "channel_shared"


def record_posted(uow: UnitOfWork, digest: PostDigest) -> None:
    """The digest is in the channel; its picture follows."""
    uow.audit("digest.posted", actor=audit_actor(uow, Comeback()), slot=digest.slot)
    enqueue(uow, PostChart(slot=digest.slot, channel=digest.channel), key=f"digest-chart:{digest.slot}")


def record_not_posted(uow: UnitOfWork, slot: str, *, code: str) -> None:
    """The channel is archived, gone, without the bot, or shared with another company: this week has no digest."""
    uow.audit("digest.not_posted", actor=audit_actor(uow, Comeback()), slot=slot, code=code)


def record_without_chart(uow: UnitOfWork, slot: str, *, code: str) -> None:
    """Slack did not take the picture, so the digest stays without one."""
    uow.audit("digest.without_chart", actor=audit_actor(uow, Comeback()), slot=slot, code=code)
