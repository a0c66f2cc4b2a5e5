"""A product's number as shops, hub and warehouse write it: each in its own case, with blanks around it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Sku:
    """A SKU. Two that differ in case alone name the same product; whoever needs the spelling keeps ``text``.

    >>> Sku(" Mug-01") == Sku("MUG-01"), Sku("0042") == Sku("42")
    (True, False)
    """

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip())

    @property
    def key(self) -> str:
        """The form in which SKUs are compared, and kept as keys."""
        return self.text.casefold()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sku) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text
