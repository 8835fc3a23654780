"""The sentences to the admin channel about scans that did not end as they should."""

from collections.abc import Mapping

from bot.slack.surfaces.news import News

_NOTHING = "Nobody is warned and nothing is taken on what I read; the next scan looks again."


def _stopped(title: str, body: str) -> News:
    return News(face="🛑", title=title, body=f"{body} {_NOTHING}")


def _failed(title: str, body: str) -> News:
    return News(face="⚠️", title=title, body=f"{body} {_NOTHING}")


_FEWER = (
    "If so many really left, say so once with `comeback scan {key} --fewer-expected`; if not, look whether the API key still sees all "
    "directories."
)

SCANS: Mapping[str, News] = {
    "scan_stopped.no_activity": _stopped(
        "I don't trust what Atlassian says about {product}: nobody has ever used it.",
        "Not one of the seats has a date of activity, which looks like data that are missing.",
    ),
    "scan_stopped.stale_activity": _stopped(
        "I don't trust what Atlassian says about {product}: nobody has used it since {newest}.",
        "Activity is told a day late at most, so this looks like data that stopped.",
    ),
    "scan_stopped.same_day": _stopped(
        "I don't trust what Atlassian says about {product}: everybody used it last on {day}.",
        "That looks like one date written over all.",
    ),
    "scan_stopped.fewer_people": _stopped("{product} has {now} seats where it had {before}.", _FEWER),
    "scan_stopped.fewer_dates": _stopped("For {product} only {now} people have a date of activity where {before} had one.", _FEWER),
    "scan_failed.refused_by_atlassian": _failed(
        "The scan of {product} was refused by Atlassian.", "`comeback doctor` looks into what the API key may do."
    ),
    "scan_failed.unreachable_too_long": _failed("The scan of {product} was given up.", "Atlassian couldn't be reached for a day."),
    "scan_failed.endless": _failed("The scan of {product} was given up.", "Atlassian's list of people didn't come to an end."),
    "scan_failed.stuck": _failed("The scan of {product} was given up.", "It had not gone on for two days, and a new one begins."),
    "scan_failed.product_gone": _failed("The scan of {product} was given up.", "The settings don't have this product any more."),
    "scan_failed.other": _failed("The scan of {product} was given up.", "The log says why."),
}

FACTS: Mapping[str, str] = {"key": "PRODUCT", "newest": "long ago", "day": "the same day", "now": "fewer", "before": "more"}
"""What stands in for a fact that is missing."""
