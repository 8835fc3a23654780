"""What listeners work with."""

from dataclasses import dataclass

from bot.settings import Settings
from bot.slack.asides import Asides
from bot.slack.directory import Directory
from bot.slack.team import Team
from storage.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The collaborators of every listener; one for each process."""

    settings: Settings
    database: Database
    directory: Directory
    team: Team
    asides: Asides
