"""The bodies of the audit chain: one JSON text for each entry, and a refusal that names what must not be in it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from storage import chain
from storage.chain import Draft, UnfitFact

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
TOO_MUCH = "it holds an e-mail address, free text, or more than 200 characters"


def drafted(**given: Any) -> Draft:
    """An entry of somebody's, with what is *given*."""
    actor = {"type": "person", "id": "p1"}
    return chain.draft(**{"kind": "seat.kept", "at": AT, "actor": actor, "request_id": None, "facts": {}, **given})


@pytest.mark.parametrize(
    ("given", "named", "why"),
    [
        ({"kind": "two words"}, "kind", "'two words' is not a plain name"),
        ({"request_id": "ada@acme.example"}, "request", "'ada@acme.example' is not a plain name"),
        ({"actor": {"type": "person", "id": "ada lovelace"}}, "id", "'ada lovelace' is not a plain name"),
        ({"actor": {"type": "person", "id": "U012AB3CD"}}, "actor.id", "it is a Slack id; use the person's id"),
        ({"facts": {"who": {"of": ["ada@acme.example"]}}}, "facts.who.of", TOO_MUCH),
        ({"facts": {"ada@acme.example": 1}}, "a key of facts", TOO_MUCH),
        ({"facts": {"share": 1.5}}, "facts.share", "float has no single form in JSON"),
    ],
)
def test_a_refusal_names_the_place_and_the_reason(given: dict[str, Any], named: str, why: str) -> None:
    """It is our mistake, and whoever made it should not have to search."""
    with pytest.raises(UnfitFact) as refused:
        drafted(**given)
    assert str(refused.value) == f"{named} is not fit for the audit trail: {why}"


def test_letters_of_any_script_stay_as_they_are() -> None:
    """There is one text for an entry, and it is readable."""
    assert '"facts":{"group":"Käufer-日本"}' in drafted(facts={"group": "Käufer-日本"}).body


def test_what_has_no_form_in_json_is_no_text() -> None:
    """Other programs have to recompute the chain, and there is no NaN in JSON."""
    with pytest.raises(ValueError, match="JSON compliant"):
        chain.canonical({"share": float("nan")})


def test_facts_are_not_taken_for_the_entry_itself() -> None:
    """The time that an entry is found by stands behind its actor, whatever its facts are called."""
    entry = drafted(facts={"a": {"b": "c"}, "at": "another"})
    assert chain.agrees(entry.body, at=entry.at, kind=entry.kind, request_id=None)
    assert not chain.agrees(entry.body, at="another", kind=entry.kind, request_id=None)
