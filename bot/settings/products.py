"""The products that people may ask for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from bot.settings.section import Section, Table
from bot.settings.values import BaseUrl, Meaning, ResourceAri, SeatRole, ShortText


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

    @field_validator("key")
    @classmethod
    def _leave_the_list(cls, key: str) -> str:
        if key == "access":
            raise ValueError  # /request-access is the command that lists all products
        return key

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
