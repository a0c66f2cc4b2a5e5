"""Patterns in the settings: texts in which ``*`` means any characters."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

ANY: Final = "*"


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern describes the whole text. Case and the number of blanks do not matter.

    >>> matches("tip*", "Tip for the team"), matches("Deposit", "deposit "), matches("*fee", "Coffee mug")
    (True, True, False)
    """
    literal = _folded(pattern).replace("[", "[[]").replace("?", "[?]")
    return fnmatchcase(_folded(text), literal)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
