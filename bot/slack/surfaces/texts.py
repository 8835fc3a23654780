"""
Every sentence that tells somebody some news, by code. `{names}` are filled by `notices` with text that is safe to show.

Rules of the voice: the news first, then what happens next, in at most three sentences; never blame; never a code without its meaning.
"""

from collections.abc import Mapping

from bot.policy import Refusal
from bot.slack.surfaces.alert_texts import ALERTS
from bot.slack.surfaces.idle_texts import WARNINGS
from bot.slack.surfaces.link_texts import LINKS
from bot.slack.surfaces.news import News
from bot.slack.surfaces.plan_texts import PLANS
from bot.slack.surfaces.scan_texts import SCANS


def _refusal(title: str, body: str) -> News:
    return News(face="🚫", title=title, body=body)


_OWN = _refusal("Somebody else has to decide this one.", "Nobody decides their own request. The other approvers see the card too.")
_NOT_APPROVER = _refusal("Only approvers can decide.", "Nothing was changed. If you should be one, ask whoever looks after Comeback here.")

REFUSALS: Mapping[str, News] = {
    Refusal.GUEST: _refusal("Guests can't ask for {product}.", "Ask your contact in this workspace to sort it out for you."),
    Refusal.STRANGER: _refusal("This works only for members of our own workspace.", "Ask your contact here, or your own company's admins."),
    Refusal.BOT: _refusal("Apps and bots can't ask for {product}.", "A person has to ask, for their own account."),
    Refusal.DEACTIVATED: _refusal("This Slack account is deactivated.", "An admin has to bring it back before it can ask for {product}."),
    Refusal.UNKNOWN: _refusal("Slack didn't tell me who you are.", "To be safe I stopped here. Try again later, or ask an admin directly."),
    Refusal.NO_EMAIL: _refusal(
        "Your Slack profile has no e-mail address.", "I need it to find your Atlassian account. Add it to your profile, then ask again."
    ),
    Refusal.EMAIL_NOT_CONFIRMED: _refusal(
        "Your e-mail address in Slack isn't confirmed yet.", "Confirm it with the link that Slack sent you, then ask again."
    ),
    Refusal.EMAIL_DOMAIN: _refusal(
        "Your e-mail address isn't one of our company's.", "Change it in your Slack profile, or ask an admin to link your account by hand."
    ),
    Refusal.TOO_MANY: _refusal("You have asked a lot lately.", "Wait for the answers you're expecting: `{command} status` shows them."),
    Refusal.NOT_APPROVER: _NOT_APPROVER,
    Refusal.OWN_REQUEST: _OWN,
}

ANSWERS: Mapping[str, News] = {
    "filed": News(
        face="📨",
        title="Your request for {product} is in.",
        body="I'm checking your account first. Whatever comes of it, I'll message you.",
    ),
    "already_open": News(
        face="📨", title="You've already asked for {product}.", body="{standing} There is no need to ask again: I'll message you."
    ),
    "seen": News(face="📨", title="I have your request.", body="I'll message you as soon as there is an answer."),
    "open_form": News(face="👋", title="One more click.", body="Slack was slow just now, so I couldn't open the form by itself."),
    "deny_again": News(
        face="👋", title="One more click.", body="Slack was slow just now, so I couldn't ask you for the reason. Nothing was decided yet."
    ),
    "link_again": News(
        face="👋", title="One more click.", body="Slack was slow just now, so I couldn't ask you for the account. Nothing was linked yet."
    ),
    "cancelled": News(
        face="↩️",
        title="You took back your request for {product}.",
        body="Nothing was changed. You can ask again any time with `{command}`.",
    ),
    "not_cancelled": News(face="💡", title="This request can't be taken back any more.", body="{standing}"),
    "no_product": News(face="💡", title="That product isn't on offer any more.", body="`/request-access` shows what you can ask for."),
    "not_ours": _refusal("This works only for members of our own workspace.", "Ask your contact here, or your own company's admins."),
    "unsure": News(
        face="🙈",
        title="I can't tell whether it was saved.",
        body="It's on our side. Please look in a minute before you try again; `/request-access status` shows requests.",
    ),
    "form_failed": News(face="🙈", title="Slack didn't let me open the form.", body="Please press the button once more."),
    "no_reason": News(face="✏️", title="Please write a few words.", body=""),
    "no_account_named": News(face="✏️", title="Please give the account's e-mail address or its account id.", body=""),
    "busy": News(face="🙈", title="That didn't work, and nothing was saved.", body="It's on our side. Please try again in a minute."),
}

