"""Who lives in the world: one seeded list of people that both sides are built from."""

import random
import unicodedata
from collections.abc import Iterator

from sandbox.cast import CAST
from sandbox.human import AtlassianState, Human, SlackKind
from sandbox.names import FAMILY, GIVEN, TITLES
from sandbox.stories import SHARES, tell

__all__ = ["CAST", "AtlassianState", "Human", "SlackKind", "idle_removed_among", "population"]


# A robot that holds a seat, never views a page and has no Slack account to be warned in.
JENKINS = Human(
    key="jenkins",
    name="Jenkins",
    email="jenkins@acme.example",
    title="Build server",
    slack_kind=SlackKind.ABSENT,
    products=("jira",),
    groups=("jira-users-acme",),
)
NAMED = (*CAST, JENKINS)


def idle_removed_among(people: int) -> int:
    """How many of *people* lost product access for inactivity: 123 of 400, in proportion for other sizes."""
    named = sum(human.atlassian is AtlassianState.IDLE_REMOVED for human in NAMED)
    return max(named, round(people * 123 / 400))


def population(people: int = 400, seed: int = 7) -> list[Human]:
    """The world's people, the named cast first, the same for the same *seed*; never fewer than the named ones."""
    chance = random.Random(seed)  # noqa: S311 - the same seed must make the same world
    drawn = max(0, people - len(NAMED))
    lost = min(drawn, idle_removed_among(people) - idle_removed_among(0))
    stories = ["lost"] * lost + chance.choices(list(SHARES), list(SHARES.values()), k=drawn - lost)
    chance.shuffle(stories)
    return [*NAMED, *_people(stories, chance=chance)]


def _people(stories: list[str], *, chance: random.Random) -> Iterator[Human]:
    taken = {human.email for human in NAMED}
    for number, story in enumerate(stories, start=1):
        name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"
        facts = tell(story, chance=chance)
        email = _email(name, number=number, taken=taken)
        yield Human(key=f"p{number}", name=name, email=email, title=chance.choice(TITLES), **facts)


def _email(name: str, *, number: int, taken: set[str]) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace(" ", ".")
    email = f"{ascii_name}@acme.example"
    if email in taken:
        email = f"{ascii_name}{number}@acme.example"
    taken.add(email)
    return email
