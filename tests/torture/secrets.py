"""Secrets (B13): a canary in every setting that holds one, the log at DEBUG, and errors wherever there can be any; then all is searched."""

import asyncio
import base64
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, cycle
from pathlib import Path

import aiohttp

from sandbox.faults import Fault
from tests.torture import canaries, postgres, rows
from tests.torture.bar import Bar, Result, at_least, holds
from tests.torture.build import Change, build
from tests.torture.canaries import Canary, Sighting
from tests.torture.doors import PATIENCE, Doors, free_port, open_doors, world
from tests.torture.failures import FAULTS, SIDES, Plant, failing
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
        siem = settings.siem.url, settings.siem.secret, settings.siem.authorization
        more = settings.slack_app_token, settings.mail.password, *siem, *settings.sealing_keys
        login = f"{settings.atlassian_site_email}:{settings.atlassian_site_token.get_secret_value()}"
        header = f"Authorization: Basic {base64.b64encode(login.encode()).decode()}"
        shown = [one.get_secret_value() for one in (*held, *more) if one is not None]
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
SIGHTINGS = "sightings of a secret"
TRIES = 3
"""So often people go on in one kind of bad weather until it has struck on both sides."""
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
    kinds = tuple(FAULTS) if control is None else ("another shape",)
    async with world(people=60) as sandbox:
        canaries.release(birds, sandbox)
        url = _with_password(server.fresh(f"secrets_{'control' if control else 'product'}"), birds)
        async with open_doors(folder, sandbox, database_url=url, roles=("run",), product=product, **_settings(birds)) as doors:
            async with failing(doors) as faults:
                await _open_socket(doors, birds)
                struck = await _story(doors, faults, birds, kinds=kinds)
            if control is None:
                said += await _asked(doors)
                server.crash()
                await doors.deliver([doors.post.command("U0DOWN", "while it is away", trigger="down")])
                said += [("commands", await _commands(doors, birds))]
            places = [*said, *_kept(doors)]
        places += canaries.files_in(folder)
    seen = canaries.sightings(birds.values(), places, user=sandbox.atlassian.site_email)
    bars: tuple[Bar, ...] = (holds(SIGHTINGS, measured=_told(seen), threshold="0", held=not seen),)
    if control is None:
        bars = (*struck_bars(struck), at_least("bytes searched", sum(len(content) for _, content in places), wanted=50_000), *bars)
    hit = f"{sum(struck.values()):,} calls of both sides that met an error ({len(kinds)} of {len(FAULTS)} kinds)"
    what = f"{len(birds)} secrets in every form, {hit}" + (f", a crashed database, {len(COMMANDS) + 5} commands" if control is None else "")
    seconds, must_fail = time.monotonic() - begun, (SIGHTINGS,) if control else ()
    return Result(scenario="secrets", what=what, bars=bars, seconds=seconds, control=control, must_fail=must_fail)


def struck_bars(struck: Mapping[tuple[str, str], int]) -> tuple[Bar, ...]:
    """Every kind of error has to have met a call of each side, else it was not tried what is said then."""
    never = [f"{kind} ({side})" for (kind, side), hits in struck.items() if not hits]
    return (holds("kinds of errors that never struck", measured=", ".join(never) or "0", threshold="0", held=bool(struck) and not never),)


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
        "COMEBACK_SIEM__URL": birds["COMEBACK_SIEM__URL"].value,
        "COMEBACK_SIEM__SECRET": birds["COMEBACK_SIEM__SECRET"].value,
        "COMEBACK_SIEM__AUTHORIZATION": birds["COMEBACK_SIEM__AUTHORIZATION"].value,
    }


def _with_password(url: str, birds: Mapping[str, Canary]) -> str:
    """*url* with a password; the server takes any, as it listens to this machine's own account alone."""
    return url.replace("postgres:@", f"postgres:{birds['DATABASE_URL'].value}@")


async def _open_socket(doors: Doors, birds: Mapping[str, Canary]) -> None:
    """Beside the process whose door is open, one in Socket Mode: only it has a token of the app to lose."""
    port = free_port()
    life = await doors.start("web", port=port, SLACK_APP_TOKEN=birds["SLACK_APP_TOKEN"].value)
    await life.ready()
    async with asyncio.timeout(PATIENCE):
        await doors.sandbox.slack.socket.wait_connected()


