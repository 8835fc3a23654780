"""When a seat counts as idle, and what happens then."""

from datetime import time
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from bot.settings.section import Table
from bot.settings.values import ChannelId, ClockTime, GroupName, IdleMode, Meaning, WeekDay

_Days = Annotated[int, Field(ge=1, le=365)]


class IdleSettings(Table):
    """The rules of taking idle seats back; times of day are those of `COMEBACK_TIMEZONE`."""

    mode: Annotated[
        IdleMode,
        Meaning(
            purpose="`plan`: the channel is told, nobody else. `reclaim`: people are warned, agreed seats are taken",
            expected="plan or reclaim",
            example="reclaim",
        ),
    ] = "plan"
    # Activity may be told a day late: with fewer days, somebody who is at work could look idle.
    after_days: Annotated[
        int,
        Field(ge=3, le=3650),
        Meaning(
            purpose="Days without activity until a seat is idle; Atlassian tells activity up to a day late",
            expected="a whole number from 3 to 3650",
            example="90",
        ),
    ] = 90
    warn_days: Annotated[
        _Days,
        Meaning(purpose="Days from the warning to the plan", expected="a whole number from 1 to 365", example="14"),
    ] = 14
    grace_days: Annotated[
        int,
        Field(ge=1, le=3650),
        Meaning(
            purpose="Days in which nobody is idle who is new, or whose seat came back",
            expected="a whole number from 1 to 3650",
            example="30",
        ),
    ] = 30
    keep_days: Annotated[
        int,
        Field(ge=1, le=3650),
        Meaning(purpose="Days without a new warning after *Keep my access*", expected="a whole number from 1 to 3650", example="90"),
    ] = 90
    remind_days: Annotated[
        tuple[_Days, ...],
        Meaning(
            purpose="Reminders of a warning, in days before the plan",
            expected="a JSON list of different whole numbers, each from 1 and below WARN_DAYS",
            example="[7, 1]",
            otherwise="`[7, 1]`",
        ),
    ] = (7, 1)
    max_share: Annotated[
        float,
        Field(gt=0, le=1, allow_inf_nan=False),
        Meaning(
            purpose="The share of a product's seats that may turn idle at once; past it, at the first scan too, the channel is asked first",
            expected="a number above 0 and at most 1",
            example="0.2",
        ),
    ] = 0.2
    # From Friday evening to the scan after a long weekend are some 80 hours, and activity may be told 24 hours late.
    stale_hours: Annotated[
        int,
        Field(ge=48, le=720),
        Meaning(
            purpose="Hours without activity of anybody after which a scan stops, as the data look old; more where all are away at once",
            expected="a whole number from 48 to 720, of no more days than AFTER_DAYS",
            example="288",
        ),
    ] = 96
    same_day_from: Annotated[
        int,
        Field(ge=5, le=10_000),
        Meaning(
            purpose="A scan stops when so many people or more used a product last on one and the same day",
            expected="a whole number from 5 to 10000",
            example="20",
        ),
    ] = 20
    fewer_share: Annotated[
        float,
        Field(gt=0, le=0.9, allow_inf_nan=False),
        Meaning(
            purpose="The share of a product's people, or dates of activity, that may be missing since the last scan; past it a scan stops",
            expected="a number above 0 and at most 0.9",
            example="0.2",
        ),
    ] = 0.2
    max_per_run: Annotated[
        int,
        Field(ge=1, le=10_000),
        Meaning(purpose="Seats in one plan, longest idle first", expected="a whole number from 1 to 10000", example="200"),
    ] = 200
    lead_days: Annotated[
        int,
        Field(ge=1, le=28),
        Meaning(
            purpose="Days before a product's renewal from which its plan is shown",
            expected="a whole number from 1 to 28",
            example="5",
        ),
    ] = 5
    protected_groups: Annotated[
        tuple[GroupName, ...],
        Meaning(
            purpose="Groups whose members are never warned, by name or id",
            expected="a JSON list of names or ids of groups",
            example='["service-accounts"]',
            otherwise="none",
        ),
    ] = ()
    scan_at: Annotated[
        ClockTime,
        Meaning(purpose="When the daily scan starts", expected="a time of day, HH:MM", example="03:00"),
    ] = "03:00"
    digest_day: Annotated[
        WeekDay,
        Meaning(purpose="The day of the weekly digest", expected="mon, tue, wed, thu, fri, sat or sun", example="mon"),
    ] = "mon"
    digest_at: Annotated[
        ClockTime,
        Meaning(purpose="When the digest is posted", expected="a time of day, HH:MM", example="09:00"),
    ] = "09:00"
    digest_channel: Annotated[
        ChannelId | None,
        Meaning(
            purpose="Where the digest is posted: the bot must be in it, and its members read the savings",
            expected="a channel id, which begins with C or G (it is at the bottom of the channel's details)",
            example="C0123ABCD",
            otherwise="the admin channel",
        ),
    ] = None

    @field_validator("remind_days")
    @classmethod
    def _fall_after_the_warning(cls, days: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        warn_days = info.data.get("warn_days")
        if len(set(days)) < len(days) or (warn_days is not None and max(days, default=0) >= warn_days):
            raise ValueError
        return tuple(sorted(days, reverse=True))

    @field_validator("stale_hours")
    @classmethod
    def _stop_before_all_are_idle(cls, hours: int, info: ValidationInfo) -> int:
        after_days = info.data.get("after_days")
        if after_days is not None and hours > after_days * 24:
            raise ValueError
        return hours

    @property
    def scan_time(self) -> time:
        """When the daily scan starts, by the wall clock."""
        return time.fromisoformat(self.scan_at)

    @property
    def digest_time(self) -> time:
        """When the digest is posted, by the wall clock."""
        return time.fromisoformat(self.digest_at)
