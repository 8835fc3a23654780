"""How to reach Slack, Atlassian and the database, and how others reach this process."""

from datetime import date
from typing import Annotated

from pydantic import Field

from bot.settings.section import Section
from bot.settings.values import (
    AppToken,
    BaseUrl,
    BotToken,
    DatabaseUrl,
    Email,
    LogLevel,
    Meaning,
    OrgId,
    SealingKeys,
    Secret,
    SigningSecret,
    SlackApiUrl,
    TimeZone,
    key_bytes,
)


class SlackSettings(Section):
    """How to reach Slack."""

    slack_bot_token: Annotated[
        BotToken,
        Field(repr=False),
        Meaning(purpose="The app's bot token", expected="a bot token, which begins with xoxb-", example="xoxb-1234-5678-abcd"),
    ]
    slack_app_token: Annotated[
        AppToken | None,
        Field(repr=False),
        Meaning(
            purpose="Set: Socket Mode. Unset: HTTP",
            expected="an app-level token, which begins with xapp-",
            example="xapp-1-A0123-5678-abcd",
        ),
    ] = None
    slack_signing_secret: Annotated[
        SigningSecret | None,
        Field(repr=False),
        Meaning(
            purpose="Proves that a request is Slack's; needed in HTTP mode",
            expected="the signing secret from the app's Basic Information page",
            example="8f742231b10e8888abcd99yyyzzz85a5",
            otherwise="required without app token",
        ),
    ] = None
    slack_api_url: Annotated[
        SlackApiUrl,
        Meaning(purpose="Slack's API", expected="an https address (http only in a private network)", example="https://slack.com/api/"),
    ] = "https://slack.com/api/"

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is reached by WebSocket rather than reaching us by HTTP."""
        return self.slack_app_token is not None


class AtlassianSettings(Section):
    """How to reach the Atlassian organization."""

    atlassian_org_id: Annotated[
        OrgId,
        Meaning(
            purpose="The organization",
            expected="the organization's id, shown with the API key and in the address of its admin pages",
            example="11111111-2222-3333-4444-555555555555",
        ),
    ]
    atlassian_api_key: Annotated[
        Secret,
        Field(repr=False),
        Meaning(
            purpose="The organization's API key, made without scopes",
            expected="an organization API key without scopes",
            example="ATCTT3xFfGN0abcd",
        ),
    ]
    atlassian_api_key_expires: Annotated[
        date | None,
        Meaning(
            purpose="The day the key ends, as Atlassian showed it; Comeback warns before",
            expected="a date, YYYY-MM-DD",
            example="2027-06-30",
        ),
    ] = None
    atlassian_api_url: Annotated[
        BaseUrl,
        Meaning(
            purpose="Atlassian's API",
            expected="an https address (http only in a private network)",
            example="https://api.atlassian.com",
        ),
    ] = "https://api.atlassian.com"
    atlassian_site_url: Annotated[
        BaseUrl | None,
        Meaning(
            purpose="A Jira site, to know how many seats are left (with the next two)",
            expected="the address of a site",
            example="https://acme.atlassian.net",
        ),
    ] = None
    atlassian_site_email: Annotated[
        Email | None,
        Field(repr=False),
        Meaning(purpose="The account of the site token", expected="an e-mail address", example="admin@acme.example"),
    ] = None
    atlassian_site_token: Annotated[
        Secret | None,
        Field(repr=False),
        Meaning(purpose="An API token of that account", expected="an API token of a Jira administrator", example="ATATT3xFfGF0abcd"),
    ] = None


class DatabaseSettings(Section):
    """Where the facts are kept."""

    # Not shown by repr: the address of a PostgreSQL server carries its password.
    database_url: Annotated[
        DatabaseUrl,
        Field(repr=False),
        Meaning(
            purpose="SQLite for one process, PostgreSQL for several",
            expected="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
            example="postgresql://comeback:password@db/comeback",
        ),
    ] = "sqlite:///comeback.db"
    sealing_keys: Annotated[
        SealingKeys,
        Field(repr=False),
        Meaning(
            purpose="Seals names, addresses and reasons in the database; the first key seals, the others still open",
            expected="one key or more, separated by commas, each 32 bytes in base64 (`comeback people keygen` makes one)",
            example="(what `comeback people keygen` prints)",
            otherwise="none: erasure works, theft is not covered",
        ),
    ] = ()

    @property
    def master_keys(self) -> tuple[bytes, ...]:
        """The sealing keys as bytes, the newest first."""
        return tuple(key_bytes(key.get_secret_value()) for key in self.sealing_keys)


class ProcessSettings(Section):
    """How this process behaves on its machine."""

    port: Annotated[
        int | None,
        Field(ge=1, le=65535),
        Meaning(purpose="Where Slack (HTTP mode) and the probes reach us", expected="a port from 1 to 65535", example="3000"),
    ] = None
    log_level: Annotated[
        LogLevel,
        Meaning(
            purpose="The least important line that is logged; checkpoints of the audit trail always are",
            expected="DEBUG, INFO, WARNING or ERROR",
            example="INFO",
        ),
    ] = "INFO"
    timezone: Annotated[
        TimeZone,
        Meaning(purpose="Whose wall clock the daily work follows", expected="the name of a time zone", example="Europe/Berlin"),
    ] = "UTC"
