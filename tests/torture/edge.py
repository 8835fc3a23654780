"""The front door (B10): forged, broken and foreign requests have no effect; a real one has its effect once, however often it comes."""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.torture import rows
from tests.torture.bar import Bar, Result, exactly, holds
from tests.torture.build import Change, build
from tests.torture.doors import Doors, open_doors, world
from tests.torture.forger import Forger, spent
from tests.torture.forgeries import FORGERIES, RARE, forge
from tests.torture.letters import Letter
from tests.torture.scale import Scale
from tests.torture.wire import Reply, ask_all

APPROVER = "U0OMAR"
LINES = 16
CHUNK = 1_000
TOUCHED, REPEATED = "tables with another row", "tables that a replay changed"
AT_ONCE = 10
"""How often a real request comes at the same time; as often it comes later."""
TIMES = 2 * AT_ONCE
RETRY = {b"X-Slack-Retry-Num": b"1", b"X-Slack-Retry-Reason": b"http_timeout"}

EFFECTS = {
    "requests": "access_requests",
    "jobs that admit a request": "outbox WHERE kind = 'request.admit'",
    "decisions": "decisions",
    "requests taken back": "audit WHERE kind = 'request.cancelled'",
    "grants begun": "outbox WHERE kind = 'access.grant'",
}

UNSIGNED = Change(path="bot/slack/app.py", old='request_verification_enabled=mode == "http"', new="request_verification_enabled=False")
NO_KEY = Change(
    path="storage/deliveries.py",
    old='return bool(uow.connection.execute(_CLAIM, {"key": key, "seen_at": uow.now}).rowcount)',
    new='return bool(uow.connection.execute(_CLAIM, {"key": key, "seen_at": uow.now}).rowcount) or True',
)


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """Forgeries and replays against one `web` process, and a control of each."""
    async with world() as sandbox, open_doors(folder / "product", sandbox) as doors:
        report(await _forged(doors, scale=scale, amount=scale.edge_forgeries))
        report(await _replayed(doors, amount=scale.edge_replays))
    unsigned = build(folder / "unsigned-build", UNSIGNED)
    async with world() as sandbox, open_doors(folder / "unsigned", sandbox, product=unsigned) as doors:
        report(await _forged(doors, scale=scale, amount=200, control="the check of the signature"))
    unkeyed = build(folder / "unkeyed-build", NO_KEY)
    async with world() as sandbox, open_doors(folder / "unkeyed", sandbox, product=unkeyed) as doors:
        report(await _replayed(doors, amount=100, control="the key of a delivery"))


async def _forged(doors: Doors, *, scale: Scale, amount: int, control: str | None = None) -> Result:
    begun = time.monotonic()
    forger = await _forger(doors, seed=scale.seed)
    before, seen, strange = rows.digest(doors.database_url), Counter[str](), Counter[str]()
    kinds = _kinds(forger.chance, amount)
    for start in range(0, amount, CHUNK):
        chunk = kinds[start : start + CHUNK]
        forger.now = doors.sandbox.clock.now().timestamp()
        replies = await ask_all(doors.ports, [forge(forger, kind) for kind in chunk], lines=LINES)
        seen.update(map(_class_of, replies))
        strange.update(f"{kind}: {_class_of(reply)}" for kind, reply in zip(chunk, replies, strict=True) if _class_of(reply) in STRANGE)
    changed = _changed(doors, since=before)
    (alive,) = await doors.deliver([doors.post.command("U0LAST", "still there?", trigger="last")])
    bars = (
        exactly("forgeries answered", sum(seen.values()), wanted=amount),
        holds(TOUCHED, measured=", ".join(changed) or "0", threshold="0", held=not changed),
        holds("answers of 500 and above, or none", measured=_told(strange), threshold="0", held=not strange),
        exactly("real request taken afterwards", int(alive.status == 200), wanted=1),
    )
    what = f"{amount:,} requests of {len(FORGERIES)} kinds, answered {_told(seen)}"
    return _result(what, bars, begun=begun, control=control, must_fail=TOUCHED)


def _result(what: str, bars: tuple[Bar, ...], *, begun: float, control: str | None, must_fail: str) -> Result:
    seconds = time.monotonic() - begun
    return Result(scenario="edge", what=what, bars=bars, seconds=seconds, control=control, must_fail=(must_fail,) if control else ())


def _changed(doors: Doors, *, since: Mapping[str, str]) -> list[str]:
    """The tables in which anything has changed."""
    return [table for table, digest in rows.digest(doors.database_url).items() if digest != since[table]]


STRANGE = frozenset({"5xx", "none"})


