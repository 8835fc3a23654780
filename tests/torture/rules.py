"""
The state machine: people ask, decide, take back and wait; workers do one job after the other, and die, stand still or meet bad weather.

After each step the promises are held against the evidence; in the end everybody finishes in good weather, and nothing may be left undone.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from bot.approval import approvals_needed
from storage.lifecycle import Verdict
from tests.torture import promises
from tests.torture.fates import DEATHS, HOLDS, WEATHER, Blow, Fate
from tests.torture.office import CLICKERS, PRODUCTS, REQUESTERS, Office, office

SECONDS = (1, 5, 13, 31, 45, 300, 3600, 169 * 3600)
"""After the longest what nobody has decided expires."""
PLACES = {"at": st.integers(0, 3), "at_write": st.booleans(), "seconds": st.integers(0, 10)}
BLOWS = st.one_of(*(st.builds(Fate, blow=st.sampled_from(kind), **PLACES) for kind in (HOLDS, DEATHS, WEATHER)))
ACTS = ("approve", "deny", "try again", "close", "take back")
HELD = st.builds(Fate, blow=st.sampled_from(HOLDS), **PLACES)
FIRST = st.one_of(
    st.builds(Fate, blow=st.sampled_from((*DEATHS, *WEATHER)), at_write=st.just(True), seconds=st.integers(0, 10)),
    BLOWS,
)
FATES = st.one_of(st.just(Fate()), BLOWS)


class Broken(AssertionError):
    """A promise was broken, or something was left undone."""


@dataclass(slots=True)
class Tally:
    """What all examples together have been through."""

    examples: int = 0
    steps: int = 0
    blows: int = 0
    grants: int = 0
    lost_jobs: int = 0
    """How often somebody woke whose job another had taken."""


class Model(RuleBasedStateMachine):
    """One example; `template` is a migrated SQLite file that each of them copies, `tally` is theirs together."""

    template: ClassVar[Path]
    tally: ClassVar[Tally] = Tally()

    def __init__(self) -> None:
        super().__init__()
        self._runner, self._stack, self._ok = asyncio.Runner(), AsyncExitStack(), True
        self._folder = Path(tempfile.mkdtemp(prefix="model"))
        shutil.copyfile(self.template, self._folder / "comeback.db")
        url = f"sqlite:///{self._folder / 'comeback.db'}"
        self.office: Office = self._run(self._stack.enter_async_context(office(url, folder=self._folder)))
        self._evidence = self._read()
        self.tally.examples += 1

    @rule(who=st.sampled_from(REQUESTERS), product=st.sampled_from(PRODUCTS))
    def asks(self, who: str, product: str) -> None:
        """Somebody asks for a product, perhaps again."""
        self._step(self.office.file(who, product))

    @rule(who=st.sampled_from(REQUESTERS), product=st.sampled_from(PRODUCTS), first=FIRST, fates=st.lists(FATES, min_size=2, max_size=4))
    def asks_and_is_approved(self, who: str, product: str, first: Fate, fates: list[Fate]) -> None:
        """Somebody asks, the approvers read the card and press *Approve*, and the grant meets its fates, mostly where it writes."""
        self._step(self.office.file(who, product))
        self._step(self._work([Fate()] * 5))
        for approver in ("omar", "grace"):
            self._step(self.office.decide(approver, self._request(0), verdict=Verdict.APPROVE, fresh=True))
        self._step(self._work([first, *fates]))

    @precondition(lambda self: self._evidence.requests)
    @rule(act=st.sampled_from(ACTS), number=st.integers(0, 3), who=st.sampled_from(CLICKERS), fresh=st.booleans())
    def somebody_clicks(self, act: str, number: int, who: str, fresh: bool) -> None:
        """Somebody who may or may not decides, sends on or closes one of the newest requests, or takes it back."""
        request_id = self._request(number)
        acts = {
            "approve": lambda: self.office.decide(who, request_id, verdict=Verdict.APPROVE, fresh=fresh),
            "deny": lambda: self.office.decide(who, request_id, verdict=Verdict.DENY, fresh=fresh),
            "try again": lambda: self.office.retry(who, request_id),
            "close": lambda: self.office.close(who, request_id),
            "take back": lambda: self.office.cancel(REQUESTERS[number % len(REQUESTERS)], request_id),
        }
        self._step(acts[act]())

    @rule()
    def slack_repeats(self) -> None:
        """The last click is delivered twice."""
        before = promises.everything(self.office.url)
        self._step(self.office.repeat())
        if promises.everything(self.office.url) != before:
            self._hold(["a click that was delivered twice was stored twice"])

    @rule(seconds=st.sampled_from(SECONDS))
    def time_passes(self, seconds: int) -> None:
        """Leases run out, late calls land."""
        self._step(self.office.clock.move(timedelta(seconds=seconds)))

    @rule(fates=st.lists(FATES, min_size=2, max_size=6))
    def workers_work(self, fates: list[Fate]) -> None:
        """One job after the other is worked, each as its fate has it."""
        self._step(self._work(fates))

    @rule(jobs=st.integers(4, 12))
    def all_goes_well(self, jobs: int) -> None:
        """Some jobs are worked in good weather."""
        self._step(self._work([Fate()] * jobs))

    @precondition(lambda self: self.office.zombies)
    @rule(number=st.integers(0, 3))
    def a_zombie_wakes(self, number: int) -> None:
        """A worker that stood still goes on; when its job was retaken meanwhile, it may store nothing."""
        self._let_go_on(number % len(self.office.zombies))

    @rule(
        who=st.sampled_from(REQUESTERS), product=st.sampled_from(PRODUCTS), jobs=st.integers(0, 4), hold=HELD, fate=st.one_of(HELD, FATES)
    )
    def a_worker_is_overtaken(self, who: str, product: str, jobs: int, hold: Fate, fate: Fate) -> None:
        """A worker stands still until its lease has run out, another takes its job, and then it goes on."""
        self._step(self.office.file(who, product))
        self._step(self._work([*[Fate()] * jobs, hold]))
        self._step(self.office.clock.move(timedelta(seconds=45)))
        self._step(self._work([fate] * 3))
        if self.office.zombies:
            self._let_go_on(0)

    @rule()
    def the_process_restarts(self) -> None:
        """It is killed with all that it does, and the next one takes over at once."""
        self._step(self.office.restart())

    def teardown(self) -> None:
        """Let everything end in good weather, then nothing may be left."""
        try:
            if self._ok:
                self._step(self.office.drain())
                self._nothing_left()
        finally:
            self._run(self._stack.aclose())
            self._runner.close()
            shutil.rmtree(self._folder)

    def _request(self, number: int) -> str:
        """One of the newest requests, 0 the newest."""
        newest = [row["id"] for row in self._evidence.requests][-4:]
        return str(newest[-1 - number % len(newest)])

    def _let_go_on(self, number: int) -> None:
        zombie = self.office.zombies[number]
        lost = not any(row["id"] == zombie.job_id and row["token"] == zombie.token for row in self._evidence.jobs)
        before = promises.everything(self.office.url)
        self.tally.lost_jobs += lost
        self._step(self.office.wake(zombie))
        if lost and promises.everything(self.office.url) != before:
            self._hold(["a worker that had lost its job to another one stored something"])

    async def _work(self, fates: list[Fate]) -> None:
        for fate in fates:
            if not await self.office.work(fate):
                return

    def _step(self, work: Coroutine[Any, Any, None]) -> None:
        self._run(work)
        self._evidence = self._read()
        self.tally.steps += 1
        self._hold(promises.broken(self._evidence))

    def _nothing_left(self) -> None:
        struck = self.office.seam.struck
        self._hold(promises.unfinished(self._evidence, now=self.office.clock.now(), slack_refused=Blow.CALL_REFUSED in struck))
        self.tally.blows += struck.total()
        self.tally.grants += sum(row["status"] == "granted" for row in self._evidence.requests)

    def _hold(self, wrong: list[str]) -> None:
        if wrong:
            self._ok = False
            raise Broken("; ".join(wrong))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What *work* gives; whatever it raises is the example's end."""
        try:
            return self._runner.run(work)
        except BaseException:
            self._ok = False
            raise

    def _read(self) -> promises.Evidence:
        settings = self.office.settings
        needed = {product: approvals_needed(settings.products, product) for product in PRODUCTS}
        return promises.read(self.office.url, self.office.sandbox, people=REQUESTERS, needed=needed)
