"""
Writes what the documentation takes from the code: the tables of settings, the diagrams of lives, and `manifest.json`.

    python -m docs.generate [--check]

With --check nothing is written, and the exit code is 1 when something is out of date.
"""

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from bot.settings import SECTIONS, Product, ProductSettings
from bot.settings.problems import meaning_of, nested_model
from bot.settings.section import variable
from bot.slack import manifest
from storage.lifecycle import RECLAIM_MOVES, REQUEST_MOVES, ReclaimStatus, RequestStatus

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
SETTINGS = ROOT / "docs" / "settings.md"
HOW_IT_WORKS = ROOT / "docs" / "how-it-works.md"
MANIFEST = ROOT / "manifest.json"
EXAMPLE_SETTINGS = ROOT / "comeback.example.toml"


def settings_table() -> str:
    """The settings as a Markdown table, in the order of the sections."""
    return "\n".join(["| Variable | What for | Default |", "|---|---|---|", *_all_rows()])


def required_table() -> str:
    """Those of them that nobody can do without, and what decides between Socket Mode and HTTP."""
    needed = [row for row in _all_rows() if "required" in row.rpartition(" | ")[2] or row.startswith("| `SLACK_APP_TOKEN`")]
    return "\n".join(["| Variable | What for | Default |", "|---|---|---|", *needed])


def _all_rows() -> Iterator[str]:
    for section in SECTIONS:
        for name, field in section.model_fields.items():
            yield from _rows(name, field)


def _rows(name: str, field: FieldInfo) -> Iterator[str]:
    nested = nested_model(name)
    if nested is None:
        yield _row(variable(name), field)
        return
    prefix = f"{variable(name)}__<KEY>" if nested is Product else variable(name)
    for inner, inner_field in nested.model_fields.items():
        if inner != "key":
            yield _row(f"{prefix}__{inner.upper()}", inner_field)


def _row(name: str, field: FieldInfo) -> str:
    meaning = meaning_of(field)
    if meaning is None:
        raise ValueError(f"{name} has no meaning to show")
    return f"| `{name}` | {meaning.purpose} | {meaning.otherwise or _default(field)} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    default = field.get_default()
    return "" if default is None else f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def lifecycle_diagram() -> str:
    """The life of a request as a Mermaid state diagram."""
    return _diagram(RequestStatus, REQUEST_MOVES, begins=RequestStatus.PENDING)


def reclaim_diagram() -> str:
    """The life of a reclaim, likewise."""
    return _diagram(ReclaimStatus, RECLAIM_MOVES, begins=ReclaimStatus.PLANNED)


def _diagram(statuses: type[StrEnum], moves: Mapping[Any, frozenset[Any]], *, begins: StrEnum) -> str:
    arrows = [f"    {source} --> {target}" for source in statuses for target in statuses if target in moves[source]]
    ends = [f"    {status} --> [*]" for status in statuses if not moves[status]]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {begins}", *arrows, *ends, "```"])


PARTS: Mapping[Path, Mapping[str, Callable[[], str]]] = {
    README: {"settings": required_table, "lifecycle": lifecycle_diagram},
    SETTINGS: {"settings": settings_table},
    HOW_IT_WORKS: {"reclaim": reclaim_diagram},
}
"""Which part of which page is written, by the name of its markers."""


def with_generated(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """*page* with its parts as they are now; raises ValueError where a pair of markers is missing."""
    for marker, write in parts.items():
        text = write()
        between = re.compile(rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)", re.DOTALL)
        # Escaped, as the text stands in for a template.
        template = text.replace("\\", "\\\\")
        page, found = between.subn(rf"\g<1>{template}\n\g<2>", page)
        if found != 1:
            raise ValueError(f"the page needs one pair of <!-- {marker} --> and <!-- /{marker} -->")
    return page


def example_manifest() -> str:
    """`manifest.json`: the app of the example settings, in Socket Mode."""
    example = tomllib.loads(EXAMPLE_SETTINGS.read_text(encoding="utf-8"))
    settings = ProductSettings.model_validate({"products": example["products"]})
    return json.dumps(manifest.build(settings.products), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write, or with --check compare; 1 when something was out of date and is only compared."""
    parser = argparse.ArgumentParser(description="Generate the tables and diagrams of the documentation, and manifest.json, from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when something is out of date")
    check = parser.parse_args().check
    wanted = {page: with_generated(page.read_text(encoding="utf-8"), parts) for page, parts in PARTS.items()} | {
        MANIFEST: example_manifest()
    }
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            print(f"{path.name} is out of date: run python -m docs.generate", file=sys.stderr)
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
