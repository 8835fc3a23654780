"""What an approver is told who said whose Atlassian account it is; the voice is that of `texts`."""

from collections.abc import Mapping

from bot.slack.surfaces.news import News


def _not_linked(title: str, body: str) -> News:
    return News(face="🔗", title=title, body=f"Nothing was linked. {body}")


LINKS: Mapping[str, News] = {
    "linked": News(
        face="🔗",
        title="{requester} is linked to that account now.",
        body="Nothing was given yet: the card shows what I find there in a moment, and you decide then.",
    ),
    "link_waits": News(
        face="⏳",
        title="Atlassian doesn't answer just now.",
        body="I'll look for the account as soon as it does, and tell you. Nothing was linked yet.",
    ),
    "not_linked.no_account": _not_linked(
        "I found no account by that name.", "Look for it under *admin.atlassian.com → Directory → Users*."
    ),
    "not_linked.several_accounts": _not_linked(
        "More than one account answers to that.",
        "Give the account id: it is the end of the address of their page under *admin.atlassian.com → Directory → Users*.",
    ),
    "not_linked.account_taken": _not_linked(
        "That account is somebody else's here already.", "If that link is wrong, `comeback people unlink` takes it back."
    ),
    "not_linked.own_account": _not_linked(
        "That account is your own, and nobody approves their own access.", "If it is {requester}'s, ask another approver to link it."
    ),
    "not_linked.account_closed": _not_linked("That account was closed for good.", "Nobody can bring it back, so there is nothing to link."),
    "not_linked.requester_refused": _not_linked(
        "Slack no longer says that {requester} is a member in good standing.", "Look at their Slack account first."
    ),
    "not_linked.too_late": _not_linked("This request has moved on.", "{standing} Link accounts while it waits for a decision."),
    "not_linked.not_asked": _not_linked("I couldn't find out whose account that is.", "Please try again, or use `comeback people link`."),
}
