"""What people are told: a private message, a whisper in a channel, a word to the admin channel."""

from dataclasses import replace

from bot.effects.kit import Kit
from bot.effects.looking import offered, state_of, with_link
from bot.effects.outcome import Done, Outcome
from bot.effects.posting import posted_before
from bot.jobs.notices import Alert, Tell, Whisper
from bot.slack.errors import SlackRefused
from bot.slack.surfaces import notices
from bot.slack.surfaces.notices import NoticeView
from bot.usecases import notes
from storage import access_requests, decisions, findings
from storage.db import UnitOfWork
from storage.records import Job


async def _view(kit: Kit, *, request_id: str | None, news: str) -> NoticeView:
    return await kit.database.read(lambda uow: _from_database(uow, kit, request_id=request_id, news=news))


def _from_database(uow: UnitOfWork, kit: Kit, *, request_id: str | None, news: str) -> NoticeView:
    request = access_requests.get(uow, request_id) if request_id else None
    if request is None:
        return NoticeView(news=news, now=uow.now)
    finding = findings.of(uow, request.id)
    return NoticeView(
        news=news,
        request=request,
        product=with_link(offered(kit.settings, request.product), finding),
        decision=decisions.latest(uow, request.id),
        approvals=decisions.given(uow, request),
        by_policy=decisions.policy_given(uow, request) is not None,
        state=state_of(finding),
        queue_position=access_requests.queue_position(uow, request.id),
        now=uow.now,
    )


async def tell(job: Job, payload: Tell, kit: Kit) -> Outcome:
    """Send the private message once; a person who can't be reached in Slack is noted in the audit trail."""
    view = await _view(kit, request_id=payload.request_id, news=payload.news)
    try:
        channel = await kit.messenger.open_dm(payload.slack_id)
        if await posted_before(job, channel, kit):
            return Done()
        await kit.messenger.post(channel, notices.render(view), job_id=job.id)
    except SlackRefused as error:
        code = error.code
        return Done(fact=lambda uow: notes.undeliverable(uow, payload.request_id, news=payload.news, code=code))
    return Done()


async def whisper(job: Job, payload: Whisper, kit: Kit) -> Outcome:
    """Answer somebody so that only they see it; once at most, since nobody can look whether a lost whisper arrived."""
    if job.unknown:
        return Done()
    view = await _view(kit, request_id=payload.request_id, news=payload.news)
    try:
        await kit.messenger.whisper(payload.channel, payload.slack_id, notices.render(view))
    except SlackRefused:
        # Not in the channel any more, or the channel is gone: there is nobody left to whisper to.
        return Done()
    return Done()


async def alert(job: Job, payload: Alert, kit: Kit) -> Outcome:
    """Tell the admin channel, once."""
    if await posted_before(job, payload.channel, kit):
        return Done()
    view = await _view(kit, request_id=payload.request_id, news=payload.news)
    await kit.messenger.post(payload.channel, notices.render(replace(view, facts=payload.facts)), job_id=job.id)
    return Done()
