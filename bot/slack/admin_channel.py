"""Whether a channel may still be posted to: another company's members would see every card in a shared one."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.slack.messenger import Messenger

FRESH_FOR = timedelta(minutes=1)
"""`conversations.info` is limited to 50 a minute, and cards come faster than that when everybody returns at once."""


class AdminChannel:
    """Asks Slack about the admin channel, and the ones it was before, and remembers each answer for a minute."""

    def __init__(self, messenger: Messenger, *, now: Callable[[], datetime]) -> None:
        self._messenger, self._now = messenger, now
        self._known: dict[str, tuple[datetime, bool]] = {}

    async def is_shared(self, channel: str) -> bool:
        """
        Whether members of another company see *channel*, now or as soon as they accept; raises SlackError.

        A card stays in the channel that it was posted to, whatever the settings name by now: so it is always the one written to.
        """
        asked_at, shared = self._known.get(channel, (None, False))
        if asked_at is None or self._now() - asked_at > FRESH_FOR:
            asked_at = self._now()
            shared = (await self._messenger.channel(channel)).is_shared
            self._known[channel] = (asked_at, shared)
        return shared
