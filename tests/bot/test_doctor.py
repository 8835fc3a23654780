"""The doctor finds what is wrong in Slack, in Atlassian and in the database, against the real protocol, and says what mends it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot import clock, doctor
from bot.doctor import Light, Line, database
from bot.doctor.lines import green
from bot.settings import DatabaseSettings
from sandbox.atlassian.organization import KeyState
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.slack.app import App
from storage import db, migrate, outbox, people, signing
from storage.cipher import encoded, new_key
from storage.db import Database, UnitOfWork
from tests.bot.outside import Outside

OTHER_KEY = new_key()

BILLING = {
    f"COMEBACK_PRODUCTS__{key}__{name}": value
    for key in ("JIRA", "CONFLUENCE")
    for name, value in (("PRICE", "8.15"), ("RENEWAL_DAY", "14"))
}


@pytest.fixture
async def world(outside: Outside) -> AsyncIterator[Sandbox]:
    """A small world, and an environment with a migrated database in which nothing is wrong."""
    async with Sandbox(people=60) as sandbox:
        database = f"sqlite:///{outside.directory}/comeback.db"
        await asyncio.to_thread(migrate.upgrade, database)
        outside.set(
            {
                **sandbox.environment(),
                **BILLING,
                "COMEBACK_AUDIT__SIGNING_KEY": signing.new_key(),
                "DATABASE_URL": database,
                "COMEBACK_SEALING_KEYS": encoded(new_key()),
            }
        )
        yield sandbox


async def report(now: datetime | None = None) -> list[Line]:
    """All lines."""
    chapters = await doctor.examine(now=(lambda: now) if now else clock.system_now)
    return [line for chapter in chapters for line in chapter.lines]


async def red() -> dict[str, Line]:
    """The red lines by subject."""
    return {line.subject: line for line in await report() if line.light is Light.RED}


async def light_of(subject: str, *, now: datetime | None = None) -> Light:
    """How *subject* stands."""
    (line,) = [line for line in await report(now) if line.subject == subject]
    return line.light


async def test_nothing_is_red_when_all_is_well(world: Sandbox) -> None:
    """A healthy installation is green, and each thing that was looked at has its line."""
    lines = await report()
    assert [line for line in lines if line.light in {Light.RED, Light.YELLOW}] == []
    subjects = {line.subject for line in lines}
    assert {"settings", "bot token", "scopes", "app-level token", "commands", "admin channel", "approver U0OMAR"} <= subjects
    assert {"API key", "API key's reach", "API key's end", "organization", "Jira", "Jira: groups", "Jira: seats", "database"} <= subjects


async def test_checkpoints_that_nobody_signs_are_yellow(world: Sandbox, outside: Outside) -> None:
    """It works without a key; whoever reads the doctor is told what makes one."""
    outside.unset("COMEBACK_AUDIT__SIGNING_KEY")
    (line,) = [line for line in await report() if line.subject == "checkpoints"]
    assert (line.light, "comeback audit keygen" in line.remedy) == (Light.YELLOW, True)


async def test_missing_settings_are_red_and_the_rest_is_looked_at(world: Sandbox, outside: Outside) -> None:
    """An unset Atlassian key does not keep the doctor from looking at Slack and the database."""
    outside.unset("ATLASSIAN_API_KEY")
    lines = await report()
    assert {line.subject for line in lines if line.light is Light.RED} == {"ATLASSIAN_API_KEY"}
    assert {"bot token", "database"} <= {line.subject for line in lines if line.light is Light.GREEN}


async def test_nothing_set_is_all_red(outside: Outside) -> None:
    """On a fresh machine the doctor is the first thing that people run: it tells what to set, and asks nobody."""
    reds = await red()
    assert {"SLACK_BOT_TOKEN", "ATLASSIAN_ORG_ID", "COMEBACK_PRODUCTS"} <= set(reds)
    assert reds["tables"].remedy.startswith("run `comeback migrate`")


async def test_http_mode_without_a_port_is_red(world: Sandbox, outside: Outside) -> None:
    """`comeback run` would refuse to start."""
    outside.unset("SLACK_APP_TOKEN")
    assert set(await red()) == {"PORT"}


async def test_rejected_bot_token_is_one_red_line(world: Sandbox, outside: Outside) -> None:
    """What needs the token is not asked, as it would fail in the same way."""
    outside.set({"SLACK_BOT_TOKEN": "xoxb-1-2-nobodys"})
    reds = await red()
    assert set(reds) == {"bot token"}
    assert "invalid_auth" in reds["bot token"].text
    assert "SLACK_BOT_TOKEN" in reds["bot token"].remedy


async def test_rejected_app_token_is_red(world: Sandbox, outside: Outside) -> None:
    """A wrong app-level token would leave a bot that connects for ever."""
    outside.set({"SLACK_APP_TOKEN": "xapp-1-A0-2-nobodys"})
    assert set(await red()) == {"app-level token"}


async def with_app(app: App, outside: Outside) -> list[Line]:
    """The report about a world where *app* is installed."""
    async with Sandbox(people=60, app=app) as sandbox:
        outside.set(sandbox.environment())
        return await report()


async def test_missing_scope_is_red_and_named(outside: Outside) -> None:
    """Without users:read.email nobody can be found in Atlassian."""
    app = App(scopes=tuple(scope for scope in App().scopes if scope != "users:read.email"))
    (line,) = [line for line in await with_app(app, outside) if line.subject == "scopes"]
    assert (line.light, line.text) == (Light.RED, "missing: users:read.email")


async def test_missing_history_scope_is_a_warning(outside: Outside) -> None:
    """The bot works without it; somebody should know that a card may come twice."""
    app = App(scopes=tuple(scope for scope in App().scopes if scope != "groups:history"))
    (line,) = [line for line in await with_app(app, outside) if line.subject == "scopes"]
    assert line.light is Light.YELLOW
    assert "second card" in line.text


async def test_missing_file_scope_is_a_warning(outside: Outside) -> None:
    """Without it the digest comes without its picture: nobody should look for the reason in vain."""
    app = App(scopes=tuple(scope for scope in App().scopes if scope != "files:write"))
    (line,) = [line for line in await with_app(app, outside) if line.subject == "scopes"]
    assert line.light is Light.YELLOW
    assert "files:write" in line.text


async def test_app_token_without_its_scope_is_red(outside: Outside) -> None:
    """connections:write is the one scope of an app-level token, and easily forgotten."""
    lines = await with_app(App(app_scopes=()), outside)
    (line,) = [line for line in lines if line.subject == "app-level token"]
    assert line.light is Light.RED
    assert "connections:write" in line.text


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("C0PARTNERS", "shared with another company"),
        ("C0OLD", "archived"),
        ("G0EXEC", "private without the bot in it"),
        ("C0NOWHERE", "does not exist"),
        ("C0RANDOM", "the bot is not in"),
    ],
)
async def test_unfit_admin_channel_is_red(world: Sandbox, outside: Outside, channel: str, words: str) -> None:
    """Cards show who asks for what and carry the buttons: the channel has to be ours, alive and joined."""
    outside.set({"COMEBACK_ADMIN_CHANNEL": channel})
    lines = [line for line in await report() if line.subject == "admin channel"]
    assert any(line.light is Light.RED and words in line.text and line.remedy for line in lines)
    assert not any(line.light is Light.GREEN for line in lines)


async def test_protected_group_that_is_not_there_is_red(world: Sandbox, outside: Outside) -> None:
    """A name that is mistyped protects nobody, and the people who count on it would be warned."""
    outside.set({"COMEBACK_IDLE__PROTECTED_GROUPS": '["DESIGN"]'})
    assert await light_of("protected groups") is Light.GREEN
    outside.set({"COMEBACK_IDLE__PROTECTED_GROUPS": '["design", "nosuchgroup", "3f0c2a52-0000-4000-8000-000000000000"]'})
    lines = [line.text for line in await report() if line.light is Light.RED]
    assert lines == [
        "no group `nosuchgroup`: nobody is protected by it",
        "no group `3f0c2a52-0000-4000-8000-000000000000`: nobody is protected by it",
    ]


async def test_protected_group_may_be_named_by_its_id(world: Sandbox, outside: Outside) -> None:
    """Names change, and ids do not."""
    design = next(group for group in world.atlassian.catalog.groups.values() if group.name.lower() == "design")
    outside.set({"COMEBACK_IDLE__PROTECTED_GROUPS": f'["{design.id}"]'})
    assert await light_of("protected groups") is Light.GREEN


@pytest.mark.parametrize(
    ("channel", "light"),
    [
        ("C0PARTNERS", Light.RED),
        ("C0OLD", Light.RED),
        ("C0NOWHERE", Light.RED),
        ("C0RANDOM", Light.RED),
        ("C0GENERAL", Light.GREEN),
    ],
)
async def test_digest_channel_must_be_one_that_the_bot_is_in(world: Sandbox, outside: Outside, channel: str, light: Light) -> None:
    """The digest would be posted nowhere, week after week."""
    outside.set({"COMEBACK_IDLE__DIGEST_CHANNEL": channel})
    assert await light_of("digest channel") is light


async def test_public_admin_channel_is_a_warning(world: Sandbox, outside: Outside) -> None:
    """It works, but everybody can read along."""
    outside.set({"COMEBACK_ADMIN_CHANNEL": "C0GENERAL"})
    assert await light_of("admin channel") is Light.YELLOW


@pytest.mark.parametrize(
    ("approver", "subject"),
    [
        ("U0IVY", "approver U0IVY"),
        ("U0KIT", "approver U0KIT"),
        ("U0NOBODY", "approver U0NOBODY"),
        ("S0NOGROUP", "approvers S0NOGROUP"),
    ],
)
async def test_approver_who_may_not_decide_is_red(world: Sandbox, outside: Outside, approver: str, subject: str) -> None:
    """A guest, somebody who left, an id that is nobody's, a group that is gone."""
    outside.set({"COMEBACK_APPROVERS": f'["U0OMAR", "{approver}"]'})
    assert set(await red()) == {subject}


