"""What a process finds around it: environment variables and files in the working directory."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

JIRA = "ari:cloud:jira-software::site/11111111-2222-3333-4444-555555555555"
CONFLUENCE = "ari:cloud:confluence::site/11111111-2222-3333-4444-555555555555"

COMPLETE = {
    "SLACK_BOT_TOKEN": "xoxb-1000-2000-bottoken",
    "SLACK_APP_TOKEN": "xapp-1-A0COMEBACK-3000-apptoken",
    "ATLASSIAN_ORG_ID": "99999999-8888-7777-6666-555555555555",
    "ATLASSIAN_API_KEY": "organization-key-without-scopes",
    "COMEBACK_ADMIN_CHANNEL": "G0ADMINS",
    "COMEBACK_APPROVERS": '["U0OMAR", "S0ADMINS"]',
    "COMEBACK_PRODUCTS__JIRA__RESOURCE": JIRA,
}

_OURS = ("SLACK_", "ATLASSIAN_", "COMEBACK_", "DATABASE_URL", "PORT", "LOG_LEVEL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """An empty directory and an environment without any setting of ours, to be filled by a test."""

    directory: Path
    monkeypatch: pytest.MonkeyPatch

    def set(self, variables: dict[str, str]) -> None:
        """Set environment variables."""
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def unset(self, *names: str) -> None:
        """Remove environment variables."""
        for name in names:
            self.monkeypatch.delenv(name)

    def write(self, name: str, text: str) -> None:
        """Write a file into the working directory."""
        (self.directory / name).write_text(text, encoding="utf-8")

    def clear(self) -> None:
        """Take away whatever the developer's own environment has of ours."""
        for name in [name for name in os.environ if name.upper().startswith(_OURS)]:
            self.monkeypatch.delenv(name)
        self.monkeypatch.chdir(self.directory)
