"""The words of plans: what approvers are answered, why a seat stayed, and why one could not be put back."""

from collections.abc import Mapping

from atlassian.removal import Obstacle
from bot.codes import Kept, NotUndone, Returned, Stuck
from bot.idle.plan_figures import EDITED, UNDONE, UNDONE_IN_PART
from bot.slack.surfaces.news import News

_BY_HAND = "Look at the person at *admin.atlassian.com*, or press *Undo some…* on the plan again later."


def _not_undone(why: str) -> News:
    return News(
        face="⚠️", title="A seat that I took couldn't be put back.", body=f"It is that of the account `{{account}}`: {why}. {_BY_HAND}"
    )


NOT_UNDONE: Mapping[NotUndone, str] = {
    NotUndone.NO_WAY_BACK: "none of its groups or roles may be given by me any more",
    NotUndone.ACCOUNT_OFF: "the account is suspended, deactivated or gone by now, which an undo doesn't change",
    NotUndone.REFUSED_BY_ATLASSIAN: "Atlassian refused it",
    NotUndone.NO_SEAT_LEFT: "the licence was full for a whole day",
    NotUndone.NOT_SEEN: "Atlassian took the change, and it doesn't show",
    NotUndone.UNREACHABLE_TOO_LONG: "Atlassian didn't answer for a day",
    NotUndone.PRODUCT_GONE: "the product isn't in my settings any more",
    NotUndone.OTHER: "something went wrong on my side",
}

PLANS: Mapping[str, News] = {
    "plan_decided_already": News(
        face="💡", title="This plan has been dealt with.", body="Your click changed nothing: the plan shows how it stands."
    ),
    "plan_is_empty": News(face="💡", title="Nobody is left in this plan.", body="Nothing was changed. *Refuse…* ends it."),
    "plan_turned_off": News(
        face="🚫",
        title="Removal is turned off.",
        body="Nothing was changed. `COMEBACK_IDLE__MODE` has to be `reclaim` before I take a seat.",
    ),
    "plan_gone": News(face="💡", title="I don't know this plan any more.", body="Nothing was changed."),
    "undo_queued": News(face="↩️", title="I'm putting it back.", body="The plan will say how it goes, and the person is told."),
    **{f"undo_failed.{code.value}": _not_undone(why) for code, why in NOT_UNDONE.items()},
}

KEPT: Mapping[Kept, str] = {
    Kept.ACTIVE_AGAIN: "used it again",
    Kept.KEPT: "asked to keep it, or got it lately",
    Kept.EXEMPT: "exempt by now",
    Kept.PROTECTED: "protected: administers, approves, or is in a protected group",
    Kept.ASKED_FOR: "asked for access meanwhile",
    Kept.SCRIPT_ACTIVE: "an API token of theirs is in use",
    Kept.UNKNOWN: "Atlassian doesn't say enough about them",
    Kept.NOT_WARNED: "not warned in time",
    Kept.TURNED_OFF: "removal was turned off",
    Kept.LEFT_OUT: "left out by an approver",
    Kept.REFUSED: "the plan was refused",
    Kept.EXPIRED: "nobody decided the plan",
    Kept.RENEWED: "the renewal came first",
    Kept.OVERTAKEN: "warned too long ago",
    Kept.CALLED_OFF: "called off by an undo",
    Kept.NO_SEAT: "no seat any more",
    Kept.IN_THE_WAY: "in the way",
    Kept.REFUSED_BY_ATLASSIAN: "refused by Atlassian",
    Kept.UNREACHABLE_TOO_LONG: "Atlassian didn't answer",
    Kept.PRODUCT_GONE: "the product isn't in the settings any more",
    Kept.OTHER: "something went wrong",
}
"""After a number of seats that were kept: "3 kept: used it again"."""

BACK: Mapping[Returned, str] = {
    Returned.BY_REQUEST: "asked for and granted",
    Returned.BY_UNDO: "put back by an undo",
    Returned.BY_ITSELF: "given back by somebody else, or by Atlassian when they signed in",
}
"""After a number of seats that their owners have again: "1 back: asked for and granted"."""

DEEDS: Mapping[str, str] = {EDITED: "Changed", UNDONE: "All undone", UNDONE_IN_PART: "Some undone"}
"""What somebody did to the plan, before who did it."""

UNDELIVERED_OTHERWISE = "no warning reached them"

STUCK: Mapping[Stuck, str] = {
    Stuck.CHANGED: "something spoke against it when some may have been taken already",
    Stuck.PRODUCT_GONE: "the product is not in the settings any more",
    Stuck.STILL_THERE: "the seat still shows after everything that gave it was taken",
    Stuck.REFUSED_BY_ATLASSIAN: "Atlassian refused half-way",
    Stuck.UNREACHABLE_TOO_LONG: "Atlassian stopped answering half-way",
    Stuck.OTHER: "something went wrong half-way",
}

IN_THE_WAY: Mapping[Obstacle, str] = {
    Obstacle.EXTERNAL_GROUP: "your identity provider owns the group: take them out of it there",
    Obstacle.GROUP_NOT_MODIFIABLE: "Atlassian lets nobody change the group through the API: take them out of it at admin.atlassian.com",
    Obstacle.GROUP_GRANTS_ADMIN: "the group administers: a human has to take them out of it",
    Obstacle.OTHER_PRODUCT: "the group gives another product too, which would end with it: give them that one by a group of its own",
    Obstacle.ADMIN_ROLE: "they administer: a human has to take that first",
    Obstacle.OTHER_SEAT: "they have another role on the product that is billed: take it at admin.atlassian.com",
    Obstacle.INFERRED_ROLE: "Atlassian infers the role from something else, and doesn't say from what",
    Obstacle.UNKNOWN_PATH: "nothing that I can see gives them the seat: look at them at admin.atlassian.com",
    Obstacle.NOT_A_PERSON: "it isn't a person's account",
    Obstacle.FACTS_MISSING: "Atlassian didn't tell enough about them",
}
"""What is in the way of a removal, and who does what about it."""
