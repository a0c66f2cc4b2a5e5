"""Whether an order is billed as it was sold (R20): what the invoice should say, and each difference in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.order import LineKind, Order
from orderbridge.ledger.pricing import CENT, cents, rounding_of, totals

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Language

_GROSS_BASED: Final = Decimal("0.0001")
"""The rounding of an invoice with gross prices; one with net prices rounds to cents."""
_GOODS: Final = frozenset({"", "principal"})
"""Kinds of items that count as pieces. For all others (shipping, discount, coupon, digital …) only the money counts."""
_NAMED: Final = 12
"""How many differences a message names; the rest is counted."""


@dataclass(frozen=True)
class BilledItem:
    """One item of an invoice. ``number`` is the product's, and may be empty."""

    number: str
    quantity: Decimal
    kind: str = "principal"


@dataclass(frozen=True)
class Invoice:
    """An order in the billing system. Money is in ``currency``, ``total`` is gross.

    Attributes:
        net_based: it was computed with net prices.
    """

    currency: str
    total: Decimal
    tax: Decimal
    net: Decimal
    net_based: bool = False
    cancelled: bool = False
    items: tuple[BilledItem, ...] = ()


@dataclass(frozen=True)
class Expected:
    """What the invoice of an order should say.

    Attributes:
        total: gross, with shipping.
        taxes: the possible amounts of tax, the likeliest first. The shop does not say what tax its shipping cost
            contains.
        pieces: sold pieces by SKU, bundles as they were sold.
        shipped: pieces by SKU as they were shipped, bundles resolved; an invoice may name those instead.
        others: folded SKUs of sold items that are not shipped.
        nameless: how many lines link a product and have no SKU; an invoice may name the product's (R41).
        lines: how many lines may each be rounded by a cent.
    """

    currency: str
    total: Decimal
    taxes: tuple[Decimal, ...]
    pieces: Mapping[str, Decimal]
    shipped: Mapping[str, Decimal]
    others: frozenset[str]
    lines: int
    nameless: int = 0


class Field(StrEnum):
    """In what an invoice may differ."""

    CANCELLED = "cancelled"
    CURRENCY = "currency"
    TOTAL = "total"
    TAX = "tax"
    NET = "net"
    ITEM = "item"


@dataclass(frozen=True)
class Difference:
    """One difference between what ``should`` be and what is ``billed``: an amount with its currency, or pieces of an
    item.
    """

    field: Field
    should: str = ""
    billed: str = ""
    sku: str = ""

    def say(self, language: Language = "en") -> str:
        german = language == "de"
        if self.field is Field.CANCELLED:
            return "sie ist dort storniert" if german else "it is cancelled there"
        if self.field is Field.ITEM:
            return (
                f"{self.sku[:60]}: {self.billed} statt {self.should} Stück abgerechnet"
                if german
                else f"{self.sku[:60]}: {self.billed} billed instead of {self.should}"
            )
        if german:
            name = {Field.CURRENCY: "Währung", Field.TOTAL: "Summe", Field.TAX: "Steuer", Field.NET: "netto"}[
                self.field
            ]
            return f"{name} {self.billed.replace('.', ',')} statt {self.should.replace('.', ',')}"
        return f"{self.field} {self.billed} instead of {self.should}"


def in_words(differences: Sequence[Difference], language: Language = "en") -> str:
    """All differences in one sentence, without its full stop."""
    said = [difference.say(language) for difference in differences[:_NAMED]]
    if len(differences) > _NAMED:
        said.append(f"{'und weitere' if language == 'de' else 'and more'}: {len(differences) - _NAMED}")
    return "; ".join(said)


def expected(order: Order, shipped: Mapping[str, int]) -> Expected:
    """What the invoice of an order should say.

    Args:
        shipped: pieces by SKU as the warehouse got them; empty if not known.
    """
    money = totals(order)
    pieces: Counter[str] = Counter()
    others = set()
    for line in order.lines:
        if line.kind is not LineKind.GOODS:
            others.add(_folded(line.sku))
        elif line.sku.strip():
            pieces[line.sku.strip()] += line.quantity  # type: ignore[assignment]  # a shop's quantity is a Decimal
    return Expected(
        currency=order.currency.strip().upper(),
        # If the order's own figures disagree, an invoice follows the total that the shop states.
        total=money.paid + money.unexplained,
        taxes=tuple(money.tax + tax for tax in _taxes_of_shipping(order, money.shipping)),
        pieces={sku: Decimal(count) for sku, count in pieces.items()},
        shipped={sku: Decimal(count) for sku, count in shipped.items()},
        others=frozenset(others - {""}),
        lines=len(order.lines) + bool(money.shipping),
        nameless=sum(line.product_id is not None and not line.sku.strip() for line in order.lines),
    )


