"""One frozen payload per outbox job of exemptions: the wish, its card, its end, and the news of it."""

from dataclasses import dataclass
from enum import StrEnum

from bot.jobs.base import SLACK_CHANNEL, SLACK_DM, SLACK_READ, SLACK_UPDATE, JobPayload


class ExemptionNews(StrEnum):
    """What somebody hears of an exemption; a decision is told by the status that it made."""

    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    ENDS_SOON = "ends_soon"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileExemption(JobPayload):
    """
    Find out whose seat it is that should be left alone, and file it for decision.

    `slack_id` asks for `owner_slack_id`; `until` is ISO. `warning_id` is the warning that it answers, where it answers one.
    """

    kind = "exemption.file"
    of = "exemption-wish:{owner_slack_id}:{product}"
    paced_by = SLACK_READ
    turns = 2
    team_id: str
    slack_id: str
    owner_slack_id: str
    product: str
    until: str
    reason: str
    warning_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWish(JobPayload):
    """Tell somebody why what they asked for was not filed; `news` names the sentence and `facts` fill it."""

    kind = "exemption.answer"
    of = "tell:{slack_id}"
    paced_by = SLACK_DM
    slack_id: str
    news: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostExemption(JobPayload):
    """Post the card of an exemption that was asked for."""

    kind = "exemption.post"
    of = "exemption:{exemption_id}"
    paced_by = SLACK_CHANNEL
    exemption_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawExemption(JobPayload):
    """Draw the card of an exemption as it now stands."""

    kind = "exemption.redraw"
    of = "exemption:{exemption_id}"
    paced_by = SLACK_UPDATE
    exemption_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellExemption(JobPayload):
    """Tell somebody what became of an exemption, or that it ends soon; `news` names the sentence, `words` are those of a refusal."""

    kind = "exemption.tell"
    of = "exemption-tell:{exemption_id}"
    paced_by = SLACK_DM
    exemption_id: str
    slack_id: str
    news: str
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawWish(JobPayload):
    """Draw the message that an exemption was asked for as it now stands, without its button once it is settled."""

    kind = "exemption.redraw_wish"
    of = "exemption-tell:{exemption_id}"
    paced_by = SLACK_UPDATE
    exemption_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndExemption(JobPayload):
    """End an exemption whose day has come."""

    kind = "exemption.end"
    of = "exemption:{exemption_id}"
    exemption_id: str
