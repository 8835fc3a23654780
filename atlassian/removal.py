"""
PURE: what a reclaim takes from one person, all of it or nothing.

A reclaim ends a seat: the wanted role of the settings on one product. It takes the memberships and the direct role that give it, where the
person can use them. Roles beside the seat (a portal customer, a guest) and what lies in a directory that suspends the person stay; whoever
administrates is left alone; no step suspends, deactivates or deletes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from atlassian.access import ProductWanted, RoleRef, Snapshot
from atlassian.holdings import Grant, Holdings, is_platform
from atlassian.licences import HARMLESS_ROLES, NO_MEMBERSHIP, SUSPENDED, GroupRef, LicenceGroup
from atlassian.models import RoleAssignment
from atlassian.standing import seats
from atlassian.steps import RemoveFromGroup, Removing, RevokeRole

SEAT_ROLE = "atlassian/user"
"""The role that every product bills."""


class Obstacle(StrEnum):
    """Why nothing is taken: a code for tables and texts."""

    EXTERNAL_GROUP = "external_group"
    GROUP_NOT_MODIFIABLE = "group_not_modifiable"
    GROUP_GRANTS_ADMIN = "group_grants_admin"
    OTHER_PRODUCT = "other_product"
    ADMIN_ROLE = "admin_role"
    OTHER_SEAT = "other_seat"
    INFERRED_ROLE = "inferred_role"
    UNKNOWN_PATH = "unknown_path"
    NOT_A_PERSON = "not_a_person"
    FACTS_MISSING = "facts_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class InTheWay:
    """One thing that keeps a seat where it is; `resources` are the other products that the person would lose with `group`."""

    reason: Obstacle
    group: GroupRef | None = None
    role: str | None = None
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """
    Either `steps` in order, with the `snapshot` of what they take, or `in_the_way` and nothing else.

    All three are empty for somebody who has no seat in use. Each step is one write.
    """

    steps: tuple[Removing, ...] = ()
    snapshot: Snapshot = field(default_factory=Snapshot)
    in_the_way: tuple[InTheWay, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The removal as JSON types; it holds no personal data."""
        document: dict[str, Any] = _REMOVAL.dump_python(self, mode="json")
        return document

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Removal":
        """The removal that `to_json` wrote."""
        return _REMOVAL.validate_python(dict(document))


_REMOVAL: TypeAdapter[Removal] = TypeAdapter(Removal)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seat:
    """What one account has in use of one product: the groups that give the role or administration, and the rows that tell of any role."""

    wanted: ProductWanted
    paths: tuple[LicenceGroup, ...]
    rows: tuple[RoleAssignment, ...]

    @property
    def in_use(self) -> bool:
        return bool(self.paths) or any(seats(row, role=self.wanted.role) for row in self.rows)


def plan_removal(holdings: Holdings, wanted: ProductWanted, *, other_products: Sequence[ProductWanted] = ()) -> Removal:
    """
    The steps that end the person's seat on *wanted*, or what is in the way of it.

    *other_products* are taken from the same person by the same plan: a group may end them too. Plan all of them from the same *holdings*
    before the first write, each with the others named, so that every snapshot is whole; a group that two of them take is then in both,
    and the second finds it gone, which counts as taken. One that is in the way of its own removal counts as not taken.
    """
    products = {one.resource: one for one in (*other_products, wanted)}
    obstacles = _all_obstacles(holdings, products=products)[wanted.resource]
    return Removal(in_the_way=obstacles) if obstacles else _taking(holdings, seat=_seat(holdings, wanted=wanted))


def _taking(holdings: Holdings, *, seat: _Seat) -> Removal:
    if holdings.user is None or not seat.in_use:
        return Removal()
    account_id, wanted = holdings.user.account_id, seat.wanted
    direct = [row for row in holdings.assignments if row.resource_id == wanted.resource and wanted.role in row.direct_roles]
    removed = [RemoveFromGroup(group_id=one.id, directory_id=one.directory_id, account_id=account_id) for one in seat.paths]
    revoked = [RevokeRole(account_id=account_id, role=wanted.role, resource=wanted.resource)] if direct else []
    snapshot = Snapshot(
        groups=tuple(group.ref for group in seat.paths),
        roles=tuple(RoleRef(resource=wanted.resource, role=wanted.role, directory_id=row.directory_id) for row in direct[:1]),
        side_products=tuple(sorted({other for group in seat.paths for other in group.other_resources(wanted.resource)})),
    )
    return Removal(steps=(*removed, *revoked), snapshot=snapshot)


def _seat(holdings: Holdings, *, wanted: ProductWanted) -> _Seat:
    rows = (row for row in holdings.assignments if row.resource_id == wanted.resource)
    groups = (group for group in holdings.groups if holdings.is_open(group.directory_id))
    return _Seat(
        wanted=wanted,
        paths=tuple(group for group in groups if _gives_seat(group.grants, wanted=wanted)),
        rows=tuple(row for row in rows if _is_open(row, holdings=holdings)),
    )