def differences(wanted: Expected, invoice: Invoice) -> tuple[Difference, ...]:
    """Field by field, the most important first. A cent per line is put down to rounding.

    Amounts in another currency are not compared.
    """
    return (*_cancellation(invoice), *_money(wanted, invoice), *_items(wanted, invoice))


def _cancellation(invoice: Invoice) -> Iterator[Difference]:
    if invoice.cancelled:
        yield Difference(Field.CANCELLED)


def _money(wanted: Expected, invoice: Invoice) -> Iterator[Difference]:
    billed_in = invoice.currency.strip().upper()
    if billed_in != wanted.currency:
        yield Difference(Field.CURRENCY, wanted.currency[:12], billed_in[:12] or "–")
        return
    tolerance = rounding_of(wanted.currency, max(wanted.lines, len(invoice.items)))
    tax = next((one for one in wanted.taxes if abs(one - invoice.tax) <= tolerance), wanted.taxes[0])
    for name, should, billed in (
        (Field.TOTAL, wanted.total, invoice.total),
        (Field.TAX, tax, invoice.tax),
        (Field.NET, wanted.total - tax, invoice.net),
    ):
        rounded = [
            amount.quantize(CENT if invoice.net_based else _GROSS_BASED, ROUND_HALF_UP) for amount in (should, billed)
        ]
        if abs(rounded[0] - rounded[1]) > tolerance:
            yield Difference(name, _amount(should, wanted.currency), _amount(billed, wanted.currency))


def _items(wanted: Expected, invoice: Invoice) -> Iterator[Difference]:
    known = {_folded(sku) for sku in (*wanted.pieces, *wanted.shipped)}
    billed: Counter[str] = Counter()
    names: dict[str, str] = {}
    for item in invoice.items:
        number = _folded(item.number)
        is_goods = item.kind.casefold() in _GOODS or number in known
        if number and is_goods and (number in known or number not in wanted.others):
            billed[number] += item.quantity  # type: ignore[assignment]  # as above
            names.setdefault(number, item.number.strip())
    found = {number: Decimal(count) for number, count in billed.items() if count}
    shipped = _by_folded(wanted.shipped)
    if shipped and found == shipped:
        return
    found, sold = _with_zeros(found, shipped), _with_zeros(_by_folded(wanted.pieces), shipped)
    if len(strangers := found.keys() - sold.keys()) <= wanted.nameless:
        found = {number: count for number, count in found.items() if number not in strangers}
    names = {_folded(sku): sku for sku in wanted.shipped} | names | {_folded(sku): sku for sku in wanted.pieces}
    for number in sorted(sold.keys() | found.keys()):
        should, has = sold.get(number, Decimal(0)), found.get(number, Decimal(0))
        if should != has:
            yield Difference(Field.ITEM, _count(should), _count(has), names[number])


def _taxes_of_shipping(order: Order, shipping: Decimal) -> list[Decimal]:
    """The tax that the shipping cost may contain: at the rate of the taxed lines, of all lines, of one, or none."""
    sold = [(line.price, line.tax) for line in order.lines if line.price > line.tax >= 0]
    taxed = [(price, tax) for price, tax in sold if tax]
    if not shipping or not taxed:
        return [Decimal(0)]
    shares = [_share(taxed), _share(sold), *(tax / price for price, tax in taxed), Decimal(0)]
    return list(dict.fromkeys(cents(shipping * share) for share in shares))


def _share(lines: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """The part of prices that is tax."""
    return sum((tax for _, tax in lines), Decimal(0)) / sum((price for price, _ in lines), Decimal(0))


def _by_folded(pieces: Mapping[str, Decimal]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for sku, count in pieces.items():
        found[_folded(sku)] = found.get(_folded(sku), Decimal(0)) + count
    return found


def _with_zeros(pieces: Mapping[str, Decimal], shipped: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Pieces whose SKU may have lost leading zeros, by the SKU that was shipped (R41)."""
    whole = {number.lstrip("0"): number for number in shipped if number.isdecimal()}
    found: dict[str, Decimal] = {}
    for number, count in pieces.items():
        is_lost = number.isdecimal() and number not in shipped
        known = whole.get(number.lstrip("0"), number) if is_lost else number
        found[known] = found.get(known, Decimal(0)) + count
    return found


def _folded(number: str) -> str:
    return number.strip().casefold()


def _amount(amount: Decimal, currency: str) -> str:
    return f"{cents(amount):f} {currency[:12]}"


def _count(count: Decimal) -> str:
    return f"{count.normalize():f}"[:20]
