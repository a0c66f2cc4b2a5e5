"""What the warehouse is asked to ship, built from an order, or the reasons why that is impossible (R2-R6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from orderbridge.ledger.conversion import DOLLARS, Conversion, CurrencyRules, currency_of
from orderbridge.ledger.order import Address, LineKind, Order
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.pricing import Component, PricedLine, Totals, price_lines, totals
from orderbridge.ledger.sku import SKU_LIMIT
from orderbridge.ledger.tags import Tags, ship_date
from orderbridge.orders import problems as order_problems
from orderbridge.orders.addresses import DEFAULT_RULES, AddressRules, PostalAddress, check_address, postal_address
from orderbridge.orders.personalisation import Personalisation, TextRules, personalisation
from orderbridge.orders.terms import CASH_ON_DELIVERY, offer_code, pay_method
from orderbridge.platform.tables import CURRENCIES
from orderbridge.products import problems as product_problems

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Problem


@dataclass(frozen=True, repr=False)
class ShippingOrder:
    """One order as it is sent to the warehouse. Money is net, and the tax is a field of its own.

    Attributes:
        kits: for lines that are kits, the pieces in their whole quantity, by the kit's SKU and by SKU (R26).
        conversion: how its money was converted into the warehouse's currency (R36).
        remarks: what the settings changed, in words for the timeline.
        offer_code: in place of the account's; empty if the order has none of its own.
        rule: the name of the merchant's rule that shaped it (R40).
        hold: that rule puts it on hold.
        grams: the weight of its goods, if it is to be compared with that of the parcels and is known (R46).
    """

    number: OrderNumber
    placed_at: datetime
    ship_on: date | None
    rush: bool
    comment: str
    ship_to: PostalAddress
    bill_to: PostalAddress
    lines: tuple[PricedLine, ...]
    totals: Totals
    ship_method: str
    pay_method: str
    kits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    conversion: Conversion | None = None
    remarks: tuple[str, ...] = ()
    offer_code: str = ""
    rule: str | None = None
    hold: bool = False
    grams: Decimal | None = None

    @property
    def pieces(self) -> Counter[str]:
        """How many pieces leave the shelf, by SKU, with kits resolved."""
        loose = Counter[str]()
        for line in self.lines:
            if line.sku not in self.kits:
                loose[line.sku] += line.quantity
        return loose + self.pieces_in_kits

    @property
    def pieces_in_kits(self) -> Counter[str]:
        """The pieces that are in kits."""
        return sum((Counter(contents) for contents in self.kits.values()), Counter[str]())

    @property
    def kit_counts(self) -> Counter[str]:
        """How many of each kit are sent, by the kit's SKU."""
        counts = Counter[str]()
        for line in self.lines:
            if line.sku in self.kits:
                counts[line.sku] += line.quantity
        return counts

    def __repr__(self) -> str:
        return f"ShippingOrder(number={self.number.text!r})"  # the rest is personal data


@dataclass(frozen=True)
class ImportRules:
    """The merchant's settings that shape a shipping order."""

    tags: Tags
    number_is_billbee_id: bool
    send_buyer_message: bool
    bundles_are_kits: bool = False
    prepaid: str = "PP"
    pay_methods: Mapping[int, str] = field(default_factory=dict)
    money_only: tuple[str, ...] = ()
    texts: TextRules = field(default_factory=TextRules)
    currencies: CurrencyRules = field(default_factory=CurrencyRules)
    addresses: AddressRules = DEFAULT_RULES
    offer_codes: Mapping[str, str] = field(default_factory=dict)
    weighs: bool = False