def _gives_seat(grants: Iterable[Grant], *, wanted: ProductWanted) -> bool:
    return any(resource == wanted.resource and (role == wanted.role or role not in HARMLESS_ROLES) for resource, role in grants)


def _is_open(row: RoleAssignment, *, holdings: Holdings) -> bool:
    return row.user_directory_status not in (SUSPENDED, NO_MEMBERSHIP) and holdings.is_open(row.directory_id)


def _all_obstacles(holdings: Holdings, *, products: Mapping[str, ProductWanted]) -> dict[str, tuple[InTheWay, ...]]:
    """For each product what is in the way; one that must be kept is not taken together with the others, so they are judged again."""
    found: dict[str, tuple[InTheWay, ...]] = {}
    while True:
        together = [_seat(holdings, wanted=one) for resource, one in products.items() if not found.get(resource)]
        now = {seat.wanted.resource: tuple(dict.fromkeys(_obstacles(holdings, seat=seat, together=together))) for seat in together}
        found |= now
        if not any(now.values()):
            return found


def _obstacles(holdings: Holdings, *, seat: _Seat, together: Sequence[_Seat]) -> Iterator[InTheWay]:
    user = holdings.user
    if user is None or not seat.in_use:
        return
    if user.account_type not in (None, "atlassian"):
        yield InTheWay(reason=Obstacle.NOT_A_PERSON)
    if user.groups is None or user.platform_roles is None:
        yield InTheWay(reason=Obstacle.FACTS_MISSING)
    yield from (InTheWay(reason=Obstacle.ADMIN_ROLE, role=role) for role in user.platform_roles or () if role not in HARMLESS_ROLES)
    lost = _lost_with(seat, holdings=holdings, together=together)
    yield from (obstacle for group in seat.paths if (obstacle := _of_group(group, lost=lost[group.id])))
    held = {role for row in holdings.assignments if row.resource_id == seat.wanted.resource for role in row.held_roles}
    yield from (InTheWay(reason=Obstacle.ADMIN_ROLE, role=role) for role in sorted(held - HARMLESS_ROLES))
    for row in seat.rows:
        yield from _of_row(row, seat=seat)


def _of_group(group: LicenceGroup, *, lost: tuple[str, ...]) -> InTheWay | None:
    if group.external:
        return InTheWay(reason=Obstacle.EXTERNAL_GROUP, group=group.ref)
    if group.grants_admin:
        return InTheWay(reason=Obstacle.GROUP_GRANTS_ADMIN, group=group.ref)
    if not group.modifiable:
        return InTheWay(reason=Obstacle.GROUP_NOT_MODIFIABLE, group=group.ref)
    return InTheWay(reason=Obstacle.OTHER_PRODUCT, group=group.ref, resources=lost) if lost else None


def _lost_with(seat: _Seat, *, holdings: Holdings, together: Sequence[_Seat]) -> dict[str, tuple[str, ...]]:
    """For each group of the seat the products that would end with it, though no removal of the same plan means to end them."""
    taken = {group.id for one in together for group in one.paths}
    stay = {grant for group in holdings.groups if group.id not in taken and holdings.is_open(group.directory_id) for grant in group.grants}
    open_rows = (row for row in holdings.assignments if _is_open(row, holdings=holdings))
    stay |= {(row.resource_id or "", role) for row in open_rows for role in row.direct_roles}
    lost = {}
    for group in seat.paths:
        meant = {one.wanted.resource for one in together if group in one.paths}
        ended = {resource for resource, role in group.grants if (resource, role) not in stay and not is_platform(resource)}
        lost[group.id] = tuple(sorted(ended - meant))
    return lost


def _of_row(row: RoleAssignment, *, seat: _Seat) -> Iterator[InTheWay]:
    wanted = seat.wanted
    if SEAT_ROLE in row.held_roles - {wanted.role}:
        yield InTheWay(reason=Obstacle.OTHER_SEAT, role=SEAT_ROLE)
    if wanted.role not in row.held_roles:
        return
    methods = {method for assigned in row.role_assignments if assigned.role == wanted.role for method in assigned.methods}
    if "inferred" in methods:
        yield InTheWay(reason=Obstacle.INFERRED_ROLE, role=wanted.role)
    # Any way but a direct role must be the doing of a group that we know, or the seat would outlive the removal.
    if methods - {"direct", "inferred"} or not methods:
        givers = (group for group in seat.paths if (wanted.resource, wanted.role) in group.grants)
        if not any(row.directory_id in (None, group.directory_id) for group in givers):
            yield InTheWay(reason=Obstacle.UNKNOWN_PATH, role=wanted.role)
