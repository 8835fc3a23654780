"""A build of the test that lacks one guard, or has a gap where the real one has none. The product itself has no switch for either."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "atlassian", "storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """In the file at `path`, from the root, `old` stands exactly once and becomes `new`."""

    path: str
    old: str
    new: str


class Unchangeable(ValueError):
    """The product does not read as the change expects: whoever rewrote the guard rewrites its control, too."""

    def __init__(self, change: Change, *, found: int) -> None:
        super().__init__(f"{change.path} has the text to change {found} times, not once:\n{change.old}")


def build(folder: Path, *changes: Change) -> Path:
    """Copy the product into *folder*, change it, and return the folder; raises Unchangeable."""
    for package in PACKAGES:
        # With what is compiled: a copy keeps its time, so only what is changed is compiled anew, and each build would cost 2 s of CPU.
        shutil.copytree(ROOT / package, folder / package)
    for change in changes:
        _apply(folder / change.path, change)
    return folder


def environment(folder: Path = ROOT) -> Mapping[str, str]:
    """What makes `comeback` the build in that *folder*, by default the product itself; the harness is found behind it."""
    return {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def _apply(path: Path, change: Change) -> None:
    text = path.read_text()
    if text.count(change.old) != 1:
        raise Unchangeable(change, found=text.count(change.old))
    path.write_text(text.replace(change.old, change.new))
