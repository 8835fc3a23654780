"""Finding out what is wrong with a person's access, and which account is theirs."""

from datetime import datetime, timedelta
from typing import Any

from atlassian.access import AccessState, ProductWanted, WayBack
from atlassian.models import Workspace
from bot.effects.kit import Kit
from bot.effects.seats_left import UNKNOWN, SeatsLeft
from bot.settings import Product, Settings
from storage import reclaims, seats
from storage.db import UnitOfWork
from storage.records import Finding, Person

FINDING_SERVES_FOR = timedelta(minutes=10)
"""What vetting found is the first read of a grant for this long."""


def offered(settings: Settings, key: str) -> Product:
    """The product of a request; one that the settings no longer have keeps its key as a name and leads nowhere."""
    return settings.products.get(key) or Product.model_construct(
        key=key, name=key, resource="", role="atlassian/user", group=None, link=None
    )


def wanted(product: Product) -> ProductWanted:
    """What *product* in the settings means to Atlassian."""
    return ProductWanted(resource=product.resource, role=product.role, group=product.group)


async def look(kit: Kit, *, product: Product, person: Person, email: str | None) -> AccessState:
    """What is wrong with the access of *person*'s pinned account, or, before the first grant, of the account with their *email*."""
    who = {"account_id": person.account_id} if person.account_id is not None else {"email": email}
    state = await kit.provisioner.look(**who, wanted=wanted(product))
    if WayBack.ADD_ACCESS in state.levels and await kit.database.read(lambda uow: _has_a_seat(uow, state.account_id, product.key)):
        return await kit.provisioner.look(**who, wanted=wanted(product), thorough=True)
    return state


def _has_a_seat(uow: UnitOfWork, account_id: str | None, product: str) -> bool:
    """Whether the last scan saw a seat that nobody took since: a look that finds none has missed a direct role, perhaps."""
    return account_id is not None and seats.get(uow, account_id, product) is not None and reclaims.holding(uow, account_id, product) is None


def email_changed(person: Person, email: str | None) -> bool:
    """Whether Slack names another *email* than the one the account was pinned with: a human has to say whose it is."""
    pinned, current = (person.email or "").lower(), (email or "").lower()
    return person.account_id is not None and bool(pinned) and pinned != current


def finding_body(
    state: AccessState | None,
    *,
    seats: SeatsLeft = UNKNOWN,
    link: str | None = None,
    trouble: str | None = None,
    back: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """
    A finding as it is stored: the diagnosis, the seats left and used, where the product is, what a return puts back.

    *state* is None when Atlassian could not be asked, and *trouble* says why.
    """
    return {
        "state": state.to_json() if state else None,
        "seats_left": seats.left,
        "seats_used": seats.used,
        "seats_roughly": seats.roughly,
        "link": link,
        "trouble": trouble,
        "back": back,
    }


def link_to(workspace: Workspace | None) -> str | None:
    """Where people open the product; Confluence lives below the site that it shares with Jira."""
    host = workspace.attributes.host_url if workspace else None
    if workspace is None or not host:
        return None
    return f"{host.rstrip('/')}/wiki" if workspace.attributes.owner == "confluence" else host


def with_link(product: Product, finding: Finding | None) -> Product:
    """*product* with the link that vetting found, where the settings have none."""
    link = finding.body.get("link") if finding else None
    return product if product.link or not link else product.model_copy(update={"link": link})


def state_of(finding: Finding | None) -> AccessState | None:
    """The diagnosis that a finding holds, if it holds one."""
    stored = finding.body.get("state") if finding else None
    return AccessState.from_json(stored) if stored else None


def first_state_of(finding: Finding | None) -> AccessState | None:
    """The diagnosis that the way back began with: what all its steps together mended."""
    stored = finding.body.get("first") if finding else None
    return AccessState.from_json(stored) if stored else state_of(finding)


def young_state(finding: Finding | None, *, person: Person, email: str | None, now: datetime) -> AccessState | None:
    """The diagnosis, when it is young enough to act upon, and still about this person's account and address."""
    if finding is None or now - finding.found_at > FINDING_SERVES_FOR:
        return None
    same_account = person.account_id in (None, finding.account_id)
    same_address = person.account_id is not None or (finding.email or "").lower() == (email or "").lower()
    return state_of(finding) if same_account and same_address else None
