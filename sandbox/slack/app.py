"""
The app that is installed in the workspace: its ids, secrets, scopes, commands and subscriptions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_SCOPES = (
    "commands",
    "chat:write",
    "users:read",
    "users:read.email",
    "im:write",
    "channels:read",
    "groups:read",
    "usergroups:read",
    "files:write",
    "channels:join",
    "channels:history",
    "groups:history",
    "im:history",
)
DEFAULT_EVENTS = frozenset({"app_home_opened", "user_change", "subteam_members_changed", "team_join", "tokens_revoked", "app_uninstalled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command as its app's manifest registers it."""

    command: str
    description: str
    usage_hint: str
    should_escape: bool = False


DEFAULT_COMMANDS = (
    Command(command="/request-jira", description="Ask for your Jira access back", usage_hint="[reason] or status or help"),
    Command(command="/request-confluence", description="Ask for your Confluence access back", usage_hint="[reason] or status or help"),
    Command(command="/request-access", description="Ask for access to an Atlassian product", usage_hint="[product] [reason]"),
)


@dataclass(slots=True, kw_only=True)
class App:
    """The installed app; its tokens and secret are fixed and open, for they guard nothing."""

    id: str = "A0COMEBACK"
    name: str = "Comeback"
    bot_user_id: str = "U0COMEBACK"
    bot_id: str = "B0COMEBACK"
    bot_token: str = "xoxb-sandbox-comeback"  # noqa: S105
    app_token: str = "xapp-sandbox-comeback"  # noqa: S105
    signing_secret: str = "5a4db0c5f00d5a4db0c5f00d5a4db0c5"  # noqa: S105
    verification_token: str = "sandboxverification00001"  # noqa: S105
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    app_scopes: tuple[str, ...] = ("connections:write",)
    commands: tuple[Command, ...] = DEFAULT_COMMANDS
    events: frozenset[str] = DEFAULT_EVENTS
    home_enabled: bool = True
    messages_tab_enabled: bool = True
    refused_as: str | None = None
    """When set, every call with the bot token is refused with this code (`token_revoked`, `token_expired`, `account_inactive`)."""

    former_tokens: set[str] = field(default_factory=set)

    def command(self, name: str) -> Command | None:
        """The registered command called *name*, slash included, or None."""
        return next((command for command in self.commands if command.command == name), None)
