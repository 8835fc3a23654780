"""
Writes what the documentation takes from the code: the README's settings table and lifecycle diagram, and `manifest.json`.

    python -m docs.generate [--check]

With --check nothing is written, and the exit code is 1 when something is out of date.
"""

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from bot.settings import SECTIONS, Product, ProductSettings
from bot.settings.problems import meaning_of, nested_model
from bot.settings.section import variable
from bot.slack import manifest
from storage.lifecycle import REQUEST_MOVES, RequestStatus

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
MANIFEST = ROOT / "manifest.json"
EXAMPLE_SETTINGS = ROOT / "comeback.example.toml"


def settings_table() -> str:
    """The settings as a Markdown table, in the order of the sections."""
    rows = [row for section in SECTIONS for name, field in section.model_fields.items() for row in _rows(name, field)]
    return "\n".join(["| Variable | What for | Default |", "|---|---|---|", *rows])


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
    moves = [f"    {source} --> {target}" for source in RequestStatus for target in RequestStatus if target in REQUEST_MOVES[source]]
    ends = [f"    {status} --> [*]" for status in RequestStatus if not REQUEST_MOVES[status]]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {RequestStatus.PENDING}", *moves, *ends, "```"])


def with_generated(readme: str) -> str:
    """*readme* with both parts as they are now; raises ValueError where a pair of markers is missing."""
    for marker, text in (("settings", settings_table()), ("lifecycle", lifecycle_diagram())):
        between = re.compile(rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)", re.DOTALL)
        # Escaped, as the text stands in for a template.
        template = text.replace("\\", "\\\\")
        readme, found = between.subn(rf"\g<1>{template}\n\g<2>", readme)
        if found != 1:
            raise ValueError(f"the README needs one pair of <!-- {marker} --> and <!-- /{marker} -->")
    return readme


def example_manifest() -> str:
    """`manifest.json`: the app of the example settings, in Socket Mode."""
    example = tomllib.loads(EXAMPLE_SETTINGS.read_text(encoding="utf-8"))
    settings = ProductSettings.model_validate({"products": example["products"]})
    return json.dumps(manifest.build(settings.products), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write, or with --check compare; 1 when something was out of date and is only compared."""
    parser = argparse.ArgumentParser(description="Generate the README's tables and manifest.json from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when something is out of date")
    check = parser.parse_args().check
    wanted = {README: with_generated(README.read_text(encoding="utf-8")), MANIFEST: example_manifest()}
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            print(f"{path.name} is out of date: run python -m docs.generate", file=sys.stderr)
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
