"""How much comes with Comeback: each distribution is code that runs beside an organization's admin key."""

from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MOST = 45


def test_the_default_install_is_light() -> None:
    """At most 45 distributions come with Comeback by default: what is not there can't be attacked."""
    assert len(_brought_by("comeback")) <= MOST


def _brought_by(name: str) -> frozenset[str]:
    """All distributions that a plain install of *name* brings along, by their canonical names, itself left out."""
    found: set[str] = set()
    to_read = [Requirement(name)]
    while to_read:
        wanted = to_read.pop()
        extras = wanted.extras or {""}
        for line in requires(wanted.name) or ():
            needed = Requirement(line)
            if any(needed.marker is None or needed.marker.evaluate({"extra": extra}) for extra in extras):
                key = canonicalize_name(needed.name)
                if key not in found or needed.extras:
                    found.add(key)
                    to_read.append(needed)
    return frozenset(found)
