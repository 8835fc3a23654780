"""What the admin channel is told when something is wrong, or soon will be; the voice is that of `texts`."""

from collections.abc import Mapping

from bot.slack.surfaces.news import News
from bot.slack.surfaces.scan_texts import FACTS

ALERTS: Mapping[str, News] = {
    "key_rejected": News(
        face="🔑",
        title="Atlassian doesn't accept our API key any more.",
        body=(
            "Grants are on hold; nothing is lost. Create a new key under *admin.atlassian.com → Settings → API keys*, set "
            "`ATLASSIAN_API_KEY` and restart: everything goes on by itself."
        ),
    ),
    "not_permitted": News(
        face="🔑",
        title="Our Atlassian API key may not do this.",
        body=(
            "Grants are on hold; nothing is lost. It has to be a key *without scopes*, made by an organization admin. Set "
            "it as `ATLASSIAN_API_KEY` and restart: everything goes on by itself."
        ),
    ),
    "mail_not_allowed": News(
        face="📮",
        title="Our mail server takes no mail from us ({code}).",
        body="Mail waits; everything else goes on. Check `COMEBACK_MAIL__*` with `comeback doctor`, then restart.",
    ),
    "trail_contradicted": News(
        face="🚨",
        title="The audit trail does not fit the checkpoint at entry {size}.",
        body=(
            "Somebody cut it off or changed it in the database since we signed that one. No more checkpoints are made. Keep a copy of the "
            "database, then run `comeback audit verify --against` the last checkpoint of the log or this channel."
        ),
    ),
    "checkpoint_occupied": News(
        face="🚨",
        title="Somebody else has written to the audit trail's checkpoints.",
        body=(
            "The one at entry {size} could not be stored, and is only in the log. `comeback audit verify` names what is there instead; "
            "find out who has access to the database."
        ),
    ),
    "siem_contradicted": News(
        face="🚨",
        title="The audit trail is not the one any more that the SIEM has.",
        body=(
            "Entries at or before {size} were cut off or changed in the database since they were sent. The SIEM has them as they were; "
            "keep a copy of the database, and compare."
        ),
    ),
    "siem_rejected": News(
        face="📤",
        title="The SIEM refuses the audit trail ({code}).",
        body="Nothing is lost: it is tried again every quarter of an hour. Check `COMEBACK_SIEM__*` with `comeback doctor`.",
    ),
    "siem_away": News(
        face="📤",
        title="The SIEM has not taken the audit trail for a day ({code}).",
        body="Nothing is lost, and it is tried again. Check the receiver, then `COMEBACK_SIEM__*` with `comeback doctor`.",
    ),
    "key_expires": News(
        face="🔑",
        title="Our Atlassian API key ends on {expires}.",
        body=(
            "Days left: {days}. Create the next one under *admin.atlassian.com → Settings → API keys*, then set "
            "`ATLASSIAN_API_KEY` and `ATLASSIAN_API_KEY_EXPIRES`."
        ),
    ),
    "undone.admin": News(
        face="🔍",
        title="{requester} has lost {product} again.",
        body="It was given back a while ago, and somebody seems to have removed it since. If that was not meant, they can ask again.",
    ),
    "undone.identity_provider": News(
        face="🔍",
        title="{requester} has lost {product} again.",
        body=(
            "It was given back a while ago, and your identity provider seems to have taken it at its next sync. Give it to them there, "
            "or it will not last."
        ),
    ),
    "daily_cap": News(
        face="⏸️",
        title="Today's limit of {cap} grants is reached.",
        body=(
            "Further approvals wait, and go on by themselves as it frees. If this many are expected, raise "
            "`COMEBACK_GRANTS_PER_DAY`; if not, look at who approved what."
        ),
    ),
    "seat_stuck": News(
        face="🪑",
        title="Taking back a seat of {product} stopped half way.",
        body="What was taken of it is remembered. The plan's card says whose it is: *Undo some…* puts it back, and so does their request.",
    ),
    "channel_shared": News(
        face="⚠️",
        title="This channel is shared with another company.",
        body=(
            "I post no approval cards here, as outsiders could see them. Stop sharing it, or choose another private "
            "channel as `COMEBACK_ADMIN_CHANNEL`."
        ),
    ),
}

FALLBACK_FACTS: Mapping[str, str] = {
    "cap": "your",
    "expires": "the date you set",
    "days": "few",
    "size": "(unknown)",
    "account": "unknown",
    "code": "no code",
    **FACTS,
}
"""What stands in for a fact that an alert came without: the sentence must go out all the same."""
