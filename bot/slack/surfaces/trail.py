"""A checkpoint of the audit trail as a message: text to copy, and what it is good for."""

from bot.slack.surfaces.markup import context, section
from bot.slack.surfaces.message import Message
from storage.checkpoint import Checkpoint

TITLE = "The audit trail stands at {size} entries."
_USE = "`comeback audit verify --against` takes this text, and shows whether anything before it was changed or cut off since. Keep it here."
_UNSIGNED = "Nobody signed it: `comeback audit keygen` makes a key."


def render(checkpoint: Checkpoint) -> Message:
    """The message; it has nothing that a person wrote."""
    title = TITLE.format(size=f"{checkpoint.size:,}")
    extras = () if checkpoint.key_id else (_UNSIGNED,)
    blocks = (section(f"🔏  *{title}*\n```{checkpoint.text.strip()}```"), context(_USE, *extras))
    return Message(text=f"🔏 {title}", blocks=blocks)