async def test_group_without_members_is_red(world: Sandbox) -> None:
    """A user group that nobody is left in approves nothing."""
    world.slack.set_group("S0ADMINS", [])
    assert set(await red()) == {"approvers S0ADMINS"}


async def test_group_with_a_guest_is_a_warning(world: Sandbox) -> None:
    """The others decide; the guest's clicks are refused."""
    world.slack.set_group("S0ADMINS", ["grace", "ivy"])
    assert await light_of("approvers S0ADMINS") is Light.YELLOW


@pytest.mark.parametrize(
    ("members", "light"),
    [(["grace"], Light.YELLOW), (["omar"], Light.RED), (["grace", "hugo"], Light.GREEN), (["grace", "ivy"], Light.YELLOW)],
)
async def test_as_many_may_approve_as_must(world: Sandbox, outside: Outside, members: list[str], light: Light) -> None:
    """Two must: one alone never ends a request, two can't when one of them asks; a guest and a person who is named twice are no more."""
    outside.set({"COMEBACK_PRODUCTS__JIRA__APPROVALS": "2"})
    world.slack.set_group("S0ADMINS", members)
    assert await light_of("Jira: approvals") is light


@pytest.mark.parametrize("state", [KeyState.REVOKED, KeyState.EXPIRED])
async def test_dead_key_is_red(world: Sandbox, state: KeyState) -> None:
    """Without the key nothing can be asked; the remedy says how to make one."""
    world.atlassian.key_state = state
    reds = await red()
    assert set(reds) == {"API key"}
    assert "WITHOUT scopes" in reds["API key"].remedy


