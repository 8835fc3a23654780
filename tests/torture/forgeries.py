"""Requests that nobody may be taken in by: what a stranger, a broken proxy or another workspace might send to the front door."""

from collections.abc import Mapping

from tests.torture.forged_bodies import BODIES
from tests.torture.forged_signatures import SIGNATURES
from tests.torture.forger import Forger, Forgery

FORGERIES: Mapping[str, Forgery] = {**SIGNATURES, **BODIES}
RARE = frozenset({"a huge body", "a bomb", "a body nested too deep", "a form of many parts"})
"""Dear to make and to send: one in a hundred of the others."""


def forge(forger: Forger, kind: str) -> bytes:
    """One forged request of this *kind*, as it goes over the wire."""
    return FORGERIES[kind](forger)
