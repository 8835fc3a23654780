"""Who decides, and how much Comeback allows itself and others to do."""

from typing import Annotated

from pydantic import Field

from bot.settings.idle import IdleSettings
from bot.settings.section import Section, Table
from bot.settings.values import WAYS_BACK, ApproverId, ChannelId, EmailDomain, Meaning, WayBackName


class AdminSettings(Section):
    """Who decides, and where."""

    admin_channel: Annotated[
        ChannelId,
        Meaning(
            purpose="The private channel of the approval cards",
            expected="a channel id, which begins with C or G (it is at the bottom of the channel's details)",
            example="C0123ABCD",
        ),
    ]
    approvers: Annotated[
        tuple[ApproverId, ...],
        Field(min_length=1),
        Meaning(
            purpose="Who may decide: people (`U`, `W`) and user groups (`S`)",
            expected="a JSON list of Slack user ids and user group ids",
            example='["U0123ABCD", "S0456EFGH"]',
        ),
    ]


class RequestsSettings(Table):
    """How long requests live, and how many one person may have."""

    expire_hours: Annotated[
        int,
        Field(ge=1, le=8760),
        Meaning(purpose="Hours until an undecided request expires", expected="a whole number from 1 to 8760", example="168"),
    ] = 168
    open_per_person: Annotated[
        int,
        Field(ge=1, le=50),
        Meaning(purpose="Open requests that one person may have", expected="a whole number from 1 to 50", example="3"),
    ] = 3
    per_hour: Annotated[
        int,
        Field(ge=1, le=1000),
        Meaning(purpose="Requests that one person may file in an hour", expected="a whole number from 1 to 1000", example="10"),
    ] = 10


class PolicySettings(Section):
    """What Comeback allows itself and others to do."""

    requests: RequestsSettings = RequestsSettings()
    idle: IdleSettings = IdleSettings()
    keep_words_days: Annotated[
        int,
        Field(ge=0, le=36_500),
        Meaning(
            purpose="Days that reasons, answers and findings are kept after a request has ended; 0 keeps them",
            expected="a whole number from 0 to 36500",
            example="400",
        ),
    ] = 400
    grants_per_day: Annotated[
        int,
        Field(ge=1, le=100_000),
        Meaning(purpose="Past it, requests wait and the channel is told", expected="a whole number from 1 to 100000", example="200"),
    ] = 200
    atlassian_per_second: Annotated[
        float,
        Field(gt=0, le=100, allow_inf_nan=False),
        Meaning(purpose="Calls to Atlassian in a second", expected="a number above 0 and at most 100", example="5"),
    ] = 5.0
    ways_back: Annotated[
        frozenset[WayBackName],
        Field(min_length=1),
        Meaning(
            purpose="What approvers may mend",
            expected=f"a JSON list of {', '.join(WAYS_BACK)}",
            example='["add_access", "restore"]',
            otherwise="all",
        ),
    ] = frozenset(WAYS_BACK)
    email_domains: Annotated[
        tuple[EmailDomain, ...],
        Meaning(
            purpose="Domains whose addresses may be linked",
            expected="a JSON list of domains",
            example='["acme.example"]',
            otherwise="any",
        ),
    ] = ()
