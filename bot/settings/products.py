"""The products that people may ask for."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from bot.settings.section import Section, Table
from bot.settings.values import AutoApprove, BaseUrl, Billing, Currency, Meaning, Price, ResourceAri, SeatRole, ShortText


class PriceTier(Table):
    """What one seat a month costs, up to a number of seats; None in the last tier, which has no end."""

    up_to: Annotated[int | None, Field(ge=1)] = None
    price: Price


def _decoded(tiers: Any) -> Any:
    """The tiers of a variable, which pydantic-settings leaves as text: it does not look into the products."""
    return json.loads(tiers) if isinstance(tiers, str) else tiers


class Product(Table):
    """One Atlassian product that people may ask for; `key` is its name in the settings."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,22}$", exclude=True)
    resource: Annotated[
        ResourceAri,
        Meaning(
            purpose="The product's resource; `comeback doctor` lists what the organization offers",
            expected="the product's resource (an ARI)",
            example="ari:cloud:jira-software::site/11111111-2222-3333-4444-555555555555",
        ),
    ]
    name: Annotated[
        ShortText,
        Meaning(purpose="What people call it", expected="a name of at most 60 characters", example="Jira", otherwise="from the key"),
    ]
    role: Annotated[
        SeatRole,
        Meaning(
            purpose="The role that a return gives; never one that administers",
            expected="a role that administers nothing",
            example="atlassian/user",
        ),
    ] = "atlassian/user"
    group: Annotated[
        ShortText | None,
        Meaning(
            purpose="The licence group to prefer, by name or id",
            expected="the name or id of a group",
            example="jira-users-acme",
            otherwise="found",
        ),
    ] = None
    link: Annotated[
        BaseUrl | None,
        Meaning(
            purpose="Where people are sent once they are back",
            expected="an https address",
            example="https://acme.atlassian.net/jira",
            otherwise="the site",
        ),
    ] = None
    price: Annotated[
        Price | None,
        Meaning(purpose="What one seat costs a month, for estimates", expected="a price, 0 or more", example="8.15"),
    ] = None
    price_tiers: Annotated[
        tuple[PriceTier, ...],
        BeforeValidator(_decoded),
        Meaning(
            purpose="The price by number of seats, each tier for its own seats, instead of PRICE",
            expected="a JSON list of tiers, each with up_to and price, up_to growing and left out in the last",
            example='[{"up_to": 100, "price": 8.15}, {"price": 6.4}]',
            otherwise="none",
        ),
    ] = ()
    currency: Annotated[
        Currency,
        Meaning(purpose="The currency of the prices", expected="the three letters of a currency", example="EUR"),
    ] = "USD"
    billing: Annotated[
        Billing,
        Meaning(purpose="How Atlassian bills it: `monthly` or `annual`", expected="monthly or annual", example="annual"),
    ] = "monthly"
    renewal_day: Annotated[
        int | None,
        Field(ge=1, le=31),
        Meaning(
            purpose="The day of the month on which it renews; seats are taken back shortly before",
            expected="a day from 1 to 31",
            example="14",
            otherwise="unknown",
        ),
    ] = None
    renewal_month: Annotated[
        int | None,
        Field(ge=1, le=12, validate_default=True),
        Meaning(
            purpose="The month in which it renews, for annual billing",
            expected="a month from 1 to 12, with RENEWAL_DAY and annual billing and only then",
            example="6",
            otherwise="unknown",
        ),
    ] = None

    approvals: Annotated[
        int,
        Field(ge=1, le=5),
        Meaning(
            purpose="How many different approvers must approve a request; one denial ends it",
            expected="a whole number from 1 to 5",
            example="2",
        ),
    ] = 1
    auto_approve: Annotated[
        AutoApprove,
        Meaning(
            purpose=(
                "Returns that need no approver: of a seat that Comeback took, to the person it took it from, as it was. `never`; "
                "`free_return` while it costs nothing (needs RENEWAL_DAY); `return`, whatever it costs"
            ),
            expected="never, free_return or return",
            example="free_return",
        ),
    ] = "never"

    @field_validator("key")
    @classmethod
    def _leave_the_list(cls, key: str) -> str:
        if key == "access":
            raise ValueError  # /request-access is the command that lists all products
        return key

    @field_validator("price_tiers")
    @classmethod
    def _climb_to_the_end(cls, tiers: tuple[PriceTier, ...]) -> tuple[PriceTier, ...]:
        ends = [tier.up_to for tier in tiers]
        bounds = [end for end in ends[:-1] if end is not None]
        if ends and (ends[-1] is not None or len(bounds) < len(ends) - 1 or bounds != sorted(set(bounds))):
            raise ValueError
        return tiers

    @field_validator("renewal_month")
    @classmethod
    def _belong_to_a_year(cls, month: int | None, info: ValidationInfo) -> int | None:
        if not {"billing", "renewal_day"} <= info.data.keys():
            return month  # what is wrong there is told there
        annual, day = info.data["billing"] == "annual", info.data["renewal_day"]
        if month is not None and (not annual or day is None):
            raise ValueError
        if month is None and annual and day is not None:
            raise PydanticCustomError("missing", "a day of which month?")
        return month

    @field_validator("auto_approve")
    @classmethod
    def _know_what_is_free(cls, policy: AutoApprove, info: ValidationInfo) -> AutoApprove:
        # Without a renewal nothing is known to be free, and a policy that never holds would look like one that is on.
        if policy == "free_return" and info.data.get("renewal_day", 0) is None:
            raise PydanticCustomError("renewal_day_missing", "what is free without a renewal?")
        return policy

    @property
    def command(self) -> str:
        """The slash command that asks for it, `/request-jira-eu` for `jira_eu`."""
        return f"/request-{self.key.replace('_', '-')}"


def _named(products: Any) -> Any:
    """Each product knows its key, and has a name to show."""
    if not isinstance(products, Mapping):
        return products
    return {
        key: {"name": _title(str(key)), **product, "key": key} if isinstance(product, Mapping) else product
        for key, product in products.items()
    }


def _title(key: str) -> str:
    return " ".join(word.upper() if len(word) <= 3 else word.capitalize() for word in key.split("_"))


class ProductSettings(Section):
    """What people may ask for, and where Slack finds us."""

    products: Annotated[
        Mapping[str, Product],
        BeforeValidator(_named),
        # Slack takes 50 commands in a manifest; one is /request-access.
        Field(min_length=1, max_length=49),
        Meaning(
            purpose="The products; each has a slash command",
            expected="a table for each product",
            example="COMEBACK_PRODUCTS__JIRA__RESOURCE=ari:cloud:jira-software::site/11111111-2222-3333-4444-555555555555",
        ),
    ]
    public_url: Annotated[
        BaseUrl | None,
        Meaning(
            purpose="Our address as Slack reaches it, for an HTTP manifest",
            expected="an https address",
            example="https://comeback.acme.example",
        ),
    ] = None

    @field_validator("products")
    @classmethod
    def _freeze(cls, products: Mapping[str, Product]) -> Mapping[str, Product]:
        return MappingProxyType(dict(products))
