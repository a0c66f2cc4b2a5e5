"""The warehouse's ship method of an order (R4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DOMESTIC = "US"
MOST_CODE_PAGES: Final = 20
"""Pages that are read of a list of codes: ship methods, pay methods, statuses of products. The documented ones have
one.
"""


def ship_method_from_settings(shop_names: tuple[str, ...], ship_methods: Mapping[str, str]) -> str | None:
    """The code the merchant's map gives for the first of the shop's shipping names that it knows."""
    mapped = {name.casefold(): code for name, code in ship_methods.items()}
    return next((mapped[name.casefold()] for name in shop_names if name.casefold() in mapped), None)


def ship_method_by_name(shop_names: tuple[str, ...], codes_by_name: Mapping[str, str]) -> str | None:
    """The code of the warehouse's ship method with the name of the shop's shipping product or profile."""
    known = {_fold(name): code for name, code in codes_by_name.items()}
    return next((known[_fold(name)] for name in shop_names if _fold(name) in known), None)


def default_ship_method(country: str, domestic: str, international: str) -> str:
    """The merchant's default. Domestic is the United States, where the warehouse is."""
    return domestic if country == DOMESTIC else international


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
