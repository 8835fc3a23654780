"""
Our copy of who may decide, and how fresh it is; everybody else is asked about when it matters.

Payloads carry neither a person's flags nor the members of a user group, so authority can't be read from a click.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.policy import ApproverFacts, PersonKind, Profile
from bot.settings import Settings
from bot.slack.calls import ask_in_background
from bot.slack.errors import SlackBusy, SlackError, SlackRefused
from bot.slack.people import find_person, read_members, read_person
from bot.slack.team import Team

REFRESH_SECONDS = 45
"""Facts serve for 60 s (`policy.APPROVER_FACTS_MAX_AGE`): this leaves a refresh 15 s to come through."""
CATCH_UP_SECONDS = 30
"""The same while somebody is still to be read for the first time: 80 of the 100 `users.info` that a minute has."""
RETRY_SECONDS = 5
AT_ONCE = 4
PROFILES_A_REFRESH = 40
TRUSTED_FOR = timedelta(minutes=10)
"""Memberships are read each time, profiles of a large group in turn; whoever approves is read again before the write."""
CONFIRMED_FOR = timedelta(seconds=15)
"""A burst of grants asks about its approver four times a minute: `usergroups.users.list` allows 20."""

_GROUP_PREFIX = "S"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Whether somebody was a member in good standing when we read them."""

    read_at: datetime
    is_good: bool


_UNREAD = _Standing(read_at=_LONG_AGO, is_good=False)


