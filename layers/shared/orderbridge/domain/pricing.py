"""From gross shop prices to the warehouse's net ones, exact to the cent (R3).

The identity that always holds for what is sent:

    goods + shipping + tax - discounts = the order's total + its shipping cost
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from orderbridge.domain.order import LineKind, Order, OrderLine

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Rounded to whole cents, halves away from zero, as invoices are."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Component:
    """One product of a bundle and how many pieces of it a single bundle holds."""

    sku: str
    amount: Decimal
    title: str = ""


@dataclass(frozen=True)
class PricedLine:
    """A line the warehouse picks: whole pieces at a net unit price in cents."""

    sku: str
    quantity: int
    unit_price: Decimal
    title: str


@dataclass(frozen=True)
class Discount:
    """Money off the order. A negative amount is a fee."""

    code: str
    amount: Decimal


@dataclass(frozen=True)
class Totals:
    """The money of one order, in its own currency."""

    goods: Decimal
    shipping: Decimal
    tax: Decimal
    discounts: tuple[Discount, ...]


def totals(order: Order) -> Totals:
    """All the money of an order, goods or not.

    ``goods`` is the price of what is shipped, so that it agrees with the lines. Everything else is a discount,
    or a fee where it makes the order dearer: coupons, discount lines, digital lines, and whatever part of the
    order's total its lines do not explain. Rounding goes into the goods.
    """
    lines = _with_line_discounts(order)
    shipped = [line for line in lines if line.kind is LineKind.GOODS]
    goods = cents(sum((line.price - line.tax for line in shipped), Decimal(0)))
    tax = cents(sum((line.tax for line in lines), Decimal(0)))
    discounts = [
        Discount(_code(line.title), cents(line.tax - line.price)) for line in lines if line.kind is not LineKind.GOODS
    ]
    shipping = cents(order.shipping_cost)
    surplus = goods + shipping + tax - sum((d.amount for d in discounts), Decimal(0))
    surplus -= cents(order.total) + shipping
    if abs(surplus) <= CENT * max(1, len(lines)):
        goods -= surplus
    else:
        discounts.append(Discount("ADJUSTMENT", surplus))
    return Totals(goods, shipping, tax, tuple(d for d in discounts if d.amount))


def price_lines(order: Order, components: Mapping[int, Sequence[Component]]) -> list[PricedLine]:
    """The lines to pick, bundles resolved into their components, in the order of the order.

    Args:
        components: for the index of each bundle line, what one bundle consists of. Quantities must have been checked.
    """
    priced: list[PricedLine] = []
    for index, line in enumerate(_with_line_discounts(order)):
        if line.kind is not LineKind.GOODS:
            continue
        net = line.price - line.tax
        if index in components:
            priced += _spread(net, int(line.quantity), components[index])
        else:
            priced.append(PricedLine(line.sku, int(line.quantity), cents(net / line.quantity), line.title))
    return priced


def _spread(net: Decimal, quantity: int, components: Sequence[Component]) -> list[PricedLine]:
    """Spread a bundle's net price over its pieces evenly, so that quantities times unit prices give exactly that price.

    Every piece costs the floor of the even share; the cents that are left go to one component whose quantity divides
    them,
    or, where there is none, to some pieces of a component on a line of their own.
    """
    pieces = [int(component.amount * quantity) for component in components]
    total = int(cents(net) / CENT)
    base, left = divmod(total, sum(pieces))
    lines = [PricedLine(c.sku, n, base * CENT, c.title) for c, n in zip(components, pieces, strict=True)]
    if not left:
        return lines
    for at, line in enumerate(lines):
        if left % line.quantity == 0:
            extra = left // line.quantity
            lines[at] = PricedLine(line.sku, line.quantity, line.unit_price + extra * CENT, line.title)
            return lines
    at = max(range(len(lines)), key=lambda i: lines[i].quantity)
    line = lines[at]
    dearer = next(n for n in range(line.quantity - 1, 0, -1) if left % n == 0)
    raised = line.unit_price + (left // dearer) * CENT
    lines[at : at + 1] = [
        PricedLine(line.sku, line.quantity - dearer, line.unit_price, line.title),
        PricedLine(line.sku, dearer, raised, line.title),
    ]
    return lines


def _with_line_discounts(order: Order) -> list[OrderLine]:
    """Settle whether line prices are before or after their discount percentage.

    The documentation leaves it open, the order's total decides: prices count as already reduced unless only the
    reduced prices
    add up to the total.
    """
    as_given = list(order.lines)
    if not any(line.discount_percent for line in as_given):
        return as_given
    reduced = [_reduce(line) for line in as_given]
    tolerance = CENT * len(as_given)
    misses_as_given = abs(sum((line.price for line in as_given), Decimal(0)) - order.total)
    misses_reduced = abs(sum((line.price for line in reduced), Decimal(0)) - order.total)
    return reduced if misses_reduced <= tolerance < misses_as_given else as_given


def _reduce(line: OrderLine) -> OrderLine:
    factor = 1 - line.discount_percent / 100
    return line.model_copy(update={"price": cents(line.price * factor), "tax": cents(line.tax * factor)})


def _code(title: str) -> str:
    """A discount's code for the warehouse: the line's title, else a neutral word."""
    return " ".join(title.split())[:40] or "DISCOUNT"
