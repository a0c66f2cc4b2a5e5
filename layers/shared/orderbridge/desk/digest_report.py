"""A digest in words, in its parts: the e-mail has them as text, the board as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LISTED: Final = 20
"""How many entries of a section are listed; the rest is counted."""


@dataclass(frozen=True)
class Section:
    """A heading with what belongs under it.

    Attributes:
        count: None if nothing is counted.
        more: in words, how many are not listed; empty if all are.
    """

    title: str
    count: int | None = None
    entries: tuple[str, ...] = ()
    more: str = ""

    @property
    def heading(self) -> str:
        return self.title if self.count is None else f"{self.title}: {self.count}"


@dataclass(frozen=True)
class Report:
    """What a digest says.

    Attributes:
        counts: lines of what happened, each with its number.
    """

    title: str
    counts: tuple[str, ...]
    sections: tuple[Section, ...]

    def as_text(self, link: str = "") -> str:
        """The whole digest for an e-mail. ``link``: where the same is shown as a page."""
        lines = [self.title, "", *self.counts]
        for section in self.sections:
            lines += ["", *_lines(section)]
        return "\n".join([*lines, *(["", link] if link else [])]) + "\n"


def _lines(section: Section) -> Iterator[str]:
    yield section.heading
    yield from (f"- {entry}" for entry in section.entries)
    if section.more:
        yield section.more