@dataclass(slots=True)
class Directory:
    """Approvers in good standing, kept fresh by `keep_fresh`; single profiles are read when asked for."""

    client: AsyncWebClient
    settings: Settings
    team: Team
    now: Callable[[], datetime]
    approvers: ApproverFacts = field(default=ApproverFacts(slack_ids=frozenset(), read_at=_LONG_AGO))
    _known: frozenset[str] = frozenset()
    _standings: dict[str, _Standing] = field(default_factory=dict)
    _rotated_at: datetime = _LONG_AGO
    _refused: set[str] = field(default_factory=set)
    _confirmed: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    _hints: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self) -> None:
        """
        Read the approvers anew; raises SlackError, and then the old facts stay, with their age.

        A group or person that Slack refuses counts as empty or as nobody. Of a group above 40 people, those who have not been read yet
        do not count until a later refresh has read them.
        """
        async with self._turn:
            self._changed.clear()
            read_at = self.now()
            ids = await self._candidates()
            self._standings = {one: standing for one, standing in self._standings.items() if one in ids}
            # Known before they are read, so that a hint about somebody new is not missed.
            self._known = ids
            await self._read(self._due(ids, at=read_at))
            good = frozenset(one for one in ids if self._standing(one, at=read_at).is_good)
            # A hint that came while we read may be about what we had read already: those facts are old before they are used.
            self.approvers = ApproverFacts(slack_ids=good, read_at=_LONG_AGO if self._changed.is_set() else read_at)

    async def still_approves(self, slack_id: str) -> bool:
        """Whether *slack_id* is an approver in good standing, asked of Slack now (or 15 s ago, in a burst). Raises SlackError."""
        confirmed = self._confirmed.get(slack_id)
        if confirmed is not None and self.now() - confirmed[0] <= CONFIRMED_FOR:
            return confirmed[1]
        asked_at, hints = self.now(), self._hints
        approves = slack_id in await self._candidates() and await self._is_good(slack_id)
        # After a hint in the meantime this answer may be the old one: it serves this once, and nobody remembers it.
        if hints == self._hints:
            self._confirmed[slack_id] = (asked_at, approves)
        return approves

    async def profile(self, slack_id: str) -> Profile:
        """One person, read from Slack now; of unknown kind when Slack does not show them to us. Raises SlackError."""
        return await read_person(self.client, slack_id, team=self.team, now=self.now)

    async def with_email(self, email: str) -> Profile | None:
        """The person with this address, asked of Slack now; None when nobody has it, or they have left. Raises SlackError."""
        return await find_person(self.client, email, team=self.team, now=self.now)

    def hint(self, event: Mapping[str, Any]) -> None:
        """
        A person or a user group has changed: what we know is stale from now on, and read anew soon.

        Only approvers and the groups of the settings matter: in a large workspace somebody changes their status every second.
        """
        user = event.get("user")
        who = user.get("id") if isinstance(user, Mapping) else user
        if who in self._known or event.get("subteam_id") in self.settings.approvers:
            self.approvers = ApproverFacts(slack_ids=self.approvers.slack_ids, read_at=_LONG_AGO)
            self._standings.pop(str(who), None)
            self._confirmed.clear()
            self._hints += 1
            self._changed.set()

    async def keep_fresh(self) -> None:
        """Refresh every 45 s, and at once after a hint, until cancelled; a failure is tried again after 5 s, an outage waited out."""
        ask_in_background()
        while True:
            wait = await self._try_refresh()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    async def _try_refresh(self) -> float:
        try:
            await self.refresh()
        except SlackError as error:
            log.warning("directory.stale", method=error.method, code=error.code)
            self._changed.clear()
            return RETRY_SECONDS
        return REFRESH_SECONDS if self._known <= self._standings.keys() else CATCH_UP_SECONDS

    async def _candidates(self) -> frozenset[str]:
        groups = [one for one in self.settings.approvers if one.startswith(_GROUP_PREFIX)]
        ids = {one for one in self.settings.approvers if not one.startswith(_GROUP_PREFIX)}
        for group in groups:
            ids |= await self._members_of(group)
        return frozenset(ids)

    async def _members_of(self, group: str) -> frozenset[str]:
        with self._refusal_of(group):
            members = await read_members(self.client, group, now=self.now)
            if members is None:
                raise SlackRefused("usergroups.users.list", "no_such_group")
            return frozenset(members)
        return frozenset()

    async def _is_good(self, slack_id: str) -> bool:
        with self._refusal_of(slack_id):
            return (await self.profile(slack_id)).kind is PersonKind.MEMBER
        return False

    @contextlib.contextmanager
    def _refusal_of(self, subject: str) -> Iterator[None]:
        """Let a refusal concern *subject* alone, and be told once; what is about the app itself passes."""
        try:
            yield
        except SlackRefused as error:
            if error.code == "missing_scope":
                raise
            if subject not in self._refused:
                log.warning("directory.refused", subject=subject, method=error.method, code=error.code)
            self._refused.add(subject)
        else:
            self._refused.discard(subject)

    def _standing(self, slack_id: str, *, at: datetime) -> _Standing:
        standing = self._standings.get(slack_id, _UNREAD)
        return standing if at - standing.read_at <= TRUSTED_FOR else _UNREAD

    def _due(self, ids: frozenset[str], *, at: datetime) -> list[str]:
        """Whom to read now: the unread, and then those read longest ago, in a large group once in a refresh's time."""
        longest_ago = sorted(ids, key=lambda one: (self._standings.get(one, _UNREAD).read_at, one))
        if len(ids) > PROFILES_A_REFRESH and at - self._rotated_at < timedelta(seconds=CATCH_UP_SECONDS):
            longest_ago = [one for one in longest_ago if self._standing(one, at=at) is _UNREAD]
        else:
            self._rotated_at = at
        return longest_ago[:PROFILES_A_REFRESH]

    async def _read(self, ids: list[str]) -> None:
        """Read the profiles of *ids*; over the rate limit the rest waits for its next turn, unless we would know nobody at all."""
        gate = asyncio.Semaphore(AT_ONCE)
        busy: list[SlackBusy] = []

        async def read(slack_id: str) -> None:
            async with gate:
                if not busy:
                    await self._read_one(slack_id, busy)

        await asyncio.gather(*(read(slack_id) for slack_id in ids))
        if busy:
            log.warning("directory.limited", retry_at=busy[0].retry_at.isoformat())
            if not self._standings:
                raise busy[0]

    async def _read_one(self, slack_id: str, busy: list[SlackBusy]) -> None:
        read_at, hints = self.now(), self._hints
        try:
            is_good = await self._is_good(slack_id)
        except SlackBusy as error:
            busy.append(error)
            return
        # What a hint overtook may be old: unread, they are read first the next time.
        if hints == self._hints:
            self._standings[slack_id] = _Standing(read_at=read_at, is_good=is_good)
        else:
            self._standings.pop(slack_id, None)
