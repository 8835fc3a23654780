"""The Web API: how it is called, and how it says no."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.sandbox.slack.conftest import Api, Json
from tests.sandbox.slack.tiny_bot import card, plain


async def refusal(call: object) -> str:
    """The error code that *call* (a coroutine of the client) ends with."""
    with pytest.raises(SlackApiError) as caught:
        await call  # type: ignore[misc]
    return str(caught.value.response["error"])


@pytest.mark.parametrize("how", ["json", "form", "query", "token_in_form"])
async def test_arguments_may_come_in_every_way(sandbox: Sandbox, http: aiohttp.ClientSession, how: str) -> None:
    """JSON, form, query string and a token among the arguments are all the same call."""
    url, token = f"{sandbox.url}/slack/api/users.info", sandbox.slack.app.bot_token
    bearer, args = {"Authorization": f"Bearer {token}"}, {"user": "U0ADA"}
    if how == "json":
        answer = await http.post(url, json=args, headers=bearer)
    elif how == "form":
        answer = await http.post(url, data=args, headers=bearer)
    elif how == "query":
        answer = await http.get(url, params=args, headers=bearer)
    else:
        answer = await http.post(url, data={**args, "token": token})
    assert (await answer.json())["user"]["id"] == "U0ADA"


async def test_nested_arguments_may_be_json_strings_in_a_form(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """Forms carry blocks as a JSON string."""
    form = {"token": sandbox.slack.app.bot_token, "channel": "C0GENERAL", "blocks": '[{"type":"divider"}]', "text": "a"}
    answer = await (await http.post(f"{sandbox.url}/slack/api/chat.postMessage", data=form)).json()
    assert answer["message"]["blocks"][0]["type"] == "divider"


async def test_answers_carry_slacks_headers(api: Api) -> None:
    """A request id and the granted scopes come with every answer."""
    headers = (await api("auth.test"))["headers"]
    assert headers["x-slack-req-id"]
    assert "chat:write" in headers["x-oauth-scopes"].split(",")


async def test_unknown_method_is_named_so(api: Api) -> None:
    """A method that Slack doesn't have is not a 404."""
    body = await api("chat.shout")
    assert (body["status"], body["error"]) == (200, "unknown_method")


@pytest.mark.parametrize(
    ("token", "method", "code"),
    [
        ("", "auth.test", "not_authed"),
        ("xoxb-wrong", "auth.test", "invalid_auth"),
        ("xapp-sandbox-comeback", "chat.postMessage", "not_allowed_token_type"),
        ("xoxb-sandbox-comeback", "apps.connections.open", "not_allowed_token_type"),
        ("xoxb-sandbox-comeback", "reactions.add", "missing_scope"),
    ],
)
async def test_wrong_tokens_are_refused_each_in_its_way(
    sandbox: Sandbox, http: aiohttp.ClientSession, token: str, method: str, code: str
) -> None:
    """The kind of refusal tells what to mend: no token, a wrong one, the other kind, a scope."""
    answer = await http.post(f"{sandbox.url}/slack/api/{method}", headers={"Authorization": f"Bearer {token}"})
    body = await answer.json()
    assert (answer.status, body["error"]) == (200, code)
    assert code != "missing_scope" or (body["needed"] == "reactions:write" and "chat:write" in body["provided"])


async def test_token_fault_refuses_every_call(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """After the app was uninstalled nothing works any more."""
    sandbox.slack.uninstall()
    assert await refusal(client.auth_test()) == "account_inactive"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"channel": "C0NOWHERE", "text": "a"}, "channel_not_found"),
        ({"channel": "G0EXEC", "text": "a"}, "channel_not_found"),
        ({"channel": "C0RANDOM", "text": "a"}, "not_in_channel"),
        ({"channel": "C0OLD", "text": "a"}, "is_archived"),
        ({"channel": "C0GENERAL"}, "no_text"),
        ({"channel": "U0KIT", "text": "a"}, "user_disabled"),
        ({"channel": "U0ROBO", "text": "a"}, "cannot_dm_bot"),
        ({"channel": "C0GENERAL", "text": "a", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "C0GENERAL", "text": "a", "metadata": {"event_type": "x"}}, "invalid_metadata_schema"),
    ],
)
async def test_post_is_refused_as_slack_refuses_it(api: Api, args: Json, code: str) -> None:
    """Where and what may be posted depends on membership, archives and contents."""
    assert (await api("chat.postMessage", **args))["error"] == code


