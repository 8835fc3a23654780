"""The whole round trip with the real Bolt, over both transports."""

from slack_sdk.web.async_client import AsyncWebClient

from sandbox.server import Sandbox
from sandbox.slack.deliveries import Outcome
from tests.sandbox.slack.tiny_bot import modal, plain


async def test_ack_text_of_a_command_is_seen_only_by_its_author(living: Sandbox) -> None:
    """What an app answers in the ack appears to the person who typed, and to nobody else."""
    delivery = await living.slack.types("ada", "/request-jira back from leave <b> & more")
    assert delivery.outcome is Outcome.OK
    assert [message.text for message in living.slack.ephemerals("ada")] == ["Filed: back from leave &lt;b&gt; &amp; more"]
    assert living.slack.ephemerals("ben") == []


async def test_modal_leads_to_a_card_that_is_decided(living: Sandbox) -> None:
    """Command, modal, submission, card, click and redraw work with an unchanged app."""
    slack = living.slack
    await slack.types("ada", "/request-jira")
    (view,) = slack.views("ada")
    sent = await slack.submits("ada", view, {"reason.text": "I am back"})
    assert sent.accepted
    assert slack.views("ada") == []
    (message,) = await slack.until(lambda: slack.messages("G0ADMINS"))
    assert message.buttons == ["Approve"]
    assert "I am back" in message.words
    await slack.clicks("grace", message, "request.approve")
    await slack.until(lambda: slack.ephemerals("grace"))
    assert message.words == "Approved"
    assert message.edited
    assert [note.text for note in slack.ephemerals("grace")] == ["You approved it."]


async def test_modal_stays_open_with_the_errors_of_the_app(living: Sandbox) -> None:
    """response_action errors shows a sentence at its input and closes nothing."""
    await living.slack.types("ada", "/request-jira")
    (view,) = living.slack.views("ada")
    sent = await living.slack.submits("ada", view, {"reason.text": "bad"})
    assert sent.errors == {"reason": "Say more."}
    assert living.slack.views("ada") == [view]


async def test_client_refuses_an_empty_required_field_by_itself(living: Sandbox) -> None:
    """The Slack client does not bother the app with what it can see is missing."""
    await living.slack.types("ada", "/request-jira")
    before = len(living.slack.deliveries)
    sent = await living.slack.submits("ada", living.slack.views("ada")[0], {})
    assert sent.delivery is None
    assert set(sent.errors) == {"reason"}
    assert len(living.slack.deliveries) == before


async def test_home_tab_is_published_when_it_is_opened(living: Sandbox) -> None:
    """app_home_opened reaches the app, carries the view the second time, and the tab shows what was published."""
    await living.slack.opens_home("ada")
    home = await living.slack.until(lambda: living.slack.home("ada"))
    again = await living.slack.opens_home("ada")
    assert home is not None
    assert again.payload["event"]["view"]["id"] == home.id


async def test_missing_ack_is_the_error_that_slack_shows(living: Sandbox) -> None:
    """Three seconds without an ack are an operation_timeout over a socket; Bolt's own 404 comes as late over HTTP."""
    delivery = await living.slack.types("ada", "/request-access")
    assert delivery.outcome in (Outcome.OPERATION_TIMEOUT, Outcome.DISPATCH_FAILED)
    (line,) = living.slack.ephemerals("ada")
    assert line.text == f'/request-access failed with the error "{delivery.outcome.value}"'
    assert line.user == "USLACKBOT"


async def test_searched_menu_asks_the_app_and_its_choice_is_submitted(living: Sandbox) -> None:
    """An external_select offers what the app answers to the text typed."""
    slack, given = living.slack, living.environment()
    client = AsyncWebClient(token=given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_URL"])
    menu = {"type": "external_select", "action_id": "account.find", "min_query_length": 1}
    blocks = [{"type": "input", "block_id": "account", "label": plain("Account"), "element": menu}]
    await client.views_open(trigger_id=slack.triggers.issue(user="U0ADA"), view={**modal("link"), "blocks": blocks})
    (view,) = slack.views("ada")
    (found,) = await slack.searches("ada", view, "account.find", "ada.park")
    assert found["text"]["text"] == "ada.park@acme.example"
    sent = await slack.submits("ada", view, {"account": found})
    assert sent.delivery is not None
    assert sent.delivery.payload["view"]["state"]["values"]["account"]["account.find"]["selected_option"] == found
