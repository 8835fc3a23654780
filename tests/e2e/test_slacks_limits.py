"""A burst of requests against Slack's own limits: everything is shown, in order, and nobody is asked before the time they named."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.actor import SlackPerson
from bot.usecases import requests
from sandbox.faults import Fault
from storage import findings
from storage.db import UnitOfWork
from tests.e2e.conftest import ADMINS, PATIENCE, Stage
from tests.e2e.faulty import ADD
from tests.e2e.quiet import until_quiet
from tests.e2e.trial import Trial

OpenStage = Callable[..., Any]

CARDS = 15
"""Three times what is posted before the limit shows."""
TAKEN = 5
"""Cards that are posted before Slack has enough."""
NAMED = timedelta(seconds=40)
POST, REDRAW = "chat.postMessage", "chat.update"


def sent(stage: Stage, method: str) -> int:
    """How often *method* was called since it is counted, whether Slack took the call or was limiting it."""
    return sum(int(rule["seen"]) for rule in stage.sandbox.faults.active() if rule["match"] == method and rule["times"] is None)


def count(stage: Stage, method: str) -> None:
    """Count the calls of *method* from now on."""
    stage.sandbox.faults.add(Fault(side="slack", match=method, skip=1_000_000))


def ask(uow: UnitOfWork, who: str, stage: Stage) -> None:
    """A request of *who* with its card on the way."""
    asker = SlackPerson(team_id=stage.parts.kit.team.team_id, slack_id=stage.sandbox.slack.person(who).id)
    requests.file(uow, actor=asker, delivery=f"t:{who}", product="jira", reason="", settings=stage.parts.kit.settings, via="command")
    request = requests.of_person(uow, actor=asker)[0]
    findings.record(uow, request_id=request.id, account_id=None, email=f"{who}@acme.example", body={"state": None, "trouble": None})
    requests.show_card(uow, request, channel=ADMINS)


async def test_a_burst_of_cards_keeps_to_what_slack_allows(small_stage: OpenStage) -> None:
    """One message a second and fifty redraws a minute are enforced; one refusal names a time, and before it nothing is sent there."""
    async with small_stage() as stage:
        stage.sandbox.slack.limits.enabled = True
        trial = Trial(stage=stage)
        people = [trial.hire(ADD) for _ in range(CARDS)]
        limited: dict[str, Any] = {"status": 429, "code": "ratelimited", "headers": {"Retry-After": str(NAMED.seconds)}}
        stage.sandbox.faults.add(Fault(side="slack", match=POST, skip=TAKEN, times=1, **limited))
        count(stage, POST)
        count(stage, REDRAW)
        for who in people:
            await stage.parts.database.write(lambda uow, who=who: ask(uow, who, stage), wait_seconds=PATIENCE)
        await until_quiet(stage)
        stamps = [float(card.ts) for card in stage.cards()]
        assert stamps[TAKEN] - stamps[TAKEN - 1] >= NAMED.seconds
        assert sent(stage, POST) == len(stage.cards()) == CARDS
        assert sent(stage, REDRAW) == [name for name, _ in stage.sandbox.slack.calls].count(REDRAW)
        assert all("Adds to" in card.words for card in stage.cards())
