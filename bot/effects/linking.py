"""Looking for the account that an approver says is the requester's."""

from atlassian.models import User
from atlassian.standing import CLOSED, account_status, people_among
from bot.actor import SlackPerson
from bot.codes import NotLinked
from bot.effects.kit import Kit
from bot.effects.outcome import KEY_TROUBLES, Done, Fact, GivenUp, Outcome, Trouble
from bot.jobs.requests import LinkAccount
from bot.policy import may_ask
from bot.usecases import linking
from bot.usecases.linking import Call
from storage import access_requests
from storage.records import Job


async def link_account(_: Job, payload: LinkAccount, kit: Kit) -> Outcome:
    """Link the one account that answers to what the approver wrote, or tell them why none was linked."""
    request = await kit.database.read(lambda uow: access_requests.get(uow, payload.request_id))
    if request is None:
        return Done()
    if not kit.directory.approvers.fresh(kit.now()):
        await kit.directory.refresh()
    approvers = kit.directory.approvers
    profile = await kit.directory.profile(request.requester_slack_id)
    # Whoever may not ask may not be pinned either: the address in Slack is what a later look is held against.
    refusal = may_ask(profile, email_domains=kit.settings.email_domains)
    found = await _named(payload, kit) if refusal is None else NotLinked.REQUESTER_REFUSED
    call = _call(payload)
    if isinstance(found, NotLinked):
        return Done(fact=lambda uow: linking.refuse_account(uow, call, code=found, approvers=approvers))
    account_id, email = found.account_id, profile.email
    return Done(fact=lambda uow: linking.link(uow, call, account_id=account_id, email=email, approvers=approvers))


async def _named(payload: LinkAccount, kit: Kit) -> User | NotLinked:
    """The account with the e-mail address or id that the approver wrote, or why there is none to link."""
    account = payload.account
    by_email = "@" in account
    users = await kit.provisioner.find(email=account if by_email else None, account_id=None if by_email else account)
    found = the_one(users)
    own = isinstance(found, User) and await _is_own(found, payload, kit)
    return NotLinked.OWN_ACCOUNT if own else found


async def _is_own(found: User, payload: LinkAccount, kit: Kit) -> bool:
    """Whether the account answers to the approver's address in Slack: they would approve their own access in another's name."""
    email = (await kit.directory.profile(payload.slack_id)).email
    # Asked of Atlassian, as an account that is named by its id need not show its address.
    theirs = await kit.provisioner.find(email=email, account_id=None) if email else ()
    return found.account_id in {user.account_id for user in theirs}


def the_one(users: tuple[User, ...]) -> User | NotLinked:
    """PURE: the only person among *users*, unless their account was closed for good."""
    people = people_among(users)
    if len(people) != 1:
        return NotLinked.SEVERAL_ACCOUNTS if people else NotLinked.NO_ACCOUNT
    return NotLinked.ACCOUNT_CLOSED if account_status(people[0]) == CLOSED else people[0]


def linking_troubled(payload: LinkAccount, kit: Kit, *, trouble: Trouble, attempts: int) -> Fact | None:
    """Tell the approver when it takes longer than a moment: they would otherwise try again and again."""
    del kit
    if trouble is Trouble.SLACK_AWAY or (trouble not in KEY_TROUBLES and attempts < 2):
        return None
    return lambda uow: linking.say_waiting(uow, _call(payload))


def linking_given_up(payload: LinkAccount, kit: Kit, *, why: GivenUp) -> Fact:
    """Nothing was linked, and nobody tries any more."""
    del kit, why
    return lambda uow: linking.give_up(uow, _call(payload))


def _call(payload: LinkAccount) -> Call:
    actor = SlackPerson(team_id=payload.team_id, slack_id=payload.slack_id)
    return Call(actor=actor, request_id=payload.request_id, channel=payload.channel)
