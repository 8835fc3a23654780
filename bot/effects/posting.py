"""What every post has in common: a repeated one looks for itself first, and a channel that can't be posted to is looked at again."""

from datetime import timedelta

from bot.effects.kit import Kit
from bot.slack.messenger import Posted
from storage.records import Job

LOOK_AT_CHANNEL = timedelta(minutes=5)
"""Archived, gone, shared, or without the bot: somebody mends it, and then the post is made."""


async def posted_before(job: Job, channel: str, kit: Kit, *, thread_ts: str | None = None, mark: str | None = None) -> Posted | None:
    """
    What an earlier attempt of *job* posted, None when this is the first or nothing is there.

    Slack has no idempotency key: messages carry the job's id, or another *mark*, as metadata. Raises SlackError.
    """
    if not job.unknown and job.attempts == 1:
        return None
    return await kit.messenger.find(channel, job_id=mark or job.id, oldest=job.created_at, thread_ts=thread_ts)