async def test_scoped_key_is_red(world: Sandbox) -> None:
    """A key with scopes reads everything and may change nothing: it would fail at the first approval."""
    world.atlassian.key_state = KeyState.SCOPED
    assert set(await red()) == {"API key's reach"}


async def test_end_of_the_key_is_told_in_time(world: Sandbox, outside: Outside) -> None:
    """Green while it is far, yellow in its last month, red after it; and yellow when nobody said."""
    outside.set({"ATLASSIAN_API_KEY_EXPIRES": "2027-06-30"})
    end = datetime(2027, 6, 30, 12, tzinfo=UTC)
    assert await light_of("API key's end", now=end - timedelta(days=31)) is Light.GREEN
    assert await light_of("API key's end", now=end - timedelta(days=30)) is Light.YELLOW
    assert await light_of("API key's end", now=end) is Light.YELLOW
    assert await light_of("API key's end", now=end + timedelta(days=1)) is Light.RED
    outside.unset("ATLASSIAN_API_KEY_EXPIRES")
    assert await light_of("API key's end", now=end) is Light.YELLOW


async def test_wrong_organization_is_red(world: Sandbox, outside: Outside) -> None:
    """The key and the organization belong together."""
    outside.set({"ATLASSIAN_ORG_ID": "00000000-0000-0000-0000-000000000000"})
    reds = await red()
    assert set(reds) == {"API key"}
    assert "ATLASSIAN_ORG_ID" in reds["API key"].remedy


