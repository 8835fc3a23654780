"""What the organization has and the settings do not is offered as lines to paste, and these load as they stand."""

import tomllib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian.models import Workspace
from bot import clock, doctor
from bot.doctor import Light
from bot.doctor.offers import as_toml, offers
from bot.settings import Product, ProductSettings
from sandbox.server import Sandbox
from tests.bot.outside import Outside
from tests.bot.slack.words import CONFLUENCE, JIRA


def workspace(owner: str, *, site: str = "acme", cloud: str | None = None, **changes: Any) -> Workspace:
    """A product of *owner* on *site*, as Atlassian lists it."""
    attributes = {"owner": owner, "typeKey": owner, "status": "online", "hostUrl": f"https://{site}.atlassian.net", "name": site}
    return Workspace.model_validate({"id": f"ari:cloud:{owner}::site/{cloud or site}", "attributes": {**attributes, **changes}})


def pasted(found: Sequence[Workspace], *, products: dict[str, Product] | None = None) -> dict[str, Product]:
    """The products that the settings have once everything offered is pasted, by key."""
    tables = tomllib.loads(as_toml(offers(found, products=products or {})))
    return dict(ProductSettings.model_validate(tables).products) if tables else {}


def test_each_product_is_a_table_under_a_short_key() -> None:
    """The key becomes a slash command that people type; products without a licence API are products all the same."""
    found = pasted([workspace(owner) for owner in ("jira-software", "jira-servicedesk", "jira-product-discovery", "confluence", "loom")])
    assert {key: product.name for key, product in found.items()} == {
        "jira": "Jira",
        "jsm": "Jira Service Management",
        "jpd": "Jira Product Discovery",
        "confluence": "Confluence",
        "loom": "Loom",
    }
    assert found["jsm"].resource == "ari:cloud:jira-servicedesk::site/acme"


def test_name_is_written_only_where_the_key_does_not_say_it() -> None:
    """Fewer lines to read, and the name is Atlassian's either way."""
    assert "name" not in as_toml(offers([workspace("confluence")], products={}))
    assert 'name = "Jira Service Management"' in as_toml(offers([workspace("jira-servicedesk")], products={}))


def test_several_sites_are_told_apart_by_their_hosts() -> None:
    """`jira_eu` says where it leads; the number of a duplicate would not."""
    found = pasted([workspace("jira-software"), workspace("jira-software", site="acme-eu"), workspace("confluence", site="acme-eu")])
    assert {key: product.name for key, product in found.items()} == {"jira": "Jira", "jira_eu": "Jira EU", "confluence": "Confluence"}


def test_key_that_the_settings_have_is_not_used_again() -> None:
    """Two tables of one name are a file that does not load, and a variable of that name would change the other product."""
    key, *others = pasted([workspace("confluence", site="labs")], products={"jira": JIRA, "confluence": CONFLUENCE})
    assert (key, others) == ("confluence_2", [])


def test_what_the_settings_have_is_not_offered() -> None:
    """The list is of what is missing."""
    here = Workspace.model_validate({"id": JIRA.resource, "attributes": {"owner": "jira-software", "status": "online"}})
    assert offers([here], products={"work": JIRA}) == ()


@pytest.mark.parametrize(
    "changes", [{"sandbox": {"type": "CHILD"}}, {"status": "offline"}, {"status": "deprecated"}], ids=["sandbox", "offline", "deprecated"]
)
def test_what_nobody_asks_for_is_not_offered(changes: dict[str, Any]) -> None:
    """A sandbox and a product that is switched off have no seats that people miss."""
    assert offers([workspace("jira-software", **changes)], products={}) == ()
    assert len(offers([workspace("jira-software", sandbox={"type": "PARENT"})], products={})) == 1


def test_resource_that_the_settings_would_refuse_is_not_offered() -> None:
    """A line that is pasted and then refused is worse than none."""
    assert offers([Workspace.model_validate({"id": "not-an-ari", "attributes": {"owner": "jira-software"}})], products={}) == ()


def test_no_more_is_offered_than_slack_has_commands_for() -> None:
    """Sixty sites pasted whole must still load."""
    assert len(pasted([workspace("jira-software", site=f"acme-{number}") for number in range(60)])) == 49


TEXTS = st.text(max_size=40) | st.sampled_from(['a"b\\c', "access", "x" * 80, "123", "jira_", "\u2028\n[evil]", "ÄÖ"])
WORKSPACES = st.lists(
    st.builds(
        lambda owner, site, kind, number: workspace(owner, site=site, cloud=str(number), type=kind, name=site, hostUrl=f"https://{site}"),
        st.sampled_from(["jira-software", "confluence", "loom"]) | st.from_regex(r"[a-z0-9-]{1,30}", fullmatch=True),
        st.from_regex(r"[a-z0-9.-]{1,40}", fullmatch=True),
        TEXTS,
        st.integers(),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(WORKSPACES)
def test_whatever_atlassian_lists_loads_when_pasted(found: list[Workspace]) -> None:
    """Names are people's and Atlassian's: none of them breaks the file, and each product is in it once."""
    assert {product.resource for product in pasted(found).values()} == {one.id for one in found}


async def test_report_offers_what_is_missing(outside: Outside) -> None:
    """The doctor of a world with six products, two of them set, offers four, and offers all when none is set."""
    async with Sandbox(people=5) as world:
        given = world.environment()
        outside.set(given)
        assert await _paste() == {"jsm", "jpd", "jira_labs", "confluence_labs"}
        outside.unset(*(name for name in given if name.startswith("COMEBACK_PRODUCTS__")))
        assert await _paste() == {"jira", "confluence", "jsm", "jpd", "jira_labs", "confluence_labs"}


async def _paste() -> set[str]:
    lines = [line for chapter in await doctor.examine(now=clock.system_now) for line in chapter.lines]
    (line,) = [line for line in lines if line.paste]
    assert line.light is Light.NOTE
    return set(tomllib.loads(line.paste)["products"])
