"""What the README says about settings and states is made from the code."""

import pytest

from bot.settings import Settings
from bot.settings.problems import known_variables
from docs import generate
from storage.lifecycle import REQUEST_MOVES

README = "# C\n<!-- settings -->\nstale text\n<!-- /settings -->\ntext\n<!-- lifecycle -->\n<!-- /lifecycle -->\nend\n"


def test_every_setting_is_in_the_table() -> None:
    """A setting that is not in the table does not exist for an admin."""
    table = generate.settings_table()
    plain = set(known_variables(Settings.model_fields)) - {
        f"COMEBACK_{table}" for table in ("PRODUCTS", "REQUESTS", "IDLE", "AUDIT", "MAIL", "SIEM")
    }
    assert all(f"| `{name}` | " in table for name in plain)
    assert "| `COMEBACK_PRODUCTS__<KEY>__RESOURCE` | " in table
    assert {line.count("|") for line in table.splitlines()} == {4}


def test_every_move_is_in_the_diagram() -> None:
    """The picture shows the moves that the code allows, and no other."""
    arrows = [line.strip() for line in generate.lifecycle_diagram().splitlines() if "-->" in line]
    moves = [f"{source} --> {target}" for source, targets in REQUEST_MOVES.items() for target in targets]
    ends = [f"{status} --> [*]" for status, targets in REQUEST_MOVES.items() if not targets]
    assert sorted(arrows) == sorted(["[*] --> pending", *moves, *ends])


def test_only_what_is_between_the_markers_changes() -> None:
    """The rest of the README belongs to its author, and doing it twice changes nothing."""
    parts = generate.PARTS[generate.README]
    written = generate.with_generated(README, parts)
    assert written.startswith("# C\n<!-- settings -->\n| Variable")
    assert "stale text" not in written
    assert "<!-- /settings -->\ntext\n<!-- lifecycle -->\n```mermaid" in written
    assert written.endswith("```\n<!-- /lifecycle -->\nend\n")
    assert generate.with_generated(written, parts) == written


def test_lost_marker_is_told() -> None:
    """A marker that somebody removed must not make the check pass for ever."""
    with pytest.raises(ValueError, match="<!-- lifecycle -->"):
        generate.with_generated(README.replace("<!-- lifecycle -->", ""), generate.PARTS[generate.README])


def test_the_readme_shows_what_nobody_can_do_without() -> None:
    """Exactly the settings that stop the start where they are missing, and the one that chooses the transport."""
    names = [line.split("`")[1] for line in generate.required_table().splitlines()[2:]]
    assert names[:3] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"]
    assert {"ATLASSIAN_API_KEY", "COMEBACK_APPROVERS", "COMEBACK_PRODUCTS__<KEY>__RESOURCE"} <= set(names)
    assert "DATABASE_URL" not in names
