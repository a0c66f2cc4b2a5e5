"""How an order in Billbee differs from what the warehouse was sent (R37), and what Billbee showed of it then, so that
other settings or other products do not count as the merchant's change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order, OrderLine
    from orderbridge.ledger.tags import Tags

PRODUCTS: Final = "products"
ADDRESS: Final = "delivery address"
UNKNOWN: Final = "content"
"""It is not known what the warehouse was sent, or the order cannot be sent as it is now."""
GERMAN_FIELDS: Final = {
    PRODUCTS: "Artikel",
    ADDRESS: "Lieferadresse",
    "invoice address": "Rechnungsadresse",
    "product texts": "Artikeltexte",
    "amounts": "Beträge",
    "ship method": "Versandart",
    "pay method": "Zahlungsart",
    "comment": "Bemerkung",
    "ship date or rush": "Versanddatum oder Eilversand",
    "offer code": "Angebotscode",
    "hold": "Anhalten",
    UNKNOWN: "Inhalt",
}
"""What may differ, in the sequence of the fingerprints of what the warehouse was sent."""
_LENGTH: Final = 6
"""Of a part's fingerprint."""


@dataclass(frozen=True)
class Difference:
    """
    Attributes:
        content: the hash of the content that Billbee shows.
        since: when it was first seen.
        fields: what differs, e.g. ``"products"``; never the content itself.
    """

    content: str
    since: datetime
    fields: tuple[str, ...] = ()


def in_german(fields: Iterable[str]) -> list[str]:
    """The names of fields in German; one of a newer release as it is."""
    return [GERMAN_FIELDS.get(field, field) for field in fields]


class Part(StrEnum):
    """The parts of an order in Billbee, in the sequence of their fingerprints: a new one goes to the end."""

    GOODS = "goods"
    TITLES = "titles"
    ATTRIBUTES = "attributes"
    MONEY = "money"
    DELIVERY = "delivery address"
    INVOICE = "invoice address"
    SHIPPING = "shipping product"
    PAYMENT = "payment"
    MESSAGE = "message"
    TAGS = "tags"


@dataclass(frozen=True)
class Shown:
    """It holds no readable data of the order.

    Attributes:
        parts: fingerprints of the parts.
        rule_tags: the marks of the tags that the merchant's rules asked for then (`orderbridge.ledger.tags`).
        positions: the quantities of the positions that the warehouse was sent, by Billbee's id; empty if not known.
    """

    parts: str
    rule_tags: str = ""
    positions: Mapping[str, Decimal] = field(default_factory=dict)


def shown(order: Order, tags: Tags, *, sent: bool = True) -> Shown:
    """What the record of an order keeps. ``sent``: the warehouse is sent these positions."""
    positions = {str(line.position): line.quantity for line in order.lines if line.position is not None} if sent else {}
    return Shown(_parts(order, tags), tags.marks, positions)


def has_new_positions(before: Shown | None, order: Order) -> bool:
    """Whether an order has positions that the warehouse was not sent: they may be those of a merged order (R38), even
    where they are equal to what went. False if it is not known which positions were sent.
    """
    if before is None or not before.positions:
        return False
    return any(line.position is not None and str(line.position) not in before.positions for line in order.lines)


def tags_when_sent(tags: Tags, shown: Shown | None) -> Tags:
    """The tags that counted when the warehouse was sent an order: a rule that was set later makes no change of it.

    Args:
        shown: what the order's record keeps; None if that is not known.
    """
    return tags if shown is None else tags.asking_for(shown.rule_tags)


def moved_parts(before: Shown, order: Order, tags: Tags) -> frozenset[Part]:
    """The parts in which the order is not as it was. ``tags``: as they were then."""
    now = _parts(order, tags)
    return frozenset(
        part
        for part, at in zip(Part, range(0, len(now), _LENGTH), strict=True)
        if now[at : at + _LENGTH] != before.parts[at : at + _LENGTH]
    )


def _parts(order: Order, tags: Tags) -> str:
    content: Mapping[Part, object] = {
        Part.GOODS: _of_lines(
            order, lambda line: (line.kind.value, _text(line.quantity), line.is_bundle, line.product_id or 0)
        ),
        Part.TITLES: _of_lines(order, lambda line: line.title),
        Part.ATTRIBUTES: _of_lines(order, lambda line: [(one.name, one.value) for one in line.attributes]),
        Part.MONEY: (
            _of_lines(order, lambda line: (_text(line.price), _text(line.tax))),
            [_text(amount) for amount in (order.total, order.shipping_cost, order.adjustment)],
            (order.currency, order.adjustment_reason),
        ),
        Part.DELIVERY: order.shipping and order.shipping.model_dump(),
        Part.INVOICE: order.billing and order.billing.model_dump(),
        Part.SHIPPING: (order.shipping_product, order.shipping_profile),
        Part.PAYMENT: order.payment_type,
        Part.MESSAGE: order.buyer_message,
        Part.TAGS: sorted(tag.casefold() for tag in tags.of_interest(order)),
    }
    return "".join(hashlib.sha256(repr(content[part]).encode()).hexdigest()[:_LENGTH] for part in Part)


def _of_lines(order: Order, what: Callable[[OrderLine], object]) -> list[tuple[str, str]]:
    """In the same sequence, in whatever one the lines are."""
    return sorted((line.sku, repr(what(line))) for line in order.lines)


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