async def test_timestamps_are_unique_and_rising(client: AsyncWebClient) -> None:
    """A ts is the id of a message: two posts at once never share one."""
    sent = [(await client.chat_postMessage(channel="C0GENERAL", text=str(n)))["ts"] for n in range(4)]
    assert sent == sorted(set(sent))


async def test_update_belongs_to_the_author_and_has_a_limit(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """An app changes its own lasting messages, with at most 4,000 characters."""
    own = (await client.chat_postMessage(channel="C0GENERAL", text="a"))["ts"]
    foreign = sandbox.slack.says("ada", "hello").ts
    private = (await client.chat_postEphemeral(channel="C0GENERAL", user="U0ADA", text="a"))["message_ts"]
    assert await refusal(client.chat_update(channel="C0GENERAL", ts=own, text="x" * 4001)) == "msg_too_long"
    assert await refusal(client.chat_update(channel="C0GENERAL", ts=foreign, text="a")) == "cant_update_message"
    assert await refusal(client.chat_update(channel="C0GENERAL", ts=private, text="a")) == "message_not_found"
    assert await refusal(client.chat_update(channel="C0GENERAL", ts="1.000001", text="a")) == "message_not_found"
    assert await refusal(client.chat_delete(channel="C0GENERAL", ts=foreign)) == "cant_delete_message"
    await client.chat_update(channel="C0GENERAL", ts=own, text="b", blocks=card("b"))
    assert sandbox.slack.messages("general")[0].words.startswith("b")


async def test_update_in_an_archived_channel_fails(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """A card in a channel that was archived since can't be redrawn."""
    ts = (await client.chat_postMessage(channel="C0GENERAL", text="a"))["ts"]
    sandbox.slack.set_channel("general", is_archived=True)
    assert await refusal(client.chat_update(channel="C0GENERAL", ts=ts, text="b")) == "is_inactive"


async def test_direct_message_keeps_its_id(client: AsyncWebClient, sandbox: Sandbox) -> None:
    """conversations.open, and a post to a user id, lead to the same conversation for ever."""
    opened = (await client.conversations_open(users="U0ADA"))["channel"]["id"]
    posted = (await client.chat_postMessage(channel="U0ADA", text="hello"))["channel"]
    assert opened == posted == "D0ADA"
    assert [message.text for message in sandbox.slack.dm("ada")] == ["hello"]


async def test_history_gives_metadata_only_when_asked(client: AsyncWebClient) -> None:
    """Finding one's own message again by its metadata needs include_all_metadata."""
    metadata = {"event_type": "comeback", "event_payload": {"job": 7}}
    await client.chat_postMessage(channel="G0ADMINS", text="a", metadata=metadata)
    without = await client.conversations_history(channel="G0ADMINS")
    with_it = await client.conversations_history(channel="G0ADMINS", include_all_metadata=True)
    assert "metadata" not in without["messages"][0]
    assert with_it["messages"][0]["metadata"] == metadata


async def test_replies_live_in_their_thread(client: AsyncWebClient) -> None:
    """A reply is in conversations.replies and not in the channel's history."""
    ts = (await client.chat_postMessage(channel="G0ADMINS", text="card"))["ts"]
    await client.chat_postMessage(channel="G0ADMINS", text="bump", thread_ts=ts)
    history = (await client.conversations_history(channel="G0ADMINS"))["messages"]
    thread = (await client.conversations_replies(channel="G0ADMINS", ts=ts))["messages"]
    assert ([m["text"] for m in history], [m["text"] for m in thread]) == (["card"], ["card", "bump"])


async def test_users_list_is_read_in_pages(client: AsyncWebClient, sandbox: Sandbox) -> None:
    """An empty cursor ends; every account comes exactly once."""
    found: list[str] = []
    cursor = ""
    while True:
        page = await client.users_list(limit=11, cursor=cursor)
        found += [member["id"] for member in page["members"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert found == list(sandbox.slack.people.users)
    assert await refusal(client.users_list(cursor="nonsense")) == "invalid_cursor"


async def test_every_kind_of_user_has_its_flags(client: AsyncWebClient) -> None:
    """Guests, strangers, bots and deactivated accounts are told apart by flags only."""
    users = {key: (await client.users_info(user=f"U0{key}"))["user"] for key in ("ADA", "GRACE", "IVY", "JULES", "KIT", "ROBO", "SAM")}
    assert users["ADA"]["profile"]["email"] == "ada.park@acme.example"
    assert users["ADA"]["is_email_confirmed"]
    assert users["GRACE"]["is_admin"]
    assert users["IVY"]["is_restricted"]
    assert not users["IVY"]["is_ultra_restricted"]
    assert users["JULES"]["is_stranger"]
    assert users["JULES"]["team_id"] != users["ADA"]["team_id"]
    assert "email" not in users["JULES"]["profile"]
    assert users["KIT"]["deleted"]
    assert "is_restricted" not in users["KIT"]
    assert users["ROBO"]["is_bot"]
    assert not users["SAM"]["is_email_confirmed"]


async def test_email_needs_its_scope(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Without users:read.email the address is missing, and looking up by it is refused."""
    sandbox.slack.app.scopes = ("users:read",)
    assert "email" not in (await client.users_info(user="U0ADA"))["user"]["profile"]
    assert await refusal(client.users_lookupByEmail(email="ada.park@acme.example")) == "missing_scope"


async def test_lookup_finds_active_people_only(client: AsyncWebClient) -> None:
    """A deactivated account is not found by its address."""
    assert (await client.users_lookupByEmail(email="Ada.Park@acme.example"))["user"]["id"] == "U0ADA"
    assert await refusal(client.users_lookupByEmail(email="kit.brennan@acme.example")) == "users_not_found"


async def test_channels_show_sharing_and_membership(client: AsyncWebClient) -> None:
    """A bot can see that a channel is shared with outsiders, and whether it is in it."""
    partners = (await client.conversations_info(channel="C0PARTNERS"))["channel"]
    admins = (await client.conversations_info(channel="G0ADMINS"))["channel"]
    assert partners["is_ext_shared"]
    assert not admins["is_ext_shared"]
    assert admins["is_private"]
    assert admins["is_member"]
    assert (await client.conversations_members(channel="G0ADMINS"))["members"] == ["U0COMEBACK", "U0GRACE", "U0OMAR"]
    listed = await client.conversations_list(types="public_channel,private_channel", exclude_archived=True)
    assert {channel["id"] for channel in listed["channels"]} == {"C0GENERAL", "C0RANDOM", "C0PARTNERS", "G0ADMINS"}
    await client.conversations_join(channel="C0RANDOM")
    assert (await client.chat_postMessage(channel="C0RANDOM", text="hello"))["ok"]


async def test_user_group_of_approvers_can_be_read(client: AsyncWebClient) -> None:
    """Group members come from usergroups.users.list, for nobody else tells them."""
    assert (await client.usergroups_users_list(usergroup="S0ADMINS"))["users"] == ["U0GRACE"]
    assert [group["handle"] for group in (await client.usergroups_list())["usergroups"]] == ["atlassian-admins"]
    assert await refusal(client.usergroups_users_list(usergroup="S0NONE")) == "no_such_subteam"


async def test_files_are_uploaded_in_three_steps(client: AsyncWebClient, sandbox: Sandbox) -> None:
    """The client's own upload helper works, and the message shows the file."""
    await client.files_upload_v2(channel="C0GENERAL", filename="report.csv", content="a,b\n1,2\n", initial_comment="Report")
    (message,) = sandbox.slack.messages("general")
    assert message.files[0]["name"] == "report.csv"
    assert message.text == "Report"


async def test_bot_knows_itself(client: AsyncWebClient) -> None:
    """auth.test and bots.info name team, user, bot and app."""
    who = await client.auth_test()
    bot = (await client.bots_info(bot=who["bot_id"]))["bot"]
    assert (who["team_id"], who["user_id"], bot["app_id"]) == ("T0ACME", "U0COMEBACK", "A0COMEBACK")


async def test_home_tab_guards_its_hash(client: AsyncWebClient) -> None:
    """Two writers of one Home tab don't overwrite each other unawares."""
    view = {"type": "home", "blocks": [{"type": "header", "text": plain("Home")}]}
    first = (await client.views_publish(user_id="U0ADA", view=view))["view"]["hash"]
    await client.views_publish(user_id="U0ADA", view=view, hash=first)
    assert await refusal(client.views_publish(user_id="U0ADA", view=view, hash=first)) == "hash_conflict"


async def test_planted_fault_can_drop_the_answer_after_the_post(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The message exists although its author never heard so."""
    sandbox.faults.add(Fault(side="slack", match="chat.postMessage", times=1, drop="after"))
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C0GENERAL", text="once")
    assert [message.text for message in sandbox.slack.messages("general")] == ["once"]
