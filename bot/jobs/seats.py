"""The jobs of one seat: taking it, telling its holder, and putting it back."""

from dataclasses import dataclass

from bot.jobs.base import ATLASSIAN, SLACK_DM, SLACK_UPDATE, JobPayload

TAKEN = "taken"
GIVEN_BACK = "given_back"
"""What the owner of a seat is told; its words are those of `bot.slack.surfaces.taken`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSeat(JobPayload):
    """Take one step of ending a seat; `step` is how many were taken before. Each looks at the person again, the first one at everything."""

    kind = "seat.take"
    of = "account:{account_id}"
    paced_by = ATLASSIAN
    turns = 4
    reclaim_id: str
    account_id: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeSeatGone(JobPayload):
    """Read whether the seat is gone; `until` (ISO, UTC) is when we stop waiting for that to show."""

    kind = "seat.gone"
    of = "account:{account_id}"
    paced_by = ATLASSIAN
    turns = 2
    reclaim_id: str
    account_id: str
    until: str
    looks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TellTaken(JobPayload):
    """Tell a person that their seat was taken back, or given back: `news` is TAKEN or GIVEN_BACK."""

    kind = "seat.tell"
    of = "seat-tell:{reclaim_id}"
    paced_by = SLACK_DM
    reclaim_id: str
    news: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawTaken(JobPayload):
    """Take the button off the message that a seat was taken, as the seat is back."""

    kind = "seat.redraw"
    of = "seat-tell:{reclaim_id}"
    paced_by = SLACK_UPDATE
    reclaim_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoSeat(JobPayload):
    """Put the next part of what was taken back where it was."""

    kind = "seat.undo"
    of = "account:{account_id}"
    paced_by = ATLASSIAN
    turns = 2
    reclaim_id: str
    account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeSeatBack(JobPayload):
    """
    Read whether a step of an undo took effect: `steps_left` is how many were left before it.

    `until` (ISO, UTC) is when we stop waiting for that to show.
    """

    kind = "seat.back"
    of = "account:{account_id}"
    paced_by = ATLASSIAN
    turns = 2
    reclaim_id: str
    account_id: str
    steps_left: int
    until: str
    looks: int
