"""What the warehouse was sent of an order, kept as fingerprints, and in what the order differs from it now (R37)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.lifecycle import HAS_LEFT, Status
from orderbridge.ledger.shown import (
    ADDRESS,
    GERMAN_FIELDS,
    PRODUCTS,
    UNKNOWN,
    Part,
    in_german,
    moved_parts,
    shown,
    tags_when_sent,
)
from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.ledger.told import with_settled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder, RecordChanges
    from orderbridge.ledger.tags import Tags
    from orderbridge.orders.shipping_order import ImportRules, ShippingOrder

_FIELDS: Final = tuple(field for field in GERMAN_FIELDS if field != UNKNOWN)
"""In the sequence of their fingerprints: a new one goes to the end."""
_LENGTH: Final = 6
"""Of a field's fingerprint."""
_AFTER_IT_LEFT: Final = frozenset({PRODUCTS, ADDRESS})
"""What still matters once a part has left."""
_WITH_PRODUCTS: Final = frozenset({"product texts", "amounts"})
"""What goes with other products, and is not named beside them."""
_LINES: Final = frozenset({Part.GOODS, Part.TITLES})
"""A title may make a line a fee (R34)."""
_OF_RULES: Final = _LINES | {Part.MONEY, Part.DELIVERY, Part.TAGS}
"""What a rule's conditions look at (R40)."""
_FOLLOWS_FROM: Final[Mapping[str, frozenset[Part]]] = {
    PRODUCTS: _LINES,
    ADDRESS: frozenset({Part.DELIVERY, Part.INVOICE}),  # phone and e-mail may be those of the invoice address
    "invoice address": frozenset({Part.DELIVERY, Part.INVOICE}),
    "product texts": _LINES | {Part.ATTRIBUTES},
    "amounts": _LINES | {Part.MONEY},
    "ship method": _OF_RULES | {Part.SHIPPING},
    "pay method": frozenset({Part.PAYMENT}),
    "comment": _OF_RULES | {Part.ATTRIBUTES, Part.MESSAGE},
    "ship date or rush": _OF_RULES,
    "offer code": _OF_RULES,
    "hold": _OF_RULES,
}
"""The parts of the order in Billbee that each field of what the warehouse is sent follows from. Where none of them has
moved, another field follows from other settings or products, and not from a change of the order.
"""


def fingerprints(order: Order, shipping: ShippingOrder, tags: Tags) -> str:
    """Fingerprints of everything that the warehouse is sent, field by field. They hold no readable data."""
    own_tags = replace(tags, of_rules=frozenset())  # what a rule makes of a tag is in the other fields (R40)
    said = {
        PRODUCTS: sorted((Sku(line.sku).key, line.quantity) for line in shipping.lines),
        ADDRESS: asdict(shipping.ship_to),
        "invoice address": asdict(shipping.bill_to),
        "product texts": sorted((Sku(line.sku).key, line.title) for line in shipping.lines),
        "amounts": (
            sorted((Sku(line.sku).key, line.quantity, line.unit_price) for line in shipping.lines),
            shipping.totals.goods,
            shipping.totals.shipping,
            shipping.totals.tax,
            sorted((discount.code, discount.amount) for discount in shipping.totals.discounts),
        ),
        "ship method": shipping.ship_method,
        "pay method": shipping.pay_method,
        "comment": shipping.comment,
        # The tags, because a ship date is left out once it is over.
        "offer code": shipping.offer_code,
        "ship date or rush": (shipping.rush, sorted(tag.casefold() for tag in own_tags.of_interest(order))),
        "hold": shipping.hold,
    }
    return "".join(hashlib.sha256(repr(said[field]).encode()).hexdigest()[:_LENGTH] for field in _FIELDS)


def as_sent(record: LedgerOrder, order: Order, shipping: ShippingOrder, tags: Tags) -> RecordChanges:
    """What a record says of content that is sent to the warehouse."""
    content = tags.content_hash(order)
    return {
        "content_hash": content,
        "sent": fingerprints(order, shipping, tags),
        "country": shipping.ship_to.country or None,
        "method": shipping.ship_method or None,
        "shown": shown(order, tags),
        "difference": None,
        "pieces": dict(shipping.pieces),
        "kits": dict(shipping.kit_counts),
        "in_kits": dict(shipping.pieces_in_kits),
        "told": with_settled(record.told, content),
        "conversion": shipping.conversion,
        "rule": shipping.rule,
        "rule_holds": shipping.hold,
        "grams": shipping.grams,
    }