async def test_unknown_resource_lists_what_there_is(world: Sandbox, outside: Outside) -> None:
    """An ARI cannot be guessed: the line offers those of the organization, to be copied."""
    outside.set({"COMEBACK_PRODUCTS__JIRA__RESOURCE": "ari:cloud:jira-software::site/elsewhere"})
    line = (await red())["Jira"]
    assert world.atlassian.catalog.product("jira").ari in line.text
    assert "COMEBACK_PRODUCTS__JIRA__RESOURCE" in line.remedy


@pytest.mark.parametrize("group", ["no-such-group", "engineering", "jira-admins-acme"])
async def test_preferred_group_that_cannot_be_used_is_red(world: Sandbox, outside: Outside, group: str) -> None:
    """A group that is not there, belongs to an identity provider or grants administration would silently not be used."""
    outside.set({"COMEBACK_PRODUCTS__JIRA__GROUP": group})
    assert set(await red()) == {"Jira: groups"}


async def test_full_licence_is_a_warning(world: Sandbox) -> None:
    """Requests wait for a seat: nothing is broken, and somebody should buy or free some."""
    world.atlassian.capacity["jira"] = 1
    assert await light_of("Jira: seats") is Light.YELLOW


async def test_role_without_a_group_is_a_warning(world: Sandbox, outside: Outside) -> None:
    """The role is then given to the person directly, which works; somebody who manages by groups should know."""
    outside.set({"COMEBACK_PRODUCTS__JIRA__ROLE": "atlassian/basic"})
    assert await light_of("Jira: groups") is Light.YELLOW


async def test_seats_without_a_site_token_are_a_note(world: Sandbox, outside: Outside) -> None:
    """It is optional: nothing is wrong without it, and the line says how to have it."""
    outside.unset("ATLASSIAN_SITE_URL", "ATLASSIAN_SITE_EMAIL", "ATLASSIAN_SITE_TOKEN")
    (line,) = [line for line in await report() if line.subject == "Jira: seats"]
    assert line.light is Light.NOTE
    assert "ATLASSIAN_SITE_URL" in line.remedy


async def test_rejected_site_token_is_red(world: Sandbox, outside: Outside) -> None:
    """Whoever set it wants to see seats; the remedy is about this token, not about the organization's key."""
    outside.set({"ATLASSIAN_SITE_TOKEN": "nobodys-token"})
    reds = await red()
    assert set(reds) == {"Jira: seats", "Confluence: seats"}
    assert "ATLASSIAN_SITE_TOKEN" in reds["Jira: seats"].remedy


@pytest.mark.parametrize(
    ("method", "subject", "light"),
    [
        ("auth.test", "bot token", Light.RED),
        ("apps.connections.open", "app-level token", Light.YELLOW),
        ("conversations.info", "admin channel", Light.RED),
        ("users.info", "approver U0OMAR", Light.RED),
    ],
)
async def test_limited_slack_is_told_as_such(world: Sandbox, method: str, subject: str, light: Light) -> None:
    """One method a minute is all that Slack gives for a ticket: a second doctor within a minute is no broken token."""
    world.faults.add(Fault(side="slack", match=method, status=429, code="ratelimited"))
    (line,) = [line for line in await report() if line.subject == subject]
    assert (line.light, "limiting" in line.text) == (light, True)


async def test_limited_atlassian_is_told_as_such(world: Sandbox) -> None:
    """Being limited is not being wrong: the remedy is to try again."""
    world.faults.add(Fault(match="POST /admin/v2/.*/workspaces", status=429))
    line = (await red())["API key"]
    assert "limiting" in line.text


async def test_unreachable_hosts_are_red(world: Sandbox, outside: Outside) -> None:
    """Nothing listens there: the network or the address is to be looked at."""
    outside.set({"SLACK_API_URL": "http://127.0.0.1:9/api/", "ATLASSIAN_API_URL": "http://127.0.0.1:9"})
    reds = await red()
    assert "SLACK_API_URL" in reds["bot token"].remedy
    assert "ATLASSIAN_API_URL" in reds["API key"].remedy


