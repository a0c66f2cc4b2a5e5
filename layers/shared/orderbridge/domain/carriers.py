"""Who carries a parcel, in the shop's own terms (R15)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Longest first, so that "DHL Express" is not taken for "DHL"; the words must stand alone ("USPS" is not "UPS").
_CARRIER_WORDS = (
    "deutsche post", "dhl express", "parcelone", "hermes", "fedex", "iloxx", "liefery", "amazon", "usps", "dhl", "ups",
    "dpd", "gls", "tnt", "pin",
)  # fmt: skip


@dataclass(frozen=True)
class Carrier:
    """How the shop is told the carrier; all None where nothing is known.

    Attributes:
        carrier_id: a number of the shop's list of carriers.
        provider_id: a shipping provider set up in the merchant's account.
        product_id: one of that provider's products.
    """

    carrier_id: int | None = None
    provider_id: int | None = None
    product_id: int | None = None


@dataclass(frozen=True)
class ShippingProvider:
    """A shipping provider of the merchant's account with its products, by name."""

    id: int
    name: str
    products: Mapping[str, int]


def carrier_from_settings(ship_method: str, carriers: Mapping[str, int]) -> Carrier | None:
    """What the merchant's own map says, which always wins."""
    wanted = _fold(ship_method)
    return next((Carrier(carrier_id=number) for name, number in carriers.items() if _fold(name) == wanted), None)


def carrier_from_providers(ship_method: str, providers: tuple[ShippingProvider, ...]) -> Carrier | None:
    """A product, else a provider, of the merchant's account that is called like the ship method."""
    wanted = _fold(ship_method)
    for provider in providers:
        for name, number in provider.products.items():
            if _fold(name) == wanted:
                return Carrier(provider_id=provider.id, product_id=number)
    return next((Carrier(provider_id=p.id) for p in providers if _fold(p.name) == wanted), None)


def carrier_from_name(ship_method: str, carriers_by_name: Mapping[str, int]) -> Carrier | None:
    """The carrier whose name stands in the ship method's name, as the shop's list numbers it.

    >>> carrier_from_name("USPS First Class", {"UPS": 5, "USPS": 17})
    Carrier(carrier_id=17, provider_id=None, product_id=None)
    """
    by_letters = {re.sub(r"[^a-z0-9]", "", name.casefold()): number for name, number in carriers_by_name.items()}
    method = _fold(ship_method)
    for words in _CARRIER_WORDS:
        if re.search(rf"\b{words}\b", method) and (number := by_letters.get(words.replace(" ", ""))) is not None:
            return Carrier(carrier_id=number)
    return None


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
