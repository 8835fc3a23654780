"""What people hear about their idle seats and their exemptions, by code; `{names}` are filled with text that is safe to show."""

from collections.abc import Mapping

from bot.codes import Kept, Undelivered
from bot.slack.surfaces.news import News
from storage.outgoing_records import MailStatus

WARNINGS: Mapping[str, News] = {
    "warning.not_yours": News(face="🚫", title="Only the person who was asked can answer this.", body="Nothing was changed."),
    "warning.gone": News(face="💡", title="I don't know this question any more.", body="Nothing was changed."),
    "warning.settled": News(face="💡", title="This was settled before.", body="{standing}"),
    "warning.too_late": News(
        face="💡",
        title="Your {product} seat is being freed right now.",
        body="I can't stop it half-way. `{command}` brings it straight back.",
    ),
    "exemption.withdrawn": News(face="↩️", title="Withdrawn.", body="Nobody need decide anything, and nothing was changed."),
    "exemption.over": News(face="💡", title="This was decided or withdrawn before.", body="Your click changed nothing."),
    "exemption.gone": News(face="💡", title="I don't know this wish any more.", body="Nothing was changed."),
    "exemption.bad_date": News(face="✏️", title="Please choose a day from tomorrow on, at most a year ahead.", body=""),
    "exemption.too_many": News(
        face="💡",
        title="You have many wishes open already.",
        body="Nothing was filed. Wait until the admins have decided some of them, then ask again.",
    ),
    "exemption.there_is_one": News(
        face="💡",
        title="This {product} seat has an exemption already, or one that waits for a decision.",
        body="There is no need to ask again: while it is open, nobody takes the seat.",
    ),
    "exemption.too_late": News(
        face="💡",
        title="That {product} seat is being freed, or was freed already.",
        body="So there is nothing to leave alone, and nothing was filed. `{command}` brings a seat straight back to whoever had it.",
    ),
    "exemption.no_seat": News(
        face="💡",
        title="I know of no {product} seat for {owner}.",
        body="Either there is none, or I can't tell which Atlassian account it is. An admin can link it.",
    ),
}

UNDELIVERED: Mapping[str, str] = {
    Undelivered.NO_SLACK_ACCOUNT.value: "no Slack account with this address",
    Undelivered.EMAIL_NOT_CONFIRMED.value: "the address isn't confirmed in Slack",
    Undelivered.LEFT.value: "has left Slack",
    Undelivered.NOT_REACHABLE.value: "can't be messaged in Slack",
}
"""Why a warning reached nobody, for the admins who read a list of them."""

MAILED: Mapping[MailStatus, str] = {
    MailStatus.BEGUN: ", perhaps mailed {at:%d %b %Y}",
    MailStatus.ACCEPTED: ", mailed {at:%d %b %Y}",
    MailStatus.REFUSED: ", mail refused",
}
"""What became of the mail to them; taken by a server is all that anybody knows."""

TAKEN = "taken"

SPARED: Mapping[str, str] = {
    Kept.ACTIVE_AGAIN.value: "You've been using {product} again, so your seat stays.",
    Kept.ASKED_FOR.value: "You've asked for {product}, so your seat stays.",
    Kept.SCRIPT_ACTIVE.value: "A script uses your API token, so your {product} seat stays.",
    Kept.EXEMPT.value: "Your {product} seat is left alone until {until}.",
    Kept.LEFT_OUT.value: "An admin decided to leave your {product} seat with you.",
    Kept.REFUSED.value: "The admins decided to leave your {product} seat with you.",
    Kept.OVERTAKEN.value: "Your {product} seat stays for now. Before anybody may free it later, I'll ask you again.",
    Kept.NO_SEAT.value: "You don't hold a {product} seat any more, so there is nothing to decide. `{command}` is the way back.",
    Kept.TURNED_OFF.value: "No seats are taken back at the moment.",
    TAKEN: "Your {product} seat was freed on {on}. Your account and all you wrote are still there, and `{command}` brings it back.",
}
"""What became of a warning, by the code it ended with."""
SPARED_ANYWAY = "Your {product} seat stays with you."
CAME_BACK = "Your {product} seat was freed on {on}, and came back after that."
