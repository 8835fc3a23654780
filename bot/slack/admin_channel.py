"""Whether the admin channel may still be posted to: another company's members would see every card in a shared one."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.slack.messenger import Messenger

FRESH_FOR = timedelta(minutes=1)
"""`conversations.info` is limited to 50 a minute, and cards come faster than that when everybody returns at once."""


class AdminChannel:
    """Asks Slack about the channel, and remembers the answer for a minute."""

    def __init__(self, messenger: Messenger, channel: str, *, now: Callable[[], datetime]) -> None:
        self._messenger, self._channel, self._now = messenger, channel, now
        self._shared = False
        self._asked_at: datetime | None = None

    async def is_shared(self) -> bool:
        """Whether members of another company see it, now or as soon as they accept; raises SlackError."""
        if self._asked_at is None or self._now() - self._asked_at > FRESH_FOR:
            asked_at = self._now()
            self._shared = (await self._messenger.channel(self._channel)).is_shared
            self._asked_at = asked_at
        return self._shared
