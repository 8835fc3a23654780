"""What the organization owns before anybody joins: directories, products and groups."""

import uuid
from dataclasses import dataclass, field
from functools import cache

ORG_ID = "6f1c9b52-3d57-4a8e-9a55-0c1e7d2b4f10"
FOREIGN_ORG_ID = "0b7f5a64-91c3-4c0d-8f6e-5d2a9e3b7c21"  # exists, but this key may not manage it
API_KEY = "ATCTT3xFfGN0sandbox-unscoped-organization-key"
SITE_EMAIL = "grace.hall@acme.example"
SITE_TOKEN = "ATATT3xFfGF0sandbox-site-token"  # noqa: S105 - it opens a simulated site only
BILLABLE = frozenset({"atlassian/user", "atlassian/admin"})  # the other roles hold no paid seat

_NAMESPACE = uuid.UUID("9a1d7b0e-2c8f-4b53-8d5c-7e6a40f3c912")


@cache
def stable_id(name: str) -> str:
    """A UUID that is the same in every world for the same *name*."""
    return str(uuid.uuid5(_NAMESPACE, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A set of accounts that sites draw from; an account may be in several."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product on one site; `activity_key` is its name in last-active-dates (None: absent there)."""

    key: str
    ari: str
    owner: str
    name: str
    site: str
    roles: frozenset[str]
    activity_key: str | None
    seats_shown: bool
    default_group: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of one directory and the (ARI, role) pairs that it grants."""

    id: str
    name: str
    directory: str
    description: str = ""
    grants: tuple[tuple[str, str], ...] = ()
    external: bool = False

    @property
    def modifiable(self) -> bool:
        """Whether the admin API may change the members."""
        return not self.external


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything that is owned, by id or key; order is stable."""

    directories: dict[str, Directory] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    def product(self, key: str) -> Product:
        """The product called *key*; raises KeyError for another word."""
        return self.products[key]

    def by_ari(self, ari: str) -> Product | None:
        """The product with this ARI, None when the organization has no such."""
        return next((product for product in self.products.values() if product.ari == ari), None)

    def group_named(self, name: str) -> Group:
        """The group with exactly this name; raises KeyError when there is none."""
        return self.groups[stable_id(f"group:{name}")]

    def directory_named(self, name: str) -> Directory:
        """The directory with this name; raises KeyError when there is none."""
        return self.directories[stable_id(f"directory:{name}")]


_ORDINARY = frozenset({"atlassian/user", "atlassian/admin", "atlassian/user-access-admin"})
_GUESTS = _ORDINARY | {"atlassian/guest"}
_DESK = _ORDINARY | {"atlassian/customer", "atlassian/stakeholder"}
_DISCOVERY = _ORDINARY | {"atlassian/contributor", "atlassian/basic"}


def _product(key: str, owner: str, name: str, *, site: str, roles: frozenset[str], activity: str | None, default: str | None) -> Product:
    ari = f"ari:cloud:{owner}::site/{stable_id(f'cloud:{site}')}"
    shown = owner != "confluence"  # no public API tells Confluence's seats
    return Product(
        key=key, ari=ari, owner=owner, name=name, site=site, roles=roles, activity_key=activity, seats_shown=shown, default_group=default
    )


PRODUCTS = (
    _product("jira", "jira-software", "Jira", site="acme", roles=_ORDINARY, activity="jira-software", default="jira-users-acme"),
    _product("confluence", "confluence", "Confluence", site="acme", roles=_GUESTS, activity="confluence", default="confluence-users-acme"),
    _product(
        "jsm",
        "jira-servicedesk",
        "Jira Service Management",
        site="acme",
        roles=_DESK,
        activity="jira-service-desk",
        default="jsm-agents-acme",
    ),
    _product(
        "jpd",
        "jira-product-discovery",
        "Jira Product Discovery",
        site="acme",
        roles=_DISCOVERY,
        activity=None,
        default="jpd-creators-acme",
    ),
    _product("jira-labs", "jira-software", "Jira", site="acme-labs", roles=_ORDINARY, activity="jira-software", default="jira-users-labs"),
    _product("confluence-labs", "confluence", "Confluence", site="acme-labs", roles=_GUESTS, activity="confluence", default=None),
)
PRODUCT_BY_KEY = {product.key: product for product in PRODUCTS}

_GROUPS = (
    # name, directory, external, grants, description
    ("jira-users-acme", "acme", False, "jira", "Gives access to Jira on acme"),
    ("confluence-users-acme", "acme", False, "confluence", "Gives access to Confluence on acme"),
    ("jsm-agents-acme", "acme", False, "jsm", "Jira Service Management agents"),
    ("jpd-creators-acme", "acme", False, "jpd", "Jira Product Discovery creators"),
    ("all-staff", "acme", False, "jira confluence", "Everybody with a desk"),
    ("jira-admins-acme", "acme", False, "jira:atlassian/admin", "Jira administrators"),
    ("engineering", "acme", True, "jira", "Synced from the identity provider"),
    ("knowledge-idp", "northwind", True, "confluence", "Synced from the identity provider"),
    ("jira-users-labs", "acme", False, "jira-labs", "Gives access to Jira on acme-labs"),
    ("design", "acme", False, "", "Design guild"),
    ("book-club", "acme", False, "", "Reads on Thursdays"),
    ("berlin-office", "acme", False, "", "People in Berlin"),
    ("on-call", "acme", False, "", "On-call rotation"),
    ("marketing", "acme", False, "", "Marketing"),
)


def _grant(word: str) -> tuple[str, str]:
    key, _, role = word.partition(":")
    return PRODUCT_BY_KEY[key].ari, role or "atlassian/user"


def build_catalog() -> Catalog:
    """The same directories, products and groups for every world."""
    directories = [Directory(id=stable_id(f"directory:{name}"), name=name) for name in ("acme", "northwind")]
    groups = [
        Group(
            id=stable_id(f"group:{name}"),
            name=name,
            directory=stable_id(f"directory:{directory}"),
            description=description,
            grants=tuple(_grant(word) for word in grants.split()),
            external=external,
        )
        for name, directory, external, grants, description in _GROUPS
    ]
    return Catalog(
        directories={directory.id: directory for directory in directories},
        products=dict(PRODUCT_BY_KEY),
        groups={group.id: group for group in groups},
    )
