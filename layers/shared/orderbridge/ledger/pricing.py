"""From gross shop prices to the warehouse's net ones, exact to the cent (R3).

The identity that always holds for what is sent:

    goods + shipping + tax - discounts = what the order costs

What an order costs is the sum of its lines, its shipping and an adjustment that the shop names. The shop also states a
total, without saying whether shipping is part of it. That total decides cents of rounding. If it fits neither way,
nothing is made up to reach it: `Totals.unexplained` is the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from math import isqrt

from orderbridge.ledger.order import LineKind, Order
from orderbridge.platform.tables import CURRENCY_DIGITS

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Rounded to whole cents, halves away from zero, as invoices are."""
    return rounded(amount, CENT)


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """Rounded to whole units, halves away from zero."""
    return amount.quantize(unit, rounding=ROUND_HALF_UP)


def smallest_unit(currency: str) -> Decimal:
    """The smallest amount of a currency, by its ISO 4217 code.

    >>> smallest_unit("KWD"), smallest_unit("EUR"), smallest_unit("JPY")
    (Decimal('0.001'), Decimal('0.01'), Decimal('1'))
    """
    return Decimal(1).scaleb(-CURRENCY_DIGITS.get(currency.strip().upper(), 2))


def rounding_of(currency: str, amounts: int) -> Decimal:
    """By how much the sum of so many amounts may differ because each was rounded: a cent each, or more where the
    currency has none.
    """
    return max(CENT, smallest_unit(currency)) * max(1, amounts)


@dataclass(frozen=True)
class Component:
    """One product of a bundle and how many pieces of it a single bundle holds."""

    sku: str
    amount: Decimal
    title: str = ""
    product_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class PricedLine:
    """A line the warehouse picks: whole pieces, at least one, at a net unit price in cents."""

    sku: str
    quantity: int
    unit_price: Decimal
    title: str = field(repr=False)
    """Its description, which may hold the buyer's text."""
    index: int = field(default=0, compare=False)
    """Of the order's line that it comes from."""

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"a line of {self.quantity} pieces of {self.sku!r}")


@dataclass(frozen=True)
class Discount:
    """A discount on the order. A negative amount is the price of something that is sold and not shipped."""

    code: str
    amount: Decimal


@dataclass(frozen=True)
class Totals:
    """The money of one order, in its own currency, in cents or in what is smaller there.

    Attributes:
        shipping: shipping and handling, gross.
        unexplained: by how much the shop's total differs from what the order costs, with and without shipping; 0 if it
            fits.
    """

    goods: Decimal
    shipping: Decimal
    tax: Decimal
    discounts: tuple[Discount, ...]
    unexplained: Decimal = Decimal(0)

    @property
    def paid(self) -> Decimal:
        """What the order costs, shipping and tax included."""
        return self.goods + self.shipping + self.tax - sum((one.amount for one in self.discounts), Decimal(0))

    def converted(self, rate: Decimal) -> Totals:
        """The same money in another currency. What is paid is converted and rounded, and the parts add up to it.
        Each part is less than a cent away from its exact amount.
        """
        parts = (self.goods, self.shipping, self.tax, *(-one.amount for one in self.discounts))
        goods, shipping, tax, *rest = _rounded_together([part * rate for part in parts])
        discounts = (replace(one, amount=-amount) for one, amount in zip(self.discounts, rest, strict=True))
        kept = tuple(one for one in discounts if one.amount)
        return Totals(goods, shipping, tax, kept, cents(self.unexplained * rate))


def _rounded_together(amounts: Sequence[Decimal]) -> list[Decimal]:
    """The amounts in whole cents, which add up to their rounded sum: those with the largest remainders are rounded
    up.
    """
    floors = [amount.quantize(CENT, rounding=ROUND_FLOOR) for amount in amounts]
    missing = int((cents(sum(amounts, Decimal(0))) - sum(floors, Decimal(0))) / CENT)
    largest = sorted(range(len(amounts)), key=lambda at: floors[at] - amounts[at])[:missing]
    return [floor + CENT * (at in largest) for at, floor in enumerate(floors)]


