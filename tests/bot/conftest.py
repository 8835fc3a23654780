"""Fixtures for tests of the bot."""

from pathlib import Path

import pytest

from tests.bot.outside import Outside


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Outside:
    """An empty working directory, and no setting of ours in the environment."""
    place = Outside(directory=tmp_path, monkeypatch=monkeypatch)
    place.clear()
    return place
