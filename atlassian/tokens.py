"""
PURE: the API tokens of a managed account. A script may work with a product that its owner never opens.

Shape: https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/ (seen November 2026).
"""

from collections.abc import Iterable
from datetime import datetime

from pydantic import RootModel

from atlassian.models import Answer, Moment


class ApiToken(Answer):
    """One token; `last_access` None means that it was never used, or that Atlassian does not say when."""

    created_at: Moment = None
    last_access: Moment = None


class ApiTokens(RootModel[tuple[ApiToken, ...]]):
    """All tokens of one account."""


def used_since(tokens: Iterable[ApiToken], since: datetime) -> bool:
    """Whether one of *tokens* was used, or made for use, since then; one without any date counts as used."""
    moments = (token.last_access or token.created_at for token in tokens)
    return any(moment is None or moment >= since for moment in moments)
