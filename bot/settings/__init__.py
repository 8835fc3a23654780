"""
The settings: frozen, checked at start, read nowhere else.

`load()` gives all of them, `load(DatabaseSettings)` only a section. Everything wrong is told at once, as SettingsError.
"""

from bot.settings.audit import AuditSettings, TrailSettings, split_keys
from bot.settings.connections import AtlassianSettings, DatabaseSettings, ProcessSettings, SlackSettings
from bot.settings.idle import IdleSettings
from bot.settings.loading import SECRETS, load, require_port, require_public_url
from bot.settings.model import SECTIONS, Settings
from bot.settings.outgoing import MailSettings, OutgoingSettings, SiemSettings
from bot.settings.problems import Problem, SettingsError
from bot.settings.products import PriceTier, Product, ProductSettings
from bot.settings.rules import AdminSettings, PolicySettings, RequestsSettings
from bot.settings.values import WAYS_BACK, Meaning, database_passwords

__all__ = [
    "SECRETS",
    "SECTIONS",
    "WAYS_BACK",
    "AdminSettings",
    "AtlassianSettings",
    "AuditSettings",
    "DatabaseSettings",
    "IdleSettings",
    "MailSettings",
    "Meaning",
    "OutgoingSettings",
    "PolicySettings",
    "PriceTier",
    "Problem",
    "ProcessSettings",
    "Product",
    "ProductSettings",
    "RequestsSettings",
    "Settings",
    "SettingsError",
    "SiemSettings",
    "SlackSettings",
    "TrailSettings",
    "database_passwords",
    "load",
    "require_port",
    "require_public_url",
    "split_keys",
]
