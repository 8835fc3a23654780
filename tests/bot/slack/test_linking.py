"""Naming an account through the real front door; no worker runs, so that what would be looked for stays in the outbox."""

from typing import Any

from atlassian.access import WayBack
from bot.jobs.requests import LinkAccount
from bot.slack.surfaces import card
from bot.slack.surfaces.card import CardView
from bot.slack.surfaces.message import to_json
from sandbox.faults import Fault
from sandbox.slack.messages import Message
from sandbox.slack.views import View
from storage import outbox, pacing
from storage.db import UnitOfWork
from tests.bot.slack.door import Door
from tests.bot.slack.words import state

ADMINS = "G0ADMINS"


async def card_of_ada(door: Door) -> Message:
    """The card of Ada, whose address led to no account."""
    await door.sandbox.slack.types("ada", "/request-jira planning")
    (request,) = await door.requests()
    found = state(WayBack.INVITE, account_id=None, account_name=None, last_active=None, matches=0)
    product = door.desk.settings.products["jira"]
    message = card.render(CardView(request=request, product=product, state=found, now=door.sandbox.clock.now()))
    await door.client.chat_postMessage(channel=ADMINS, text=message.text, blocks=to_json(message.blocks))
    return door.sandbox.slack.messages(ADMINS)[-1]


async def form_of(door: Door, who: str = "grace") -> View:
    """The form that the card's button opens for *who*."""
    await door.sandbox.slack.clicks(who, await card_of_ada(door), card.LINK)
    (view,) = door.sandbox.slack.views(who)
    return view


async def looked_for(door: Door) -> list[dict[str, Any]]:
    """What the outbox would look for, as the jobs carry it."""

    def claimed(uow: UnitOfWork) -> list[dict[str, Any]]:
        for bucket in pacing.state(uow):
            pacing.set_interval(uow, bucket.name, 0)
        return [dict(job.payload) for job in outbox.claim(uow, limit=50) if job.kind == LinkAccount.kind]

    def first_look(uow: UnitOfWork) -> None:
        for job in outbox.claim(uow, limit=1):
            outbox.finish(uow, job)

    # The request's first look and this one have one subject, and the former comes first.
    await door.database.write(first_look)
    return await door.database.write(claimed)


async def test_account_is_looked_for_and_nothing_is_linked_yet(door: Door) -> None:
    """The form is acknowledged before Atlassian is asked; the job knows who said so, for which request."""
    slack, form = door.sandbox.slack, await form_of(door)
    assert "<@U0ADA> asks for *Jira*" in str(form.blocks)
    sent = await slack.submits("grace", form, {"reason": "ada@old-name.example"})
    assert not sent.errors
    assert slack.views("grace") == []
    (job,) = await looked_for(door)
    (request,) = await door.requests()
    assert job == {
        "request_id": request.id,
        "team_id": "T0ACME",
        "slack_id": "U0GRACE",
        "account": "ada@old-name.example",
        "channel": ADMINS,
    }


async def test_what_is_no_account_is_said_in_the_form(door: Door) -> None:
    """A name finds nobody: the form stays open and says what it wants."""
    sent = await door.sandbox.slack.submits("grace", await form_of(door), {"reason": "Ada Park"})
    assert "e-mail address or its account id" in (sent.errors or {})["reason"]
    assert "person.link" not in await door.jobs()


async def test_form_survives_a_slow_slack(door: Door) -> None:
    """Without a form nothing could be linked from here: the approver gets a button with a fresh trigger."""
    slack = door.sandbox.slack
    posted = await card_of_ada(door)
    door.sandbox.faults.add(Fault(side="slack", match="views.open", times=1, code="expired_trigger_id"))
    await slack.clicks("grace", posted, card.LINK)
    await door.desk.asides.drain(5)
    await slack.clicks("grace", slack.ephemerals("grace")[-1], card.LINK)
    assert [view.callback_id for view in slack.views("grace")] == ["request.link"]


async def test_others_read_that_they_may_not_link(door: Door) -> None:
    """It spares them the writing."""
    slack = door.sandbox.slack
    slack.joins("ben", ADMINS)
    await slack.clicks("ben", await card_of_ada(door), card.LINK)
    assert "Only approvers can decide." in str(slack.views("ben")[0].blocks)


async def test_form_of_somebody_who_is_no_approver_any_more_looks_for_nothing(door: Door) -> None:
    """The right is asked for when the form is sent: nobody learns through us which accounts there are."""
    form = await form_of(door)
    door.sandbox.slack.people.groups["S0ADMINS"].members.clear()
    await door.desk.directory.refresh()
    await door.sandbox.slack.submits("grace", form, {"reason": "ada@old-name.example"})
    assert "person.link" not in await door.jobs()
    assert "notice.whisper" in await door.jobs()


async def test_requester_does_not_say_which_account_is_theirs(door: Door) -> None:
    """An approver who asks for themself would take over whatever account they name."""
    slack = door.sandbox.slack
    slack.joins("ada", ADMINS)
    slack.people.groups["S0ADMINS"].members.append("U0ADA")
    await door.desk.directory.refresh()
    await slack.submits("ada", await form_of(door, "ada"), {"reason": "grace.hall@acme.example"})
    assert "person.link" not in await door.jobs()


async def test_stale_knowledge_of_the_approvers_is_checked_by_the_job(door: Door) -> None:
    """Somebody who was an approver a minute ago is not known to be one now: the job asks Slack before it looks for anything."""
    form = await form_of(door)
    door.desk.directory.hint({"user": {"id": "U0GRACE"}})
    await door.sandbox.slack.submits("grace", form, {"reason": "ada@old-name.example"})
    assert {"person.link", "notice.whisper"} <= set(await door.jobs())


async def test_form_of_an_unknown_request_is_answered(http_door: Door) -> None:
    """A request that nobody knows is a sentence in the window, not a stack trace."""
    slack = http_door.sandbox.slack
    await slack.clicks("grace", await card_of_ada(http_door), card.LINK, value="no-such-request")
    (form,) = slack.views("grace")
    await slack.submits("grace", form, {"reason": "ada@old-name.example"})
    assert "don't know this request" in str(slack.views("grace")[0].blocks)
