"""What a sentence that tells somebody some news is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A headline with its face, and what it means for the reader."""

    face: str
    title: str
    body: str = ""
