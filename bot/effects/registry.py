"""Which effect does which job."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import TypeAdapter

from bot import jobs
from bot.effects import cards, drift, grants, housekeeping, linking, notices, reclaims, vetting
from bot.effects.kit import Kit
from bot.effects.outcome import Fact, GivenUp, Outcome, Trouble
from bot.jobs import JobPayload
from storage.records import Job


class Troubled(Protocol):
    """What to record while the outside does not answer; None for nothing yet."""

    def __call__(self, payload: Any, kit: Kit, *, trouble: Trouble, attempts: int) -> Fact | None:
        """The fact to record beside the next attempt."""


class Abandoned(Protocol):
    """What to record when the job is not tried any more; None for nothing."""

    def __call__(self, payload: Any, kit: Kit, *, why: GivenUp) -> Fact | None:
        """The fact to record with the end of the job."""


def _untroubled(payload: Any, kit: Kit, *, trouble: Trouble, attempts: int) -> Fact | None:
    del payload, kit, trouble, attempts
    return None


def _without_consequence(payload: Any, kit: Kit, *, why: GivenUp) -> Fact | None:
    del payload, kit, why
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How a kind of job is done, and what is recorded when it is late or given up."""

    payload: type[JobPayload]
    run: Callable[[Job, Any, Kit], Awaitable[Outcome]]
    troubled: Troubled = _untroubled
    given_up: Abandoned = _without_consequence

    def parse(self, job: Job) -> Any:
        """The payload of *job*; pydantic's ValidationError when it is not one of ours."""
        return TypeAdapter(self.payload).validate_python(dict(job.payload))


_ALL = (
    Effect(payload=jobs.Admit, run=vetting.admit, given_up=vetting.vetting_given_up),
    Effect(payload=jobs.Vet, run=vetting.vet, troubled=vetting.vetting_troubled, given_up=vetting.vetting_given_up),
    Effect(payload=jobs.PostCard, run=cards.post_card),
    Effect(payload=jobs.RedrawCard, run=cards.redraw_card),
    Effect(payload=jobs.BumpCard, run=cards.bump_card),
    Effect(payload=jobs.CheckDecision, run=housekeeping.check_decision, given_up=housekeeping.check_given_up),
    Effect(payload=jobs.LinkAccount, run=linking.link_account, troubled=linking.linking_troubled, given_up=linking.linking_given_up),
    Effect(payload=jobs.Grant, run=grants.grant, troubled=grants.grant_troubled, given_up=grants.grant_given_up),
    Effect(payload=jobs.ReadBack, run=grants.read_back, given_up=grants.grant_given_up),
    Effect(payload=jobs.TakeSeat, run=reclaims.take_seat, given_up=reclaims.taking_given_up),
    Effect(payload=jobs.SeeSeatGone, run=reclaims.see_seat_gone, given_up=reclaims.taking_given_up),
    Effect(payload=jobs.LookForDrift, run=drift.look_for_drift),
    Effect(payload=jobs.Expire, run=housekeeping.expire),
    Effect(payload=jobs.Tell, run=notices.tell),
    Effect(payload=jobs.Whisper, run=notices.whisper),
    Effect(payload=jobs.Alert, run=notices.alert),
    Effect(payload=jobs.PublishHome, run=housekeeping.publish_home),
    Effect(payload=jobs.Prune, run=housekeeping.prune),
    Effect(payload=jobs.WatchKey, run=housekeeping.watch_key),
)

EFFECTS: Mapping[str, Effect] = {effect.payload.kind: effect for effect in _ALL}