async def test_database_that_cannot_be_reached_is_red(world: Sandbox, outside: Outside) -> None:
    """The line holds no password."""
    outside.set({"DATABASE_URL": "postgresql://comeback:canary@127.0.0.1:9/comeback"})
    line = (await red())["database"]
    assert "canary" not in line.text


async def test_missing_sealing_key_is_told(world: Sandbox, outside: Outside) -> None:
    """Without one a stolen database can be read; the lack of one that was used opens nothing, which stops the bot."""
    outside.set({"COMEBACK_SEALING_KEYS": ""})
    (line,) = [line for line in await report() if line.subject == "sealing key"]
    assert (line.light, "comeback people keygen" in line.remedy) == (Light.YELLOW, True)
    await asyncio.to_thread(_know_somebody, f"sqlite:///{outside.directory}/comeback.db")
    assert await light_of("sealing key") is Light.RED
    outside.set({"COMEBACK_SEALING_KEYS": encoded(OTHER_KEY)})
    assert await light_of("sealing key") is Light.GREEN


def _know_somebody(url: str) -> None:
    opened = Database.open(url, clock=clock.system_now, new_id=clock.new_id, new_token=clock.new_token, sealing_keys=[OTHER_KEY])

    def link(uow: UnitOfWork) -> None:
        ada = people.find_or_add(uow, team_id="T0ACME", slack_id="U0ADA")
        people.link(uow, ada.id, account_id="a1", email="ada@acme.example")

    opened.write_now(link)
    opened.close_now()


async def test_jobs_that_were_given_up_are_a_warning(world: Sandbox, outside: Outside) -> None:
    """They stay in the database, where nobody looks."""
    opened = Database.open(
        f"sqlite:///{outside.directory}/comeback.db", clock=clock.system_now, new_id=clock.new_id, new_token=clock.new_token
    )

    def give_up(uow: UnitOfWork) -> None:
        for kind in ("notice.tell", "card.post", "card.post"):
            outbox.enqueue(uow, kind=kind, subject=uow.new_id(), payload={}, settle_seconds=0)
        for job in outbox.claim(uow, limit=3):
            outbox.bury(uow, job, error="refused")

    await opened.write(give_up)
    await opened.close()
    (line,) = [line for line in await report() if line.subject == "jobs"]
    assert (line.light, line.text) == (Light.YELLOW, "given up: 2 card.post, 1 notice.tell")


@pytest.mark.parametrize(("seconds", "words"), [(0, None), (4, None), (6, "6 s ahead of the database"), (-6, "6 s behind the database")])
async def test_clock_that_is_off_is_red(postgres_url: str, monkeypatch: pytest.MonkeyPatch, seconds: int, words: str | None) -> None:
    """How fresh a fact is compares this machine's clock with the server's."""
    # This machine's clock as storage asks for it, wrong by so much.
    monkeypatch.setattr(db, "process_now", lambda: clock.system_now() + timedelta(seconds=seconds))
    lines = await database.check(DatabaseSettings(database_url=postgres_url), now=clock.system_now)
    found = [line for line in lines if line.subject == "clock"]
    if words is None:
        assert found == []
    else:
        assert found[0].light is Light.RED
        assert words in found[0].text


async def test_subject_is_not_repeated(outside: Outside) -> None:
    """The line begins with the name already."""
    assert not any(line.text.startswith(line.subject) for line in await report())


async def test_check_without_an_answer_ends() -> None:
    """A host that never answers makes a red line, not a command that hangs."""

    async def silence() -> tuple[Line, ...]:
        await asyncio.Event().wait()
        return (green("never", "seen"),)

    (line,) = await doctor._within(silence, 0.01)
    assert (line.light, line.subject) == (Light.RED, "answer")


async def test_no_secret_is_in_the_report(world: Sandbox, outside: Outside) -> None:
    """A report is pasted into a ticket."""
    outside.set({"SLACK_APP_TOKEN": "xapp-1-A0-2-canary", "ATLASSIAN_API_KEY": "canary-key"})
    environment = world.environment()
    text = repr(await report())
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "ATLASSIAN_SITE_TOKEN", "ATLASSIAN_SITE_EMAIL"):
        assert environment[name] not in text
    assert "canary" not in text
