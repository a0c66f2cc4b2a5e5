"""A product's number as shops, hub and warehouse write it: each in its own case, with blanks around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SKU_LIMIT: Final = 20
"""The warehouse's item numbers have at most 20 characters."""


@dataclass(frozen=True, eq=False)
class Sku:
    """A SKU. Two that differ in case alone name the same product; whoever needs the spelling keeps ``text``.

    >>> Sku(" Mug-01") == Sku("MUG-01"), Sku("0042") == Sku("42")
    (True, False)
    """

    text: str
    key: str = field(init=False, repr=False)
    """The form in which SKUs are compared, and kept as keys."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip())
        object.__setattr__(self, "key", self.text.casefold())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sku) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text


def by_sku(pieces: Mapping[str, int]) -> Counter[Sku]:
    """Counts by SKU; those of spellings that differ in case alone are added up."""
    counts = Counter[Sku]()
    for sku, count in pieces.items():
        counts[Sku(sku)] += count
    return counts
