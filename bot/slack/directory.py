"""
Our copy of who may decide, and how fresh it is; everybody else is asked about when it matters.

Payloads carry neither a person's flags nor the members of a user group, so authority can't be read from a click.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.policy import ApproverFacts, PersonKind, Profile
from bot.settings import Settings
from bot.slack.calls import answer_of
from bot.slack.errors import SlackError, SlackRefused
from bot.slack.profiles import read_profile, unknown_profile
from bot.slack.team import Team

REFRESH_SECONDS = 45
"""Facts serve for 60 s (`policy.APPROVER_FACTS_MAX_AGE`): this leaves a refresh 15 s to come through."""
RETRY_SECONDS = 5
AT_ONCE = 4
CONFIRMED_FOR = timedelta(seconds=15)
"""A burst of grants asks about its approver four times a minute: `usergroups.users.list` allows 20."""

_GROUP_PREFIX = "S"
_NOBODY = frozenset({"user_not_found", "users_not_found", "user_not_visible"})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

log = structlog.get_logger()


@dataclass(slots=True)
class Directory:
    """Approvers in good standing, kept fresh by `keep_fresh`; single profiles are read when asked for."""

    client: AsyncWebClient
    settings: Settings
    team: Team
    now: Callable[[], datetime]
    approvers: ApproverFacts = field(default=ApproverFacts(slack_ids=frozenset(), read_at=_LONG_AGO))
    _known: frozenset[str] = frozenset()
    _confirmed: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self) -> None:
        """Read the approvers anew; raises SlackError, and then the old facts stay, with their age."""
        async with self._turn:
            self._changed.clear()
            read_at = self.now()
            ids = await self._candidates()
            profiles = await self._profiles(ids)
            self._known = ids
            members = frozenset(profile.slack_id for profile in profiles if profile.kind is PersonKind.MEMBER)
            # A hint that came while we read may be about what we had read already: those facts are old before they are used.
            self.approvers = ApproverFacts(slack_ids=members, read_at=_LONG_AGO if self._changed.is_set() else read_at)

    async def still_approves(self, slack_id: str) -> bool:
        """Whether *slack_id* is an approver in good standing, asked of Slack now (or 15 s ago, in a burst). Raises SlackError."""
        confirmed = self._confirmed.get(slack_id)
        if confirmed is not None and self.now() - confirmed[0] <= CONFIRMED_FOR:
            return confirmed[1]
        asked_at = self.now()
        listed = slack_id in await self._candidates()
        approves = listed and (await self.profile(slack_id)).kind is PersonKind.MEMBER
        self._confirmed[slack_id] = (asked_at, approves)
        return approves

    async def profile(self, slack_id: str) -> Profile:
        """One person, read from Slack now; of unknown kind when Slack does not show them to us. Raises SlackError."""
        try:
            answer = await answer_of(self.client.users_info(user=slack_id), method="users.info", write=False, now=self.now)
        except SlackRefused as error:
            if error.code in _NOBODY:
                return unknown_profile(slack_id)
            raise
        return read_profile(answer.get("user") or {}, team=self.team)

    def hint(self, event: Mapping[str, Any]) -> None:
        """
        A person or a user group has changed: what we know is stale from now on, and read anew soon.

        Only approvers and the groups of the settings matter: in a large workspace somebody changes their status every second.
        """
        user = event.get("user")
        who = user.get("id") if isinstance(user, Mapping) else user
        if who in self._known or event.get("subteam_id") in self.settings.approvers:
            self.approvers = ApproverFacts(slack_ids=self.approvers.slack_ids, read_at=_LONG_AGO)
            self._confirmed.clear()
            self._changed.set()

    async def keep_fresh(self) -> None:
        """Refresh every 45 s, and at once after a hint, until cancelled; a failure is tried again after 5 s."""
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
        return REFRESH_SECONDS

    async def _candidates(self) -> frozenset[str]:
        groups = [one for one in self.settings.approvers if one.startswith(_GROUP_PREFIX)]
        ids = {one for one in self.settings.approvers if not one.startswith(_GROUP_PREFIX)}
        for group in groups:
            ids |= await self._members_of(group)
        return frozenset(ids)

    async def _members_of(self, group: str) -> set[str]:
        method = "usergroups.users.list"
        answer = await answer_of(self.client.usergroups_users_list(usergroup=group), method=method, write=False, now=self.now)
        return {str(user) for user in answer.get("users") or ()}

    async def _profiles(self, ids: frozenset[str]) -> list[Profile]:
        gate = asyncio.Semaphore(AT_ONCE)

        async def read(slack_id: str) -> Profile:
            async with gate:
                return await self.profile(slack_id)

        return await asyncio.gather(*(read(slack_id) for slack_id in sorted(ids)))
