"""A product's number as shops, hub and warehouse write it, each with its own case and blanks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SKU_LIMIT: Final = 20
"""The warehouse's item numbers have at most 20 characters."""


@dataclass(frozen=True, eq=False)
class Sku:
    """A SKU. Two SKUs that differ only in case are equal; ``text`` keeps the spelling.

    >>> Sku(" Mug-01") == Sku("MUG-01"), Sku("0042") == Sku("42")
    (True, False)
    """

    text: str
    key: str = field(init=False, repr=False)
    """The form for comparisons and keys of SKUs."""

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
    """Counts by SKU; spellings that differ only in case are added up."""
    counts = Counter[Sku]()
    for sku, count in pieces.items():
        counts[Sku(sku)] += count
    return counts
