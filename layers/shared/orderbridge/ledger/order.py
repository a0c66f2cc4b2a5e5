"""An order as the merchant's shop sold it, free of any vendor's wire format."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from orderbridge.platform.texts import MASK


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class Address(_Value):
    """A postal address as the shop has it; any part may be empty."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    name_addition: str = ""
    street: str = ""
    house_number: str = ""
    line2: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""
    country_code: str = ""
    country: str = ""
    email: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "Address(…)"  # personal data must not reach a log through a repr

    __str__ = __repr__


class LineKind(StrEnum):
    """The kind of a line. Only goods are shipped; the money of the others counts too (R3)."""

    GOODS = "goods"
    DIGITAL = "digital"
    DISCOUNT = "discount"
    FEE = "fee"
    """Set by the merchant's settings (R34), because the hub has no fees."""


class Attribute(_Value):
    """What the buyer chose or wrote for a line, e.g. an engraving; either part may be empty, but not both."""

    name: str = ""
    value: str = ""

    def __repr__(self) -> str:
        return "Attribute(…)"  # it may be a name

    __str__ = __repr__


class OrderLine(_Value):
    """One line of an order. Money is gross, in the order's currency; a discount's price is negative."""

    kind: LineKind = LineKind.GOODS
    sku: str = ""
    title: str = ""
    quantity: Decimal = Decimal(1)
    price: Decimal = Decimal(0)
    """Price of the whole line, gross, after the line's own discount or surcharge."""
    tax: Decimal = Decimal(0)
    """Tax contained in ``price``."""
    is_bundle: bool = False
    product_id: int | None = None
    attributes: tuple[Attribute, ...] = ()
    position: int | None = None
    """The hub's id of the line; None if it has none. It is no content."""
    grams: Decimal | None = None
    """Weight of one piece; None if it is not known. The warehouse is not told, so it is not content."""
    pieces_per_sale: Decimal = Decimal(1)
    """Pieces of the SKU for each one that is sold, by the linked product (R41)."""


class Order(_Value):
    """An order as it was read from the hub at ``read_at``.

    Attributes:
        payment_type: by the hub's numbers, see `orderbridge.orders.terms`.
        total: gross total as the shop states it, with or without shipping; see `orderbridge.ledger.pricing`.
        shop: the names of the shop that sold it, as far as known: its id, its name and its platform.
        phone, email: the buyer's in the shop's list of customers. They are no content: the warehouse is told them where
            the addresses have none.
        adjustment: what the shop adds to the sum of the lines and the shipping cost, or subtracts if negative.
        unreadable: what could not be read, in plain words; such an order is rejected, not lost.
        parent: the order that this one was merged into or split from.
        cancels: the shop's number of the order that this one is a credit note for.
    """

    id: int
    number: str = ""
    shop: tuple[str, ...] = ()
    state: int = 0
    tags: tuple[str, ...] = ()
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    payment_type: int | None = None
    read_at: datetime
    archived: bool = False
    currency: str = ""
    total: Decimal = Decimal(0)
    shipping_cost: Decimal = Decimal(0)
    adjustment: Decimal = Decimal(0)
    adjustment_reason: str = ""
    shipping: Address | None = None
    billing: Address | None = None
    phone: str = ""
    email: str = ""
    lines: tuple[OrderLine, ...] = ()
    shipping_product: str = ""
    shipping_profile: str = ""
    buyer_message: str = ""
    tracking_numbers: tuple[str, ...] = ()
    return_tracking_numbers: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    parent: int | None = None
    cancels: str = ""

    @property
    def goods_grams(self) -> Decimal | None:
        """The weight of all goods; None if it is not known of one of them."""
        weights = [(line.grams, line.quantity) for line in self.lines if line.kind is LineKind.GOODS]
        known = [grams * quantity for grams, quantity in weights if grams is not None]
        return sum(known, Decimal(0)) if len(known) == len(weights) else None

    def has_tag(self, tag: str) -> bool:
        """Tags compare without regard to case (R1)."""
        return tag.casefold() in {own.casefold() for own in self.tags}

    def content_hash(self, extra_tags: tuple[str, ...] = ()) -> str:
        """A fingerprint of everything that the warehouse is told; equal for equal content. Holds no readable data."""
        content = self.model_dump(
            mode="json",
            include={
                "number": True,
                "currency": True,
                "payment_type": True,
                "total": True,
                "shipping_cost": True,
                "adjustment": True,
                "adjustment_reason": True,
                "shipping": True,
                "billing": True,
                "lines": True,
                "shipping_product": True,
                "shipping_profile": True,
                "buyer_message": True,
                "unreadable": True,
            },
            exclude={"lines": {"__all__": {"position", "grams", "pieces_per_sale"}}},
        )
        for line in content["lines"]:
            if not line["attributes"]:
                del line["attributes"]  # orders without any keep their earlier fingerprint
        content["tags"] = sorted(tag.casefold() for tag in extra_tags)
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:32]

    def personal_data(self) -> Iterator[str]:
        """Texts that identify the buyer, longest first, for scrubbing what a vendor says about this order."""
        texts: set[str] = set()
        for address in (self.shipping, self.billing):
            if address is not None:
                own = address.model_dump(exclude={"country_code", "country", "state"})
                texts.update(str(text).strip() for text in own.values())
                texts.update(f"{address.first_name} {address.last_name}".split())
        texts |= {self.buyer_message.strip(), self.phone.strip(), self.email.strip()}
        texts.update(one.value or one.name for line in self.lines for one in line.attributes)
        yield from sorted((text for text in texts if len(text) > 2), key=len, reverse=True)

    def __repr__(self) -> str:
        return f"Order(id={self.id})"

    __str__ = __repr__


def scrubbed(text: str, order: Order | None) -> str:
    """A vendor's words without the buyer's data, fit for the ledger and the logs.

    A vendor may repeat what it was sent with other case or white space.
    """
    for personal in order.personal_data() if order is not None else ():
        words = (re.escape(word).replace("ß", "(?:ß|ss)") for word in personal.split())
        text = re.sub(r"\s+".join(words), MASK, text, flags=re.IGNORECASE)
    return text


@dataclass(frozen=True)
class OrderPage:
    """One page of orders; ``total_rows`` changes when the list changes while it is read. ``unknown`` rows cannot be
    identified, so they may be orders of ours.
    """

    orders: tuple[Order, ...]
    total_pages: int
    total_rows: int
    unknown: int = 0
