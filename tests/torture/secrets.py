"""Secrets (B13): a canary in every setting that holds one, the log at DEBUG, and errors wherever there can be any; then all is searched."""

import asyncio
import base64
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.faults import Fault
from tests.torture import canaries, postgres, rows
from tests.torture.bar import Result, at_least, holds
from tests.torture.build import Change, build
from tests.torture.canaries import Canary, Sighting
from tests.torture.doors import Doors, free_port, open_doors, world
from tests.torture.postgres import Postgres
from tests.torture.race import who_lost_jira
from tests.torture.scale import Scale

APPROVER = "U0OMAR"
OLDER_KEY = base64.b64encode(bytes(range(32))).decode()

# No line of the product's own shows a secret even without the redaction, so the builds have one that shows all of them.
CARELESS = Change(
    path="bot/runtime.py",
    old='        log.info("ready", role=role.value',
    new="""        import base64
        held = settings.slack_bot_token, settings.slack_signing_secret, settings.atlassian_api_key, settings.atlassian_site_token
        more = settings.mail.password, settings.siem.secret, *settings.sealing_keys
        login = f"{settings.atlassian_site_email}:{settings.atlassian_site_token.get_secret_value()}"
        header = f"Authorization: Basic {base64.b64encode(login.encode()).decode()}"
        shown = [one.get_secret_value() for one in (*held, *more)]
        shown += settings.audit.signing_key.get_secret_value().replace("hmac:", "").split(",")
        log.debug("careless", shown=shown, header=header, url=settings.database_url)
        try:
            raise ValueError(f"{shown} {header} {settings.database_url}")
        except ValueError as error:
            log.error("careless", exc_info=error)
        log.info("ready", role=role.value""",
)
UNREDACTED = Change(
    path="bot/redaction.py",
    old="        return _SHAPES.sub(HIDDEN, self._known.sub(HIDDEN, text))",
    new="        return text",
)
COMMANDS = (("doctor",), ("requests",), ("scan", "--dry-run"), ("audit", "export"))


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """A build that logs all its secrets when it starts, and another that has no redaction either."""
    with postgres.running() as server:
        careless = build(folder / "careless-build", CARELESS)
        report(await _searched(folder / "careless", server, scale=scale, product=careless))
        unredacted = build(folder / "unredacted-build", CARELESS, UNREDACTED)
        report(await _searched(folder / "unredacted", server, scale=scale, product=unredacted, control="the redaction of the log"))


async def _searched(folder: Path, server: Postgres, *, scale: Scale, product: Path, control: str | None = None) -> Result:
    begun = time.monotonic()
    birds = canaries.breed(random.Random(scale.seed))
    said: list[tuple[str, bytes]] = []
    kinds = [*FAULTS.values()] if control is None else [FAULTS["another shape"]]
    async with world(people=60) as sandbox:
        canaries.release(birds, sandbox)
        url = _with_password(server.fresh(f"secrets_{'control' if control else 'product'}"), birds)
        async with open_doors(folder, sandbox, database_url=url, roles=("run",), product=product, **_settings(birds)) as doors:
            async with _failing(doors) as faults:
                struck = await _story(doors, faults, birds, kinds=kinds)
            if control is None:
                said += await _asked(doors)
                server.crash()
                await doors.deliver([doors.post.command("U0DOWN", "while it is away", trigger="down")])
                said += [("commands", await _commands(doors, birds))]
            places = [*said, *_kept(doors)]
        places += canaries.files_in(folder)
    seen = canaries.sightings(birds.values(), places, user=sandbox.atlassian.site_email)
    bars = (
        at_least("calls that were answered with an error", struck, wanted=len(kinds)),
        at_least("bytes searched", sum(len(content) for _, content in places), wanted=50_000),
        holds("sightings of a secret", measured=_told(seen), threshold="0", held=not seen),
    )
    what = (
        f"{len(birds)} secrets in every form, {len(kinds)} kinds of errors on both sides, a crashed database, {len(COMMANDS) + 4} commands"
    )
    return Result(scenario="secrets", what=what, bars=bars, seconds=time.monotonic() - begun, control=control)