def changed(record: LedgerOrder, order: Order, shipping: ShippingOrder, rules: ImportRules) -> tuple[str, ...]:
    """The fields in which the order differs from what the warehouse was sent because it was changed in Billbee. What
    only other settings or products would send differently is left out.
    """
    tags = rules.tags
    before = record.shown
    if before is None or not record.sent:
        return differing(record, order, shipping, tags)
    moved = moved_parts(before, order, tags_when_sent(tags, before))
    if not rules.send_buyer_message:
        moved -= {Part.MESSAGE}
    found = _differing(record.sent, fingerprints(order, shipping, tags))
    return _that_matter(record, shipping, tuple(field for field in found if _FOLLOWS_FROM[field] & moved))


def differing(record: LedgerOrder, order: Order, shipping: ShippingOrder, tags: Tags) -> tuple[str, ...]:
    """The fields in which the warehouse would be sent something else now than it was; empty if it has all of it."""
    if record.sent:
        found = _differing(record.sent, fingerprints(order, shipping, tags))
    elif record.pieces and by_sku(record.pieces) != by_sku(shipping.pieces):
        found = (PRODUCTS,)
    elif not record.content_hash:  # the order could not be read when it was adopted
        found = ()
    else:
        found = () if record.status is Status.SHIPPED else (UNKNOWN,)
    return _that_matter(record, shipping, found)


def _that_matter(record: LedgerOrder, shipping: ShippingOrder, found: tuple[str, ...]) -> tuple[str, ...]:
    """Of an order of which something has left, only products and delivery address matter."""
    if PRODUCTS in found and _ships_the_same(record, shipping):
        found = tuple(field for field in found if field != PRODUCTS and field not in _WITH_PRODUCTS)
    if record.status in HAS_LEFT:
        return tuple(field for field in found if field in _AFTER_IT_LEFT)
    return tuple(field for field in found if field not in _WITH_PRODUCTS) if PRODUCTS in found else found


def _ships_the_same(record: LedgerOrder, shipping: ShippingOrder) -> bool:
    """Whether the warehouse ships these pieces already, because it has cancelled the others itself (R39)."""
    has_kits = record.kits or shipping.kits
    return not has_kits and bool(record.pieces) and by_sku(record.pieces) == by_sku(shipping.pieces)


def content_key(order: Order, shipping: ShippingOrder | None, tags: Tags) -> str:
    """A key that is equal for contents that are equal for the warehouse. ``shipping``: None if the order cannot be
    sent.
    """
    if shipping is None:  # a product that the hub links to a line later changes nothing that merchants see
        lines = tuple(line.model_copy(update={"product_id": None}) for line in order.lines)
        return tags.content_hash(order.model_copy(update={"lines": lines}))[:12]
    return hashlib.sha256(fingerprints(order, shipping, tags).encode()).hexdigest()[:12]


def _differing(one: str, other: str) -> tuple[str, ...]:
    places = range(0, len(other), _LENGTH)
    return tuple(
        field for field, at in zip(_FIELDS, places, strict=True) if one[at : at + _LENGTH] != other[at : at + _LENGTH]
    )


def in_words(fields: tuple[str, ...], sent: Mapping[str, int], wanted: Mapping[str, int]) -> tuple[str, str]:
    """The fields that differ, in English and German; of products, how many pieces there are now and were before."""
    now, before = by_sku(wanted), by_sku(sent)
    changed = [sku for sku in dict.fromkeys([*now, *before]) if now[sku] != before[sku]] if sent and wanted else []

    def named(names: Iterable[str], instead_of: str) -> str:
        pieces = ", ".join(f"{now[sku]} {instead_of} {before[sku]} × {sku}" for sku in changed)
        return ", ".join(
            f"{name} ({pieces})" if field == PRODUCTS and pieces else name
            for field, name in zip(fields, names, strict=True)
        )

    return named(fields, "instead of"), named(in_german(fields), "statt")
