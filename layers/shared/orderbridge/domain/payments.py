"""How an order is paid, as the warehouse is told (R4). An unpaid order is never declared prepaid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderbridge.domain.order import Order

CASH_ON_DELIVERY: Final = 2
ON_INVOICE: Final = frozenset({26, 51, 60})
"""Billbee's payment types under which the buyer pays later: invoice, Novalnet's invoice, settlement of a commission.
Invoices that a payment service has bought (Klarna, Billpay, PayPal) are paid as far as the shop is concerned.
"""
BEFORE_PAYMENT: Final = frozenset({1, 2, 11, 12, 14, 15})
"""Billbee's states before the payment: ordered, confirmed, two dunning levels, offered, reminded."""


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