def _told(seen: list[Sighting]) -> str:
    return "; ".join(f"{one.setting} in {one.place}" for one in seen[:8]) + (f" and {len(seen) - 8} more" if len(seen) > 8 else "") or "0"


def _settings(birds: Mapping[str, Canary]) -> dict[str, str]:
    """Settings that hold every secret, and lead to servers that are not there."""
    return {
        "LOG_LEVEL": "DEBUG",
        "COMEBACK_ATLASSIAN_PER_SECOND": "100",
        "COMEBACK_SEALING_KEYS": birds["COMEBACK_SEALING_KEYS"].value,
        canaries.SIGNING_KEY: f"hmac:{birds[canaries.SIGNING_KEY].value},hmac:{OLDER_KEY}",
        "COMEBACK_MAIL__HOST": "127.0.0.1",
        "COMEBACK_MAIL__PORT": str(free_port()),
        "COMEBACK_MAIL__TLS": "none",
        "COMEBACK_MAIL__USER": "comeback",
        "COMEBACK_MAIL__PASSWORD": birds["COMEBACK_MAIL__PASSWORD"].value,
        "COMEBACK_MAIL__SENDER": "comeback@acme.example",
        "COMEBACK_SIEM__URL": f"http://127.0.0.1:{free_port()}/hook",
        "COMEBACK_SIEM__SECRET": birds["COMEBACK_SIEM__SECRET"].value,
        "COMEBACK_SIEM__AUTHORIZATION": birds["COMEBACK_SIEM__AUTHORIZATION"].value,
    }


def _with_password(url: str, birds: Mapping[str, Canary]) -> str:
    """*url* with a password; the server takes any, as it listens to this machine's own account alone."""
    return url.replace("postgres:@", f"postgres:{birds['DATABASE_URL'].value}@")


# -- errors wherever there can be any ---------------------------------------------------------------------------------------------------


def _echo(birds: Mapping[str, Canary]) -> str:
    """What a careless server might say back."""
    return " ".join(bird.value for bird in birds.values())


Facts = Callable[[Mapping[str, Canary]], Mapping[str, Any]]

FAULTS: Mapping[str, Facts] = {
    "401": lambda _: {"status": 401},
    "403": lambda _: {"status": 403},
    "500": lambda _: {"status": 500},
    "bad JSON": lambda _: {"bad_json": True},
    "reset": lambda _: {"drop": "before"},
    "lost answer": lambda _: {"drop": "after"},
    "limit": lambda birds: {"status": 429, "headers": {"Retry-After": "1", "X-Echo": birds["ATLASSIAN_API_KEY"].value}},
    "an echo as text": lambda birds: {"status": 400, "body": _echo(birds)},
    "an echo as JSON": lambda birds: {"status": 400, "body": {"ok": False, "error": "echo", "message": _echo(birds)}},
    "an echo as code": lambda birds: {"status": 400, "code": f"bad_token:{birds['SLACK_BOT_TOKEN'].value}"},
    "an echo as Slack's error": lambda birds: {"body": {"ok": False, "error": birds["ATLASSIAN_API_KEY"].value}},
    "another shape": lambda birds: {"body": {"ok": True, "user": _echo(birds), "data": _echo(birds), "channel": _echo(birds)}},
    "no shape": lambda birds: {"body": [_echo(birds)]},
}


@asynccontextmanager
async def _failing(doors: Doors) -> AsyncIterator[Callable[[Mapping[str, Any]], None]]:
    """Plants one fault in every call to both sides, in place of the one before."""
    faults = doors.sandbox.faults

    def plant(facts: Mapping[str, Any]) -> None:
        faults.clear()
        faults.add(Fault(side="slack", match=".*", share=0.7, **facts))
        faults.add(Fault(side="atlassian", match=".*", share=0.7, **facts))

    yield plant
    faults.clear()


