"""
All settings, and the sections that can be loaded by themselves: `migrate` needs the database only, `manifest` the products.

The order of the sections and of their fields is the order of the table in docs/settings.md.
"""

from bot.settings.audit import TrailSettings
from bot.settings.connections import AtlassianSettings, DatabaseSettings, ProcessSettings, SlackSettings
from bot.settings.outgoing import OutgoingSettings
from bot.settings.products import ProductSettings
from bot.settings.rules import AdminSettings, PolicySettings
from bot.settings.section import Section


class Settings(
    ProcessSettings,
    OutgoingSettings,
    TrailSettings,
    PolicySettings,
    ProductSettings,
    AdminSettings,
    DatabaseSettings,
    AtlassianSettings,
    SlackSettings,
):
    """All settings, as every running part gets them."""


# Fields are collected from the last base to the first.
SECTIONS: tuple[type[Section], ...] = (
    SlackSettings,
    AtlassianSettings,
    DatabaseSettings,
    AdminSettings,
    ProductSettings,
    PolicySettings,
    TrailSettings,
    OutgoingSettings,
    ProcessSettings,
)