def _class_of(reply: Reply) -> str:
    return "none" if reply.status is None else f"{reply.status // 100}xx"


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counts.most_common(6)) or "0"


def _kinds(chance: random.Random, amount: int) -> list[str]:
    """So many kinds of forgeries in a random order, each of them at least once where there is room."""
    common = [kind for kind in FORGERIES if kind not in RARE]
    rare = max(len(RARE), amount // 400)
    drawn = [*RARE, *common, *chance.choices(sorted(RARE), k=rare), *chance.choices(common, k=amount)][:amount]
    chance.shuffle(drawn)
    return drawn


async def _forger(doors: Doors, *, seed: int) -> Forger:
    """A forger who knows all but the secret's owner: requests that wait for a decision, and a letter that was delivered."""
    people = [f"U0P{number}" for number in range(20)]
    letters = [doors.post.command(person, "please", trigger=f"pending.{person}") for person in people]
    await doors.deliver([*letters, spent(doors.post, APPROVER)])
    pending = tuple(str(row[0]) for row in rows.ask(doors.database_url, "SELECT id FROM access_requests ORDER BY id"))
    chance = random.Random(seed)
    return Forger(post=doors.post, chance=chance, now=doors.sandbox.clock.now().timestamp(), approver=APPROVER, pending=pending)


async def _replayed(doors: Doors, *, amount: int, control: str | None = None) -> Result:
    begun = time.monotonic()
    people = [f"U0R{number}" for number in range(max(3, round(amount / TIMES / 3)))]
    before = _counts(doors)
    asked = [*map(doors.seal, _asking(doors, people))]
    await _send(doors, asked)
    answered = [*map(doors.seal, _answering(doors, people))]
    await _send(doors, answered)
    after, once = _counts(doors), rows.digest(doors.database_url)
    retries = [doors.seal(letter, extra=RETRY) for letter in (*_asking(doors, people), *_answering(doors, people))]
    replies = await _send(doors, [*asked, *answered], times=AT_ONCE - 1) + await _send(doors, retries, times=1)
    changed, bad = _changed(doors, since=once), Counter(_class_of(reply) for reply in replies if reply.status != 200)
    bars = (
        *(exactly(name, after[name] - before[name], wanted=wanted) for name, wanted in _wanted(people).items()),
        holds(REPEATED, measured=", ".join(changed) or "0", threshold="0", held=not changed),
        holds("answers to replays other than 200", measured=_told(bad), threshold="0", held=not bad),
    )
    letters = len(asked) + len(answered)
    what = f"{letters:,} signed requests, each {TIMES} times ({letters * TIMES:,} in all): {AT_ONCE} at once, later again, and signed anew"
    return _result(what, bars, begun=begun, control=control, must_fail=REPEATED)


def _asking(doors: Doors, people: Sequence[str]) -> list[Letter]:
    """Everybody asks, and looks at their Home tab."""
    asking = [doors.post.command(person, "please", trigger=f"ask.{person}") for person in people]
    return asking + [doors.post.home_opened(person, event_id=f"Ev{person}") for person in people]


def _answering(doors: Doors, people: Sequence[str]) -> list[Letter]:
    """A third of the requests is approved, a third denied, and a third taken back by whoever asked."""
    asked = "SELECT people.slack_id, access_requests.id FROM access_requests JOIN people ON people.id = person_id ORDER BY filed_at"
    requests = dict(rows.ask(doors.database_url, asked))
    answers = (
        lambda person: doors.post.click(APPROVER, "request.approve", requests[person], trigger=f"answer.{person}"),
        lambda person: doors.post.submission(APPROVER, "request.deny", requests[person], reason="no", trigger=f"answer.{person}"),
        lambda person: doors.post.click(person, "request.cancel", requests[person], trigger=f"answer.{person}"),
    )
    return [answers[number % 3](person) for number, person in enumerate(people)]


async def _send(doors: Doors, requests: Sequence[bytes], *, times: int = AT_ONCE) -> list[Reply]:
    """The replies to every request, each sent so many *times* side by side."""
    return await ask_all(doors.ports, [request for request in requests for _ in range(times)], lines=LINES)


def _counts(doors: Doors) -> dict[str, int]:
    """How much there is of each effect."""
    return {name: doors.count(f"SELECT count(*) FROM {found}") for name, found in EFFECTS.items()}


def _wanted(people: Sequence[str]) -> dict[str, int]:
    """What everybody's one request, one answer and one look at Home must leave behind."""
    taken_back, approved = len(people[2::3]), len(people[::3])
    return dict(zip(EFFECTS, (len(people), len(people), len(people) - taken_back, taken_back, approved), strict=True))
