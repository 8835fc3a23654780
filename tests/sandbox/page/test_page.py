"""The page's own rules: it stands alone, builds nodes only, and reads Slack's text as Slack does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox import __path__ as sandbox_path

PAGE = Path(sandbox_path[0]) / "page"
HERE = Path(__file__).parent
SCRIPTS = sorted(PAGE.glob("*.js"))
OUTSIDE = re.compile(r"(?:src|href)=\"(?:https?:)?//|url\((?:https?:)?//|from \"https?:|import\(\"https?:")
MARKUP = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|eval|new Function)\b")


def test_every_import_names_a_module_of_the_folder() -> None:
    """A module that is missing would leave the page blank."""
    imported = {name for script in SCRIPTS for name in re.findall(r"from \"\./([\w.]+)\"", script.read_text())}
    assert imported <= {script.name for script in SCRIPTS}
    assert {script.name for script in SCRIPTS} - imported == {"app.js"}


def test_everything_that_the_document_asks_for_is_in_the_folder() -> None:
    """The page is served from its folder alone, and no style sheet is forgotten."""
    asked = re.findall(r"(?:href|src)=\"/page/([^\"]+)\"", (PAGE / "index.html").read_text())
    assert [name for name in asked if not (PAGE / name).is_file()] == []
    assert {f"css/{sheet.name}" for sheet in PAGE.glob("css/*.css")} <= set(asked)


@pytest.mark.parametrize("path", [PAGE / "index.html", *SCRIPTS, *sorted(PAGE.glob("css/*.css"))], ids=lambda path: path.name)
def test_nothing_comes_from_the_network_and_no_text_becomes_markup(path: Path) -> None:
    """What people and apps write is untrusted: it may enter the page as text nodes only."""
    source = path.read_text()
    assert OUTSIDE.search(source) is None
    assert MARKUP.search(source) is None


def test_text_is_read_as_slack_reads_it() -> None:
    """The rules of mrkdwn, dates and paths hold (Node runs them: the page has no build step)."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    run = subprocess.run([node, "--test", str(HERE / "mrkdwn.test.mjs")], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