OUTCOMES: Mapping[str, News] = {
    "granted": News(
        face="✅", title="You have {product} again.", body="{approved} Sign in as you used to; it can take a minute to let you in."
    ),
    "invited": News(
        face="✉️",
        title="You're invited to {product}.",
        body="{approved} Look for Atlassian's e-mail at {email} and accept it: your access starts when you first sign in.",
    ),
    "already_has_access": News(
        face="✅",
        title="You have {product} already.",
        body="There is nothing to approve. If it doesn't let you in, check that you sign in as {email}.",
    ),
    "denied": News(face="🚫", title="Your request for {product} was denied.", body="{denied}"),
    "expired": News(
        face="⌛",
        title="Nobody answered your request for {product} in time.",
        body="It has ended, and nothing was changed. Ask again with `{command}`; a line on what you need it for helps.",
    ),
    "waiting": News(face="⏳", title="Approved, and waiting.", body="{waiting} It goes on by itself, and I'll message you then."),
    "needs_attention": News(
        face="🛠️",
        title="Your request for {product} takes a little longer.",
        body="{attention} The admins know, and you needn't do anything.",
    ),
}

CLOSINGS: Mapping[str, News] = {
    "already_has_access": OUTCOMES["already_has_access"],
    "product_gone": News(
        face="⚪",
        title="{product} isn't on offer any more.",
        body="`/request-access` shows what you can ask for.",
    ),
    "by_admin": News(
        face="⚪",
        title="An admin closed your request for {product}.",
        body="Nothing more will happen with it. Ask them if you still need access.",
    ),
    "other": News(
        face="⚪",
        title="Your request for {product} was closed.",
        body="Nothing more will happen with it. Ask an admin if you still need access.",
    ),
}

TO_APPROVERS: Mapping[str, News] = {
    "checking": News(
        face="🔎", title="One moment.", body="I'm checking with Slack that you're still an approver. Then I'll do it, or tell you why not."
    ),
    "not_seen_yet": News(
        face="🔎",
        title="The card is about to change.",
        body="It doesn't say yet what you would agree to. Nothing was changed: please read it again in a moment, then press.",
    ),
    "press_again": News(
        face="🔎",
        title="Please press that once more.",
        body="I had to check with Slack first that you're still an approver. Nothing was changed.",
    ),
    "counts_once": News(
        face="👥",
        title="You've approved this already, and that counts.",
        body="One person counts once: somebody else has to approve it too.",
    ),
    "decided_already": News(face="💡", title="Somebody was faster.", body="{standing} Your click changed nothing."),
    "gone": News(face="💡", title="I don't know this request any more.", body="Nothing was changed."),
    "retry_queued": News(face="🔄", title="Trying again.", body="The card will say how it goes."),
    "bump": News(
        face="👋", title="{requester} is still waiting for {product}.", body="Asked {asked}. Without an answer the request ends {expires}."
    ),
}


def news_of(code: str) -> News:
    """
    The news of *code*: a plain one, `refused.<refusal>` or `closed.<reason>`, where an unknown reason is told as any other closing.

    Raises KeyError for any other unknown code, which is a mistake in our code.
    """
    kind, _, rest = code.partition(".")
    if kind == "closed" and rest:
        return CLOSINGS.get(rest) or REFUSALS.get(rest) or CLOSINGS["other"]
    if kind == "refused" and rest:
        return REFUSALS[rest]
    return _BY_CODE[code]


_BY_CODE: Mapping[str, News] = {
    **CLOSINGS,
    **REFUSALS,
    **ANSWERS,
    **OUTCOMES,
    **TO_APPROVERS,
    **LINKS,
    **WARNINGS,
    **PLANS,
    **SCANS,
    **ALERTS,
}
