"""Which lines of an order the warehouse was not sent as they are, by Billbee's ids of the positions (R38)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from orderbridge.ledger.sku import Sku

if TYPE_CHECKING:
    from decimal import Decimal

    from orderbridge.ledger.order import Order
    from orderbridge.ledger.pricing import PricedLine
    from orderbridge.ledger.shown import Shown
    from orderbridge.orders.shipping_order import ShippingOrder


def changed_lines(sent: Shown | None, order: Order) -> tuple[int, ...]:
    """The indexes of the lines that are new or have another quantity. All of them if it is not known what was sent."""
    before = _positions(sent)
    return tuple(index for index, line in enumerate(order.lines) if before.get(str(line.position)) != line.quantity)


def added_pieces(sent: Shown | None, order: Order, shipping: ShippingOrder) -> Counter[Sku]:
    """The pieces of new lines, and those by which a line was raised. What went from other lines is not set off."""
    before, found = _positions(sent), Counter[Sku]()
    for line in shipping.lines:
        sold = order.lines[line.index]
        more = sold.quantity - before.get(str(sold.position), 0)
        if more > 0:
            for sku, count in _pieces(shipping, line).items():
                found[sku] += -int(-count * more // sold.quantity)  # rounded up
    return found


def pieces_of(shipping: ShippingOrder, lines: Collection[int]) -> Counter[Sku]:
    """The pieces of some lines of an order."""
    return sum((_pieces(shipping, line) for line in shipping.lines if line.index in lines), Counter[Sku]())


def _pieces(shipping: ShippingOrder, line: PricedLine) -> Counter[Sku]:
    """The pieces of a line, with a kit resolved."""
    contents = shipping.kits.get(line.sku)
    if contents is None:
        return Counter({Sku(line.sku): line.quantity})
    kits = shipping.kit_counts[line.sku]
    return Counter({Sku(sku): count * line.quantity // kits for sku, count in contents.items()})


def _positions(sent: Shown | None) -> Mapping[str, Decimal]:
    return sent.positions if sent is not None else {}
