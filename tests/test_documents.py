"""What the documents say holds a claim must be there: a test that was renamed or removed takes its claim along."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
_QUOTED = re.compile(r"`([^`\s]+)`")
# A bare name such as `pacing.py` is told apart by the sentence around it; a path, or a test, is meant literally.
_PLACE = re.compile(r"(?P<file>(?:\w+/)+\w+\.py|test_\w+\.py)?(?:::(?P<test>test_\w+))?")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_a_document_names_is_there(document: str, all_tests: frozenset[str]) -> None:
    """Each `file.py`, `file.py::test` and `::test` in backticks is a file, or a test in that file or in any."""
    missing = [place for place in _places((ROOT / document).read_text(encoding="utf-8")) if not _is_there(place, all_tests)]
    assert not missing


@pytest.fixture(scope="module")
def all_tests() -> frozenset[str]:
    """The names of all tests."""
    return frozenset(
        name for path in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    )


def _places(text: str) -> Iterator[re.Match[str]]:
    found = (_PLACE.fullmatch(word) for word in _QUOTED.findall(text))
    return (place for place in found if place and any(place.groups()))


def _is_there(place: re.Match[str], all_tests: frozenset[str]) -> bool:
    file, test = place["file"], place["test"]
    if file is None:
        return test in all_tests
    paths = [path for path in (ROOT / file, ROOT / "tests" / file) if path.is_file()] or list(ROOT.glob(f"tests/**/{file}"))
    return any(test is None or f"def {test}(" in path.read_text(encoding="utf-8") for path in paths)
