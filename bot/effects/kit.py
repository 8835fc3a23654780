"""What effects work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from atlassian.catalog import Catalog
from atlassian.client import AdminClient
from atlassian.provisioner import Provisioner
from bot.mail import Mailer
from bot.outage import Outage
from bot.settings import Settings
from bot.slack.admin_channel import AdminChannel
from bot.slack.directory import Directory
from bot.slack.messenger import Messenger
from bot.slack.team import Team
from bot.webhook import Webhook
from storage.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """
    The collaborators of every effect; one for each process.

    `outages` are by side; `mailer` and `siem` are None where the settings leave them off.
    """

    settings: Settings
    database: Database
    client: AdminClient
    provisioner: Provisioner
    catalog: Catalog
    messenger: Messenger
    admin_channel: AdminChannel
    directory: Directory
    team: Team
    outages: Mapping[str, Outage]
    now: Callable[[], datetime]
    mailer: Mailer | None = None
    siem: Webhook | None = None
