"""The sentences to the admin channel about scans that did not end as they should."""

from collections.abc import Mapping

from bot.slack.surfaces.news import News

_NOTHING = "Nobody is warned and nothing is taken on what I read; the next scan looks again."


def _stopped(title: str, body: str) -> News:
    return News(face="🛑", title=title, body=f"{body} {_NOTHING}")


def _failed(title: str, body: str) -> News:
    return News(face="⚠️", title=title, body=f"{body} {_NOTHING}")


_AWAY = (
    "If everybody was away for these {hours} hours, start me with a day more than that as `COMEBACK_IDLE__STALE_HOURS` ({limit} now), and "
    "run `comeback scan {key}`."
)
_TOGETHER = (
    "If these {dated} people may well have come on one day, start me with more than that as `COMEBACK_IDLE__SAME_DAY_FROM` ({limit} now), "
    "and run `comeback scan {key}`."
)
_FEWER = (
    "If so many really left, say so once with `comeback scan {key} --fewer-expected`; if not, look whether the API key still sees all "
    "directories. How large a part may be missing is `COMEBACK_IDLE__FEWER_SHARE` ({limit} now)."
)

SCANS: Mapping[str, News] = {
    "scan_stopped.no_activity": _stopped(
        "I don't trust what Atlassian says about {product}: nobody has ever used it.",
        "Not one of the seats has a date of activity, which looks like data that are missing. No setting lets that pass, and the first "
        "visit does.",
    ),
    "scan_stopped.stale_activity": _stopped(
        "I don't trust what Atlassian says about {product}: nobody has used it since {newest}.",
        f"Activity is told a day late at most, so this looks like data that stopped. {_AWAY}",
    ),
    "scan_stopped.same_day": _stopped(
        "I don't trust what Atlassian says about {product}: everybody used it last on {day}.",
        f"That looks like one date written over all. {_TOGETHER}",
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

FACTS: Mapping[str, str] = {
    "key": "PRODUCT",
    "newest": "long ago",
    "hours": "many",
    "day": "the same day",
    "dated": "many",
    "now": "fewer",
    "before": "more",
    "limit": "less",
}
"""What stands in for a fact that is missing."""