def find_problems(order: Order, components: Mapping[int, Sequence[Component]], rules: ImportRules) -> list[Problem]:
    """Every problem of this order, in the sequence in which a merchant would fix them (R2, R3)."""
    if order.unreadable:
        return [order_problems.unreadable(what) for what in order.unreadable]
    found = check_address(order.shipping, rules.addresses)
    if order.currency and order.currency.upper() not in CURRENCIES:
        found.append(order_problems.unknown_currency(order.currency))
    elif rules.currencies.warehouse and not order.currency:
        found.append(order_problems.NO_CURRENCY)
    elif rules.currencies.needs_rate(order) and rules.currencies.conversion(order) is None:
        found.append(order_problems.no_rate(currency_of(order), rules.currencies))
    elif (conversion := rules.currencies.conversion(order)) is not None and _vanishes(order, conversion.rate):
        found.append(order_problems.nothing_left(conversion))
    if pay_method(order, rules.prepaid, rules.pay_methods) is None:
        on_delivery = order.payment_type == CASH_ON_DELIVERY
        found.append(order_problems.CASH_ON_DELIVERY if on_delivery else order_problems.not_paid(order.payment_type))
    if not rules.number_is_billbee_id and not order.number:
        found.append(order_problems.no_number())
    try:
        ship_date(order)
    except ValueError as error:
        found.append(order_problems.bad_ship_date(str(error)))
    if not any(line.kind is LineKind.GOODS for line in order.lines):
        only_fees = any(line.kind is LineKind.FEE for line in order.lines)
        found.append(order_problems.ONLY_FEES if only_fees else order_problems.NO_GOODS)
    for index, line in enumerate(order.lines):
        if line.kind is not LineKind.GOODS:
            continue
        if line.quantity <= 0 or line.quantity != line.quantity.to_integral_value():
            found.append(order_problems.bad_quantity(index + 1, f"{line.quantity.normalize():f}"))
        elif (pieces := line.quantity * line.pieces_per_sale) <= 0 or pieces != pieces.to_integral_value():
            found.append(order_problems.bad_pieces(index + 1, f"{line.pieces_per_sale.normalize():f}"))
        elif line.is_bundle:
            if rules.bundles_are_kits:
                found += _sku_problems(index + 1, line.sku)
            found += _bundle_problems(line.sku or line.title, line.quantity, components.get(index, ()))
        else:
            found += _sku_problems(index + 1, line.sku)
    resolved = () if rules.bundles_are_kits else components
    chosen = personalisation(order, rules.texts, resolved)
    return found + (chosen.problems(rules.texts) or _long_message(order, rules, chosen))


def _vanishes(order: Order, rate: Decimal) -> bool:
    """Whether an order that costs something would cost nothing at the warehouse."""
    money = totals(order)
    return money.paid > 0 and not money.converted(rate).paid


def build(
    order: Order,
    components: Mapping[int, Sequence[Component]],
    rules: ImportRules,
    *,
    ship_method: str,
    today: date,
) -> ShippingOrder:
    """Build the order for the warehouse from an order without problems (``find_problems``).

    Args:
        today: the date at the warehouse; an earlier ship date is ignored.
    """
    assert order.shipping is not None  # find_problems has passed
    ship_to, bill_to = _addresses(order, order.shipping, rules.addresses)
    on = ship_date(order)
    resolved = {} if rules.bundles_are_kits else components
    chosen = personalisation(order, rules.texts, resolved)
    conversion = rules.currencies.conversion(order)
    rate = conversion.rate if conversion is not None else Decimal(1)
    return ShippingOrder(
        number=order_number(order, rules),
        placed_at=min(order.placed_at or order.read_at, order.read_at),
        ship_on=on if on and on > today else None,
        rush=order.has_tag(rules.tags.rush),
        comment=_comment(order, rules, chosen),
        ship_to=ship_to,
        bill_to=bill_to,
        lines=tuple(price_lines(order, resolved, chosen.descriptions, rate)),
        totals=totals(order).converted(rate),
        ship_method=ship_method,
        pay_method=pay_method(order, rules.prepaid, rules.pay_methods) or rules.prepaid,
        kits=_kits(order, components) if rules.bundles_are_kits else {},
        offer_code=offer_code(order, rules.offer_codes) or "",
        conversion=conversion,
        grams=order.goods_grams if rules.weighs else None,
        remarks=(*_remarks(order), *chosen.remarks, *_currency_remarks(order, rules.currencies)),
    )


