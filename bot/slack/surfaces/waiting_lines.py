"""What waits for an approver, a line for each kind, for the digest and for the Home tab."""

from collections.abc import Iterator, Mapping

from slack_sdk.models.blocks import Block

from bot.figures.awaiting import Awaiting, CardPlace, Pile, ProposedPlan
from bot.slack.surfaces.digest_texts import number
from bot.slack.surfaces.markup import buttons, link, link_button, listed, quoted


def waiting_lines(waits: Awaiting, *, links: Mapping[CardPlace, str], names: Mapping[str, str]) -> Iterator[str]:
    """The lines; *links* are the addresses of the cards that are known, *names* those of the products by key."""
    for one in waits.plans:
        # One has a button of its own.
        yield f"🗂️  {_linked(_plan(one), links.get(one.card) if one.card and len(waits.plans) > 1 else None)}"
    yield from _pile("🟡", waits.requests, "access request", links=links)
    yield from _pile("🛠️", waits.stuck_requests, "request that needs a hand", "requests that need a hand", links=links)
    yield from _pile("🏖️", waits.exemptions, "exemption asked for", "exemptions asked for", links=links)
    if waits.held:
        scans = [_linked(quoted(names.get(one.product, one.product)), links.get(one.card) if one.card else None) for one in waits.held]
        yield f"✋  {number(len(scans), 'scan asks', 'scans ask')} whether to go on: {listed(scans)}"
    if waits.stuck_removals:
        yield f"🛠️  {number(waits.stuck_removals, 'removal that got stuck', 'removals that got stuck')}"
    if waits.unreached:
        yield f"📭  {number(waits.unreached, 'person', 'people')} I couldn't warn: the {'plan' if waits.plans else 'next plan'} lists them"


def _plan(plan: ProposedPlan) -> str:
    """A plan that holds no seat asks about whom nobody could warn."""
    return f"A plan of {number(plan.seats, 'seat')}" if plan.seats else "A plan that asks about people I couldn't warn"


def plan_button(waits: Awaiting, *, links: Mapping[CardPlace, str]) -> tuple[Block, ...]:
    """The way into the plan that ends first; nothing where there is none, or its address is not known."""
    urls = (links.get(one.card) for one in waits.plans if one.card is not None)
    url = next((found for found in urls if found is not None), None)
    return (buttons(link_button("Open the plan", url=url)),) if url else ()


def _linked(name: str, url: str | None) -> str:
    return f"{name} ({link(url, 'card')})" if url else name


def _pile(face: str, pile: Pile, one: str, many: str | None = None, *, links: Mapping[CardPlace, str]) -> Iterator[str]:
    if not pile.count:
        return
    urls = [links[place] for place in pile.cards if place in links]
    cards = [link(url, "card" if len(urls) == 1 else f"card {place}") for place, url in enumerate(urls, start=1)]
    yield f"{face}  {number(pile.count, one, many)}" + (f" ({', '.join(cards)})" if cards else "")
