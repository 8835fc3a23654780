"""Can the digest be posted where the settings say, and is that a channel of our own?"""

from collections.abc import Callable

from bot.doctor.lines import Line, green, red
from bot.slack.errors import SlackError
from bot.slack.inspection import Inspection

SUBJECT = "digest channel"
VARIABLE = "COMEBACK_IDLE__DIGEST_CHANNEL"


async def digest_place(inspection: Inspection, channel_id: str, *, failed: Callable[..., Line]) -> tuple[Line, ...]:
    """One line; *failed* makes the one for an error of Slack's."""
    try:
        facts = await inspection.channel(channel_id)
    except SlackError as error:
        return (failed(SUBJECT, error, variable=VARIABLE),)
    name = f"#{facts.name}" if facts.name else channel_id
    if not facts.exists:
        return (red(SUBJECT, f"{channel_id} does not exist, or is private without the bot in it", f"invite @Comeback, or set {VARIABLE}"),)
    if facts.is_archived:
        return (red(SUBJECT, f"{name} is archived", f"unarchive it, or set {VARIABLE} to another"),)
    if facts.is_shared:
        return (red(SUBJECT, f"{name} is shared with another company, so no digest is posted there", f"set {VARIABLE} to one of your own"),)
    if not facts.is_member:
        return (red(SUBJECT, f"the bot is not in {name}", f"type /invite @Comeback in {name}"),)
    return (green(SUBJECT, f"{name}, and the bot is in it; its members read the savings"),)
