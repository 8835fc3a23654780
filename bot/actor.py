"""Who acts: a person in Slack, somebody at a terminal, or Comeback itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackPerson:
    """A person of our own workspace, as a signed payload named them."""

    team_id: str
    slack_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalUser:
    """Somebody who runs a `comeback` command; `name` is their login name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comeback:
    """The bot on its own account: expiry, a full queue that moves on, a refusal after vetting."""


Actor = SlackPerson | TerminalUser | Comeback