def totals(order: Order) -> Totals:
    """All the money of an order, not only that of goods.

    ``goods`` is the price of what is shipped, so it agrees with the lines. Other lines are discounts: coupons with
    their amount, digital lines and fees with a negative amount. Rounding goes into the goods.
    """
    unit = min(CENT, smallest_unit(order.currency))
    shipped = [line for line in order.lines if line.kind is LineKind.GOODS]
    goods = rounded(sum((line.price - line.tax for line in shipped), Decimal(0)), unit)
    tax = rounded(sum((line.tax for line in order.lines), Decimal(0)), unit)
    discounts = [
        Discount(_code(line.title), rounded(line.tax - line.price, unit))
        for line in order.lines
        if line.kind is not LineKind.GOODS
    ]
    paid, adjustment = _paid(order, unit)
    shipping = rounded(order.shipping_cost, unit)
    if adjustment < 0:
        discounts.append(Discount(_code(order.adjustment_reason), -adjustment))
    else:
        shipping += adjustment
    named = Totals(goods, shipping, tax, tuple(one for one in discounts if one.amount))
    if paid is None:
        return replace(named, unexplained=rounded(order.total, unit) - named.paid)
    rounding = paid - named.paid
    return replace(named, goods=goods + rounding) if goods + rounding >= 0 else named


def _paid(order: Order, unit: Decimal) -> tuple[Decimal | None, Decimal]:
    """What the order costs by the shop's total, None if that fits neither with shipping nor without; and the adjustment
    in it.
    """
    lines = sum((line.price for line in order.lines), Decimal(0))
    amounts = (order.total, order.shipping_cost, order.adjustment)
    total, shipping, adjustment = (rounded(amount, unit) for amount in amounts)
    readings = [(total + beside, part) for part in (adjustment, Decimal(0)) for beside in (Decimal(0), shipping)]

    def misses(reading: tuple[Decimal, Decimal]) -> Decimal:
        cost, part = reading
        return abs(lines + part + shipping - cost)

    closest = min(readings, key=misses)
    return closest if misses(closest) <= rounding_of(order.currency, len(order.lines)) else (None, adjustment)


def price_lines(
    order: Order,
    components: Mapping[int, Sequence[Component]],
    descriptions: Mapping[int, str] | None = None,
    rate: Decimal = Decimal(1),
) -> list[PricedLine]:
    """The lines to pick, with bundles resolved into their components, in the sequence of the order's lines.

    Args:
        components: for the index of each bundle line, what one bundle consists of. Quantities must have been checked.
        descriptions: of lines with more than a title, by their index.
        rate: converts the prices into the warehouse's currency.
    """
    priced: list[PricedLine] = []
    for index, line in enumerate(order.lines):
        if line.kind is not LineKind.GOODS:
            continue
        net = (line.price - line.tax) * rate
        title = (descriptions or {}).get(index, line.title)
        if index in components:
            found = _spread(net, int(line.quantity), components[index])
        elif line.pieces_per_sale != 1:
            pieces = Component(line.sku, line.quantity * line.pieces_per_sale, title)
            found = _spread(net, 1, (pieces,))
        else:
            found = [PricedLine(line.sku, int(line.quantity), cents(net / line.quantity), title)]
        priced += [replace(one, index=index) for one in found]
    return priced


def _spread(net: Decimal, quantity: int, components: Sequence[Component]) -> list[PricedLine]:
    """Spread a bundle's net price over its pieces evenly, so that quantities times unit prices give exactly that price.

    Every piece costs the floor of the even share. The remaining cents go to one component whose quantity divides them,
    or, if there is none, to some pieces of a component on a line of their own.
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
    dearer = _largest_divisor(left, below=line.quantity)
    raised = line.unit_price + (left // dearer) * CENT
    lines[at : at + 1] = [
        PricedLine(line.sku, line.quantity - dearer, line.unit_price, line.title),
        PricedLine(line.sku, dearer, raised, line.title),
    ]
    return lines


def _largest_divisor(number: int, *, below: int) -> int:
    """Without a step for each piece, because a mistyped quantity may be a billion."""
    pairs = ((one, number // one) for one in range(1, isqrt(number) + 1) if number % one == 0)
    return max(one for pair in pairs for one in pair if one < below)


def _code(title: str) -> str:
    """A discount's code for the warehouse: the line's title, else a neutral word."""
    return " ".join(title.split())[:40] or "DISCOUNT"
