"""What a thief of the database reads after a whole story, and what is left of somebody who was erased while the bot ran."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.actor import TerminalUser
from bot.usecases import erasure
from bot.usecases.erasure import Erased
from storage import access_requests, audit
from storage.audit import Verified
from storage.cipher import encoded, new_key
from storage.db import UnitOfWork
from storage.records import ERASED_WORDS
from tests.e2e.conftest import Stage
from tests.e2e.quiet import until_quiet
from tests.e2e.test_a_warning import QUESTION, ask, see
from tests.e2e.test_an_exemption import REASON, from_home
from tests.storage.stored import everything

OpenStage = Callable[..., Any]
WANTED, DENIED = "the sprint board is my Monday", "Recruiting moved to another tool in May."


@pytest.fixture(autouse=True)
def _removal_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "reclaim")


async def test_a_thief_learns_nothing_and_an_erased_person_is_gone(small_stage: OpenStage, sqlite_url: str) -> None:
    """Requests, a denial, a grant, a warning and an exemption later: ids alone, and after an erasure not even these."""
    async with small_stage(COMEBACK_SEALING_KEYS=encoded(new_key())) as stage:
        await _live(stage)
        _require_nothing_readable(stage, sqlite_url)

        answer = await stage.parts.database.write(_erase_dan)
        assert isinstance(answer, Erased)
        await until_quiet(stage)
        dan = stage.sandbox.atlassian.person("dan")
        left = everything(sqlite_url)
        assert [trace for trace in ("U0DAN", dan.id) if trace in left] == []
        assert isinstance(await stage.parts.database.read(audit.verify), Verified)

        asked = await stage.parts.database.read(access_requests.list_recent)
        assert {one.reason for one in asked} == {WANTED, ERASED_WORDS}
        await _goes_on(stage)


async def _live(stage: Stage) -> None:
    slack = stage.sandbox.slack
    await slack.types("ada", f"/request-jira {WANTED}")
    await slack.clicks("grace", await stage.card(saying="asks for Jira"), "request.approve")
    await stage.told("ada", "You have Jira again")
    await slack.types("dan", "/request-jira just curious")
    await slack.clicks("grace", await stage.card(saying="just curious"), "request.deny")
    (form,) = slack.views("grace")
    await slack.submits("grace", form, {"reason": DENIED})
    await stage.told("dan", "was denied")
    await ask(stage, "ben", linked=True)
    await stage.told("ben", QUESTION)
    await see(stage, "omar")
    await from_home(stage, "omar")
    await stage.logged("exemption.asked")
    await until_quiet(stage)


def _require_nothing_readable(stage: Stage, url: str) -> None:
    dump = everything(url)
    people = [stage.sandbox.atlassian.person(who) for who in ("ada", "dan", "ben", "omar", "grace")]
    known = [*(one.email for one in people if one.email), *(one.name for one in people), WANTED, DENIED, REASON, "just curious"]
    assert [word for word in known if word.lower() in dump.lower()] == []
    assert "U0DAN" in dump


def _erase_dan(uow: UnitOfWork) -> object:
    (dan,) = erasure.find(uow, "U0DAN")
    return erasure.erase(uow, dan, actor=TerminalUser(name="root"))


async def _goes_on(stage: Stage) -> None:
    """Home opens, cards are posted, and who was erased may ask again."""
    slack = stage.sandbox.slack
    await slack.opens_home("grace")
    await slack.until(lambda: slack.home("grace"))
    await slack.types("dan", "/request-jira once more")
    card = await stage.card(saying="once more")
    assert "asks for Jira" in card.words
