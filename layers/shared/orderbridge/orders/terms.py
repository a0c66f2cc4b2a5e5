"""How an order is paid and how it travels, in the warehouse's codes (R4). An unpaid order is never declared prepaid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from orderbridge.platform.texts import one_line

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.merchants.settings import BibiSettings
    from orderbridge.orders.addresses import PostalAddress

CASH_ON_DELIVERY: Final = 2
ON_INVOICE: Final = frozenset({26, 51, 60})
"""Billbee's payment types under which the buyer pays later: invoice, Novalnet's invoice, settlement of a commission.
Invoices that a payment service has bought (Klarna, Billpay, PayPal) are paid as far as the shop is concerned.
"""
BEFORE_PAYMENT: Final = frozenset({1, 2, 11, 12, 14, 15})
"""Billbee's states before the payment: ordered, confirmed, two dunning levels, offered, reminded."""
DOMESTIC: Final = "US"
"""Where the warehouse is."""
MOST_CODE_PAGES: Final = 20
"""How many pages of a list of codes are read: ship methods, pay methods, statuses of products. The documented ones have
one.
"""


def is_prepaid(order: Order) -> bool:
    """Whether the shop has the money, by the payment type, the state and the date of payment."""
    if order.payment_type == CASH_ON_DELIVERY:
        return False
    return order.paid_at is not None or not (order.payment_type in ON_INVOICE or order.state in BEFORE_PAYMENT)


def pay_method(order: Order, prepaid: str, by_type: Mapping[int, str]) -> str | None:
    """The warehouse's code for how an order is paid, or None if the settings do not say.

    Args:
        prepaid: the code for a paid order.
        by_type: the merchant's codes by Billbee's payment type; they apply whether the order is paid or not.
    """
    if order.payment_type is not None and order.payment_type in by_type:
        return by_type[order.payment_type]
    return prepaid if is_prepaid(order) else None


def offer_code(order: Order, codes: Mapping[str, str]) -> str | None:
    """The offer code that the merchant's settings have for the shop: by its id, else its name, else its platform."""
    return code_for(order.shop, codes)


def code_for(names: Iterable[str], codes: Mapping[str, str]) -> str | None:
    """The code of the first of these names that has one. ``codes``: by name; case and blanks do not matter."""
    known = {_fold(name): code for name, code in codes.items()}
    return next((known[folded] for folded in map(_fold, names) if folded in known), None)


def default_ship_method(address: PostalAddress, bibi: BibiSettings) -> str:
    """The merchant's default for a country, else for the United States, where the warehouse is, or abroad. A territory
    of the United States may have a default of its own.
    """
    by_country = bibi.ship_methods_by_country
    general = bibi.default_ship_method if address.country == DOMESTIC else bibi.international_ship_method
    return by_country.get(address.destination) or by_country.get(address.country) or general


def _fold(name: str) -> str:
    return one_line(name).casefold()