def _comment(order: Order, rules: ImportRules, chosen: Personalisation) -> str:
    """The order comment, but for that of a merchant's rule."""
    message = order.buyer_message if rules.send_buyer_message else ""
    return "\n".join(text for text in (chosen.comment, message) if text)


def _long_message(order: Order, rules: ImportRules, chosen: Personalisation) -> list[Problem]:
    """The problem of a buyer's message for which the comment has no room. It is not cut (R35)."""
    limit, excess = rules.texts.longest_comment, len(_comment(order, rules, chosen)) - rules.texts.longest_comment
    if excess <= 0:
        return []
    length = len(order.buyer_message)
    return [order_problems.long_message(length, max(0, length - excess), limit)]


def _currency_remarks(order: Order, rules: CurrencyRules) -> tuple[str, ...]:
    currency = currency_of(order)
    if (conversion := rules.conversion(order)) is not None:
        return (str(conversion),)
    if rules.warehouse is None and currency not in ("", DOLLARS):
        return (f"its figures are sent as they are, in {currency} (the setting currency.warehouse is not set)",)
    return ()


def _remarks(order: Order) -> Iterator[str]:
    fees = [str(place) for place, line in enumerate(order.lines, start=1) if line.kind is LineKind.FEE]
    if fees:
        lines = f"line{'s' if len(fees) > 1 else ''} {', '.join(fees)}"
        yield f"of {lines} only the money counts (setting money_only)"
    for place, line in enumerate(order.lines, start=1):
        if line.kind is LineKind.GOODS and line.pieces_per_sale != 1:
            yield f"each of line {place} is {line.pieces_per_sale.normalize():f} pieces (StockReduceItemsPerSale)"


def _addresses(order: Order, shipping: Address, rules: AddressRules) -> tuple[PostalAddress, PostalAddress]:
    """Where the order goes, and the invoice address. Phone and e-mail are the buyer's, wherever the shop has them.

    An incomplete invoice address does not stop the order, nor does a wrong postcode in it.
    """
    given = [(one.phone, one.email) for one in (shipping, order.billing) if one is not None]
    contacts = (*given, (order.phone, order.email))
    ship_to = postal_address(shipping, rules, contacts)
    if order.billing is None or check_address(order.billing, replace(rules, check_postcodes=False)):
        return ship_to, ship_to
    return ship_to, postal_address(order.billing, rules, contacts)


def _kits(order: Order, components: Mapping[int, Sequence[Component]]) -> dict[str, Counter[str]]:
    kits: dict[str, Counter[str]] = {}
    for index, of_line in components.items():
        line = order.lines[index]
        contents = kits.setdefault(line.sku, Counter())
        for component in of_line:
            contents[component.sku] += int(component.amount * line.quantity)
    return kits


def order_number(order: Order, rules: ImportRules) -> OrderNumber:
    """The order's number for the warehouse (R6), without the prefix of the account."""
    return OrderNumber(str(order.id) if rules.number_is_billbee_id else order.number)


def shop_shipping_names(order: Order) -> tuple[str, ...]:
    """The shop's names of the shipping method, the most specific first."""
    return tuple(name for name in (order.shipping_product, order.shipping_profile) if name)


def _sku_problems(position: int, sku: str) -> list[Problem]:
    if not sku:
        return [order_problems.no_sku(position)]
    return [product_problems.long_sku(sku, SKU_LIMIT)] if len(sku) > SKU_LIMIT else []


def _bundle_problems(bundle: str, quantity: Decimal, components: Sequence[Component]) -> list[Problem]:
    if not components:
        return [product_problems.empty_bundle(bundle)]
    found = []
    for component in components:
        pieces = component.amount * quantity
        if not component.sku:
            found.append(product_problems.empty_bundle(bundle))
        elif len(component.sku) > SKU_LIMIT:
            found.append(product_problems.long_sku(component.sku, SKU_LIMIT))
        elif pieces <= 0 or pieces != pieces.to_integral_value():
            found.append(product_problems.bad_component(bundle, component.sku))
    return found
