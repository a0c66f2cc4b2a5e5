"""Who carries a parcel, in the shop's own terms (R15)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

_CARRIERS: Final[tuple[tuple[str, ...], ...]] = (
    ("dhl express",),
    ("dhl",),
    ("hermes",),
    ("dpd",),
    ("ups", "united parcel service"),
    ("gls",),
    ("deutsche post", "dpag"),
    ("oepost", "öpost", "oe post", "österreichische post", "austrian post"),
    ("fedex", "fed ex", "federal express"),
    ("go!", "general overnight"),
    ("tnt",),
    ("liefery",),
    ("iloxx",),
    ("parcel one", "parcelone"),
    ("cargo international",),
    ("pin", "pin mail"),
    ("usps", "us postal service", "u s postal service", "united states postal service"),
    ("amazon", "amazon logistics", "amazon shipping"),
)
"""One carrier a line, with all its names in ship methods and in the shop's list.

Such a list holds display names ("Deutsche Post") or identifiers (``dpag``, ``usPostalService``, ``pin_mail``).
"""


@dataclass(frozen=True)
class Carrier:
    """How the shop is told the carrier; all None if nothing is known.

    Attributes:
        carrier_id: a number of the shop's list of carriers.
        provider_id: a shipping provider set up in the merchant's account.
        product_id: one of that provider's products.
    """

    carrier_id: int | None = None
    provider_id: int | None = None
    product_id: int | None = None


@dataclass(frozen=True)
class ShippingProduct:
    """A product of a shipping provider, with the names it goes by: the one that merchants see comes first."""

    id: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class ShippingProvider:
    """A shipping provider of the merchant's account with its products."""

    id: int
    name: str
    products: tuple[ShippingProduct, ...] = ()


def find_carrier(
    ship_method: str,
    mapped: Mapping[str, int],
    *,
    providers: Callable[[], tuple[ShippingProvider, ...]],
    carriers: Callable[[], Mapping[str, int]],
) -> Carrier:
    """The carrier by the merchant's map, by a provider or product of the same name, or by the name itself. An empty
    `Carrier` if all of these find nothing.

    Args:
        providers, carriers: give the account's providers and the shop's carriers. Each is called only if the earlier
            ways find nothing.
    """
    if found := carrier_from_settings(ship_method, mapped):
        return found
    if not ship_method.strip():
        return Carrier()
    if found := carrier_from_providers(ship_method, providers()):
        return found
    return carrier_from_name(ship_method, carriers()) or Carrier()


def carrier_from_settings(ship_method: str, carriers: Mapping[str, int]) -> Carrier | None:
    """What the merchant's own map says, which always wins."""
    wanted = _fold(ship_method)
    found = (Carrier(carrier_id=number) for name, number in carriers.items() if wanted and _fold(name) == wanted)
    return next(found, None)


def carrier_from_providers(ship_method: str, providers: tuple[ShippingProvider, ...]) -> Carrier | None:
    """A product, or else a provider, of the merchant's account with the name of the ship method.

    The names that merchants see come first. A parcel without a ship method has no provider.
    """
    wanted = _fold(ship_method)
    if not wanted:
        return None
    products = [(provider, product) for provider in providers for product in provider.products]
    for place in range(max((len(product.names) for _, product in products), default=0)):
        for provider, product in products:
            if [_fold(name) for name in product.names[place : place + 1]] == [wanted]:
                return Carrier(provider_id=provider.id, product_id=product.id)
    return next((Carrier(provider_id=p.id) for p in providers if _fold(p.name) == wanted), None)


def carrier_from_name(ship_method: str, carriers_by_name: Mapping[str, int]) -> Carrier | None:
    """The carrier that the ship method's name names, as the shop's list numbers it.

    If a name holds several carriers, the longest counts, so that "DHL Express" is not "DHL"; only whole words count
    ("USPS" is not "UPS"). If a ship method names no carrier, an entry of the list may have its name.

    >>> carrier_from_name("USPS First Class", {"UPS": 5, "usPostalService": 17})
    Carrier(carrier_id=17, provider_id=None, product_id=None)
    """
    by_letters = {_letters(name): number for name, number in carriers_by_name.items() if _letters(name)}
    method = _words(ship_method)
    named = sorted(
        ((len(name), names) for names in _CARRIERS for name in names if _stands_in(name, method)), reverse=True
    )
    for _, names in named:
        if (number := next((by_letters[key] for key in map(_letters, names) if key in by_letters), None)) is not None:
            return Carrier(carrier_id=number)
    number = by_letters.get(_letters(ship_method))
    return None if number is None else Carrier(carrier_id=number)


def _stands_in(name: str, method: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", method) is not None


def _words(name: str) -> str:
    """Folded, with other separators as spaces."""
    return _fold(re.sub(r"[\s._/-]+", " ", name))


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
