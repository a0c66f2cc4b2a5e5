"""What can be wrong with an order, in words a merchant can act on (R2).

Each kind of problem has a code that stays the same, so that documentation and people can refer to it.
The texts name fields and SKUs, never the content of an address: they are kept in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One reason for a rejection.

    Attributes:
        code: stable, e.g. ``"OB-101"``.
        text: what is wrong and what to do, one sentence.
    """

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.text} [{self.code}]"


NO_ADDRESS = Problem("OB-101", "The order has no shipping address: add one.")
NO_RECIPIENT = Problem("OB-102", "The shipping address has no name and no company: add the recipient.")
NO_STREET = Problem("OB-103", "The shipping address has no street: add it.")
NO_CITY = Problem("OB-104", "The shipping address has no city: add it.")
NO_POSTCODE = Problem("OB-105", "The shipping address has no postcode: add it.")
NO_COUNTRY = Problem("OB-106", "The shipping address has no country: choose one.")
NO_GOODS = Problem(
    "OB-110", "The order has no goods to ship: remove the order tag, or add a product that can be shipped."
)


def unknown_country() -> Problem:
    return Problem("OB-107", "The country of the shipping address is not a known country: choose it from the list.")


def unknown_state() -> Problem:
    return Problem("OB-108", "The state of the shipping address is not a US state: use its two-letter code.")


def unknown_currency(currency: str) -> Problem:
    return Problem("OB-109", f"The currency {currency[:12]!r} is not an ISO 4217 currency: correct it.")


def no_sku(line: int) -> Problem:
    return Problem("OB-111", f"Line {line} has no SKU: give the product a SKU that the warehouse knows.")


def long_sku(sku: str, limit: int) -> Problem:
    return Problem(
        "OB-112",
        f"The SKU {sku[:60]!r} has {len(sku)} characters, the warehouse takes at most {limit}: shorten it.",
    )


def bad_quantity(line: int, quantity: object) -> Problem:
    return Problem("OB-113", f"Line {line} has the quantity {quantity}: it must be a whole number of at least 1.")


def empty_bundle(sku: str) -> Problem:
    return Problem("OB-114", f"The bundle {sku[:60]!r} has no components: complete its bill of material.")


def bad_component(bundle: str, component: str) -> Problem:
    return Problem(
        "OB-115",
        f"The bundle {bundle[:60]!r} needs a part of a piece of {component[:60]!r}: amounts must be whole numbers.",
    )


def bad_ship_date(tag: str) -> Problem:
    return Problem("OB-116", f"The tag {tag[:40]!r} holds no date: write it as ship_on_2026-01-31.")


def no_number() -> Problem:
    return Problem("OB-117", "The order has no order number, and the merchant's setting asks for it: add one.")


def number_taken(number: str, other: int) -> Problem:
    return Problem(
        "OB-118",
        f"The order number {number[:40]!r} was already used for the Billbee order {other}: numbers must be unique.",
    )


def unreadable(what: str) -> Problem:
    return Problem("OB-119", f"The order cannot be read: {what}.")


def refused_by_warehouse(message: str) -> Problem:
    return Problem("OB-120", f"The warehouse refused the order: {message}")


# What the warehouse does with an order that the merchant has to know (R17).
BACKORDERED = Problem(
    "OB-201", "The warehouse has this order on backorder: an item is not in stock. Nothing has to be done."
)
BACKORDERED_WITH_OTHERS = Problem(
    "OB-202",
    "The warehouse holds a part of this order back until another item of it, on backorder, is in stock.",
)
DECLINED = Problem(
    "OB-203", "The warehouse declined this order and does not ship it: ask the warehouse for the reason."
)
CANCELLED = Problem("OB-204", "The warehouse cancelled this order or a part of it: that part is not shipped.")
RETURNED = Problem("OB-205", "This order or a part of it came back to the warehouse as a return.")


# What keeps a product from the warehouse (R19).
PRODUCT_WITHOUT_SKU = Problem("OB-301", "The product has no SKU: give it one.")


def product_without_ean(sku: str) -> Problem:
    return Problem("OB-302", f"The product {sku[:60]!r} has no EAN: add it.")


def sku_taken(sku: str, other: int) -> Problem:
    return Problem(
        "OB-303", f"The SKU {sku[:60]!r} already belongs to the product {other}: every product needs its own."
    )


def ean_taken(ean: str, other: int) -> Problem:
    return Problem(
        "OB-304", f"The EAN {ean[:20]!r} already belongs to the product {other}: every product needs its own."
    )


def product_refused(message: str) -> Problem:
    return Problem("OB-305", f"The warehouse refused the product: {message}")