async def _story(doors: Doors, plant: Plant, birds: Mapping[str, Canary], *, kinds: Sequence[str]) -> Counter[tuple[str, str]]:
    """People ask, approvers decide and look, and every call may fail in every way; how many calls of each side did, by (kind, side)."""
    people, numbers = cycle(who_lost_jira(doors.sandbox)), count()
    struck = Counter({(kind, side): 0 for kind in kinds for side in SIDES})
    for kind in kinds:
        plant(FAULTS[kind](birds))
        for _ in range(TRIES):
            await _chapter(doors, person=next(people), number=next(numbers))
            # It asks both sides, whichever of them the processes have given up for a while.
            await doors.command("doctor", SLACK_APP_TOKEN=birds["SLACK_APP_TOKEN"].value)
            hits = {rule["side"]: int(rule["hit"]) for rule in doors.sandbox.faults.active()}
            if all(hits.values()):
                break
        struck.update({(kind, side): number for side, number in hits.items()})
    return struck


async def _chapter(doors: Doors, *, person: str, number: int) -> None:
    """Somebody asks, an approver looks and decides, and the socket breaks."""
    doors.sandbox.slack.socket.drop()
    await doors.deliver([doors.post.command(person, "please", trigger=f"ask.{number}")])
    await doors.deliver(
        [doors.post.home_opened(APPROVER, event_id=f"Ev{number}"), doors.post.command(person, "", trigger=f"form.{number}")]
    )
    _hasten(doors)
    await asyncio.sleep(0.4)
    requests = rows.ask(doors.database_url, "SELECT id FROM access_requests WHERE status = 'pending' ORDER BY filed_at")
    await doors.deliver([doors.post.click(APPROVER, "request.approve", str(row[0]), trigger=f"yes.{number}.{row[0]}") for row in requests])
    _hasten(doors)
    await asyncio.sleep(0.8)


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
    outputs += [await doors.command("doctor", SLACK_APP_TOKEN=birds["SLACK_APP_TOKEN"].value)]
    for name, mess in _messes(birds):
        outputs += [await doors.command("doctor", **mess), await doors.command(name, **mess)]
    return b"\n".join(output for _, output in outputs)


def _messes(birds: Mapping[str, Canary]) -> tuple[tuple[str, dict[str, str]], ...]:
    """A command, and settings for it with a secret where it does not belong, or in an address that leads nowhere (a bot waits for that)."""
    value = {setting: bird.value for setting, bird in birds.items()}
    misplaced = {
        "SLACK_BOT_TOKEN": value["ATLASSIAN_API_KEY"],
        "SLACK_APP_TOKEN": value["SLACK_BOT_TOKEN"],
        "SLACK_API_URL": f"https://bot:{value['SLACK_BOT_TOKEN']}@slack.example/",
        "DATABASE_URL": f"mysql://comeback:{value['DATABASE_URL']}@db/comeback",
        "PORT": value["ATLASSIAN_SITE_TOKEN"],
        "COMEBACK_APPROVERS": json.dumps([value["SLACK_SIGNING_SECRET"]]),
        "COMEBACK_SEALING_KEYS": value["DATABASE_URL"],
        "COMEBACK_TIMEZONE": value["SLACK_APP_TOKEN"],
        "COMEBACK_SIEM__URL": f"https://siem.example/{value['COMEBACK_SIEM__SECRET']} x",
    }
    nowhere = {"DATABASE_URL": f"postgresql://comeback:{value['DATABASE_URL']}@127.0.0.1:1/comeback"}
    return ("run", misplaced), ("requests", nowhere)


def _kept(doors: Doors) -> Iterator[tuple[str, bytes]]:
    """What is in the database, and what the sandbox was sent."""
    for table in rows.tables(doors.database_url):
        yield f"table {table}", repr(rows.ask(doors.database_url, f'SELECT * FROM "{table}"')).encode()
    slack = doors.sandbox.slack
    messages = [message for channel in slack.channels.all for message in slack.messages(channel)]
    yield "calls to Slack", repr(list(slack.calls)).encode()
    yield "messages", repr([(message.text, message.blocks) for message in messages]).encode()
    yield "answers to Slack", repr([delivery.answer for delivery in slack.deliveries]).encode()