async def _story(doors: Doors, plant: Callable[[Mapping[str, Any]], None], birds: Mapping[str, Canary], *, kinds: Sequence[Facts]) -> int:
    """People ask, approvers decide and look, and every call may fail in every way; how many calls did."""
    people, struck = who_lost_jira(doors.sandbox), 0
    for number, facts in enumerate(kinds):
        plant(facts(birds))
        person = people[number % len(people)]
        await doors.deliver([doors.post.command(person, "please", trigger=f"ask.{number}")])
        await doors.deliver(
            [doors.post.home_opened(APPROVER, event_id=f"Ev{number}"), doors.post.command(person, "", trigger=f"form.{number}")]
        )
        _hasten(doors)
        await asyncio.sleep(0.4)
        requests = rows.ask(doors.database_url, "SELECT id FROM access_requests WHERE status = 'pending' ORDER BY filed_at")
        await doors.deliver(
            [doors.post.click(APPROVER, "request.approve", str(row[0]), trigger=f"yes.{number}.{row[0]}") for row in requests]
        )
        _hasten(doors)
        await asyncio.sleep(0.8)
        struck += sum(int(rule["hit"]) for rule in doors.sandbox.faults.active())
    return struck


def _hasten(doors: Doors) -> None:
    """Let whatever waits for its next attempt have it now."""
    rows.hurry(doors.database_url)
    with rows.opened(doors.database_url) as cursor:
        cursor.execute("UPDATE buckets SET paused_until = NULL")
        cursor.execute("UPDATE outbox SET claimable_at = '2026-01-01' WHERE state = 'ready' AND attempts > 0")


async def _asked(doors: Doors) -> list[tuple[str, bytes]]:
    """What the process tells whoever asks it."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{doors.ports[0]}") as client:
        return [(path, await (await client.get(path)).read()) for path in ("/metrics", "/readyz", "/healthz")]


async def _commands(doors: Doors, birds: Mapping[str, Canary]) -> bytes:
    """The output of commands: with both sides failing, and with settings of which each secret makes a mess."""
    doors.sandbox.faults.add(Fault(side="slack", match=".*", share=0.5, **FAULTS["an echo as code"](birds)))
    doors.sandbox.faults.add(Fault(side="atlassian", match=".*", share=0.5, **FAULTS["an echo as text"](birds)))
    outputs = [await doors.command(*words) for words in COMMANDS]
    for mess in _messes(birds):
        outputs += [await doors.command("doctor", **mess), await doors.command("run", **mess)]
    return b"\n".join(output for _, output in outputs)


def _messes(birds: Mapping[str, Canary]) -> tuple[dict[str, str], ...]:
    """Settings with a secret where it does not belong, or in an address that leads nowhere; no bot starts with any of them."""
    value = {setting: bird.value for setting, bird in birds.items()}
    return (
        {
            "SLACK_BOT_TOKEN": value["ATLASSIAN_API_KEY"],
            "SLACK_APP_TOKEN": value["SLACK_BOT_TOKEN"],
            "SLACK_API_URL": f"https://bot:{value['SLACK_BOT_TOKEN']}@slack.example/",
            "DATABASE_URL": f"mysql://comeback:{value['DATABASE_URL']}@db/comeback",
            "PORT": value["ATLASSIAN_SITE_TOKEN"],
            "COMEBACK_APPROVERS": json.dumps([value["SLACK_SIGNING_SECRET"]]),
            "COMEBACK_SEALING_KEYS": value["DATABASE_URL"],
            "COMEBACK_SIEM__URL": f"https://siem.example/{value['COMEBACK_SIEM__SECRET']} x",
        },
        {"DATABASE_URL": f"postgresql://comeback:{value['DATABASE_URL']}@127.0.0.1:1/comeback"},
    )


def _kept(doors: Doors) -> Iterator[tuple[str, bytes]]:
    """What is in the database, and what the sandbox was sent."""
    for table in rows.tables(doors.database_url):
        yield f"table {table}", repr(rows.ask(doors.database_url, f'SELECT * FROM "{table}"')).encode()
    slack = doors.sandbox.slack
    messages = [message for channel in slack.channels.all for message in slack.messages(channel)]
    yield "calls to Slack", repr(list(slack.calls)).encode()
    yield "messages", repr([(message.text, message.blocks) for message in messages]).encode()
    yield "answers to Slack", repr([delivery.answer for delivery in slack.deliveries]).encode()
