"""The jobs that tell somebody something."""

from dataclasses import dataclass

from bot.jobs.base import SLACK_CHANNEL, SLACK_DM, SLACK_READ, JobPayload


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell(JobPayload):
    """Send one person one private message about one request; `news` names the sentence."""

    kind = "notice.tell"
    of = "tell:{slack_id}"
    paced_by = SLACK_DM
    request_id: str
    slack_id: str
    news: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper(JobPayload):
    """Answer somebody in a channel so that only they see it; lost answers are not repeated."""

    kind = "notice.whisper"
    of = "whisper:{slack_id}"
    paced_by = SLACK_CHANNEL
    request_id: str | None
    slack_id: str
    channel: str
    news: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(JobPayload):
    """Tell the admin channel something, once; `news` names the sentence, and `facts` and the request (if any) fill it."""

    kind = "notice.alert"
    of = "alert:{news}"
    paced_by = SLACK_CHANNEL
    channel: str
    news: str
    facts: dict[str, str]
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishHome(JobPayload):
    """Draw a person's Home tab."""

    kind = "home.publish"
    of = "home:{slack_id}"
    paced_by = SLACK_READ
    team_id: str
    slack_id: str
