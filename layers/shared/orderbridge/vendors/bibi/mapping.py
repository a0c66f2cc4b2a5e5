"""Between the rooms' values and BiBi's wire format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from orderbridge.ledger.order_number import PLAIN, Numbering
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.returns.returned_pieces import ReturnedPieces
from orderbridge.stock.figures import WarehouseStock
from orderbridge.tracking.tracking_numbers import split_numbers
from orderbridge.tracking.warehouse_order import Part, PartStatus, WarehouseOrder
from orderbridge.vendors.bibi.models import (
    SentAddress,
    SentDiscount,
    SentHeader,
    SentLine,
    SentOrder,
    Unreadable,
    amount,
    rows,
    text_of,
    text_or_empty,
    whole_number,
)
from orderbridge.vendors.http import whole

if TYPE_CHECKING:
    from orderbridge.orders.addresses import PostalAddress
    from orderbridge.orders.shipping_order import ShippingOrder
    from orderbridge.products.products import WarehouseProduct

WAREHOUSE_ZONE = ZoneInfo("America/Chicago")
"""BiBi's times are CST/CDT, in both directions."""

# listOrderStatuses, and the texts of the orderStatus documentation (which say both Decline and Declined).
_STATUSES = {
    "shipped": PartStatus.SHIPPED,
    "shippedexternal": PartStatus.SHIPPED,
    "backordered": PartStatus.BACKORDERED,
    "backordered - htc": PartStatus.BACKORDERED_WITH_OTHERS,
    "returned": PartStatus.RETURNED,
    "cancelled": PartStatus.CANCELLED,
    "canceled": PartStatus.CANCELLED,
    "decline": PartStatus.DECLINED,
    "declined": PartStatus.DECLINED,
    "hold": PartStatus.HELD,
    "pending": PartStatus.HELD,
}


def warehouse_text(moment: datetime) -> str:
    """A moment as BiBi writes it: ``YYYY-MM-DD HH:MM:SS`` in America/Chicago."""
    return moment.astimezone(WAREHOUSE_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def from_warehouse_text(text: str) -> datetime:
    """A moment that BiBi wrote, in UTC. In the hour that is repeated in autumn, the first pass is assumed. Raises
    ValueError.
    """
    local = datetime.fromisoformat(text.strip())
    return local.replace(tzinfo=WAREHOUSE_ZONE).astimezone(UTC)


def to_sent_order(order: ShippingOrder, source: str) -> SentOrder:
    """What submitOrder and updateOrder take."""
    return SentOrder(
        header=SentHeader(
            order_number=order.number.text,
            entry_date=warehouse_text(order.placed_at),
            future_date=order.ship_on.strftime("%Y%m%d") if order.ship_on else "",
            source=order.offer_code or source,
            prod_dollars=order.totals.goods,
            ph_amt=order.totals.shipping,
            tax_amt=order.totals.tax,
            rush_processing="Yes" if order.rush else "N",
            pay_method=order.pay_method,
            comment=order.comment,
        ),
        discounts=tuple(SentDiscount(code=d.code, amount=str(d.amount)) for d in order.totals.discounts),
        bill_to=_address(order.bill_to),
        ship_to=_address(order.ship_to),
        lines=tuple(
            SentLine(
                line_no=str(position),
                item_no=line.sku,
                amount=str(line.unit_price),
                quantity=line.quantity,
                description=line.title,
                ship_meth_cd=_ship_method(order.ship_method),
            )
            for position, line in enumerate(order.lines, start=1)
        ),
    )


def update_forms(order: ShippingOrder, source: str, number: str) -> Iterator[tuple[str, SentOrder, bool]]:
    """The ways to send a change, the documented one first: the form field, the order, and whether its discounts are a
    coupon and its fees part of the handling. ``number`` is the order's number in the path.

    updateOrder names the field after the order, and its sample has ``Coupons``; both differ from submitOrder, which it
    refers to.
    """
    sent = to_sent_order(order, source)
    for field in (number, "orders"):
        if sent.discounts:
            yield field, sent, True
        yield field, sent, False


def _address(address: PostalAddress) -> SentAddress:
    return SentAddress(
        first_name=address.first_name,
        last_name=address.last_name,
        company_name=address.company,
        address1=address.lines[0],
        address2=address.lines[1],
        address3=address.lines[2],
        city=address.city,
        state=address.state,
        zip_code=address.postcode,
        country_cd=address.country,
        day_phone=address.phone,
        email=address.email,
    )


def _ship_method(code: str) -> int | str:
    """The documentation's sample sends a number, its list has codes like "02": a number unless that would lose the
    zero.
    """
    return int(code) if code.isdecimal() and not code.startswith("0") else code


def _entries(value: object) -> list[dict[str, Any]]:
    """The objects of a list or of a map. Raises Unreadable, because a missing part would change the order's status."""
    if value in (None, ""):
        return []
    found = list(rows(value))
    if not isinstance(value, list | dict) or len(found) < len(value):
        raise Unreadable
    return found


def to_warehouse_orders(result: object, numbering: Numbering = PLAIN) -> Iterator[WarehouseOrder]:
    """The orders of an orderStatus result: one object, a list, or a map of them (the documentation shows only one).
    Those that cannot be read are left out.
    """
    if isinstance(result, dict) and "header" in result:
        result = [result]
    for raw in rows(result):
        header = raw.get("header")
        try:
            number = numbering.read(text_of(header.get("customer_order_number")) if isinstance(header, dict) else "")
            parts = tuple(to_part(part) for part in _entries(raw.get("details")))
        except Unreadable:
            continue
        if number:
            yield WarehouseOrder(number, parts, _shown_address(header or {}))


def _shown_address(header: dict[str, Any]) -> dict[str, str]:
    """The delivery address in the header of an orderStatus result; a field that is not a text counts as missing."""

    def shown(*fields: str) -> str:
        return "".join(value for name in fields if isinstance(value := header.get(f"shipto_{name}"), str))

    return {
        "name": shown("firstname", "middle_initial", "lastname"),
        "company": shown("company"),
        "street": shown("street"),
        "city": shown("city"),
        "state": shown("state"),
        "postcode": shown("zip"),
        "country": shown("country_code"),
    }


def to_part(raw: dict[str, Any]) -> Part:
    """A part of an order as orderStatus shows it. Raises Unreadable."""
    text = text_of(raw.get("status"))
    items = _entries(raw.get("items"))
    pieces = tuple((text_of(item.get("item_no")), _pieces(item.get("item_quantity"))) for item in items)
    return Part(
        status=_STATUSES.get(" ".join(text.casefold().split()), PartStatus.OPEN),
        status_text=text or "unknown",
        ship_method=text_of(raw.get("ship_method")),
        quantity=sum(count for _, count in pieces),
        skus=tuple(sku for item in items if (sku := text_of(item.get("item_no")))),
        tracking_numbers=tuple(dict.fromkeys(number for number, _ in _parcels(raw.get("tracking_numbers")))),
        costs=dict(_costs(raw.get("tracking_numbers"), text_of(raw.get("ship_method")))),
        pounds=dict(_weights(raw.get("tracking_numbers"))),
        untouched=text.casefold() == "new",
        pieces=pieces,
    )


def _pieces(value: object) -> int:
    """0 if missing. Raises Unreadable, because misread pieces would show an order that differs from what was sent."""
    if isinstance(value, bool | dict | list):
        raise Unreadable
    return whole_number(value)


def _parcels(value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """``[{"<number>": {weight, cost}}, …]``; also plain texts, and one map of them, in case BiBi sends that.

    A field may hold several numbers, of which the first has the cost, or a word for none.
    """
    for entry in value if isinstance(value, list) else [value]:
        is_text = isinstance(entry, str | int) and not isinstance(entry, bool)
        fields = entry.items() if isinstance(entry, dict) else [(entry, None)] if is_text else []
        for field, measured in fields:
            numbers = [number for number in split_numbers(str(field)) if number]
            for place, number in enumerate(numbers):
                yield number, measured if place == 0 and isinstance(measured, dict) else {}


def _costs(value: object, method: str) -> Iterator[tuple[str, ParcelCost]]:
    """Weight and cost of parcels. A cost of 0 means that it is not known yet."""
    for number, measured in _parcels(value):
        if cost := amount(measured.get("cost")):
            yield number, ParcelCost(cost, method, amount(measured.get("weight")))


def _weights(value: object) -> Iterator[tuple[str, Decimal]]:
    """The known weights of parcels, in pounds. A weight of 0 means that it is not known."""
    for number, measured in _parcels(value):
        if weight := amount(measured.get("weight")):
            yield number, weight


def to_stock(raw: dict[str, Any]) -> WarehouseStock | None:
    """A product's stock; None for an entry without a number, or if the promised pieces cannot be read: read as 0, they
    would be promised twice. Counts may come as text, empty or negative.
    """
    number = product_number(raw)
    promised = [raw.get(name) for name in ("allocated_quantity", "backorder_quantity")]
    if not number or any(count not in (None, "") and whole(count) is None for count in promised):
        return None
    return WarehouseStock(
        number,
        physical=whole_number(raw.get("quantity_in_stock")),
        allocated=whole_number(raw.get("allocated_quantity")),
        backordered=whole_number(raw.get("backorder_quantity")),
        status=status.strip() if isinstance(status := raw.get("product_status"), str) else "",
    )


def product_number(raw: object) -> str:
    """The number of a product in an answer; empty if it cannot be read."""
    return text_or_empty(raw.get("product_number")) if isinstance(raw, dict) else ""


def to_sent_product(product: WarehouseProduct) -> dict[str, Any]:
    """What upsertProduct takes. Sizes are assumed to be inches, weights are pounds.

    Values that the shop does not know are left out, because an update would delete those of the warehouse.
    """
    sent: dict[str, Any] = {
        "product_number": product.sku,
        "short_description": product.name,
        "available": "1" if product.available else "0",
        "price": float(product.price),
    }
    known = {
        "product_status": product.status,
        "long_description": product.description,
        "product_cost": float(product.cost),
        "upc_code": product.code,
        "harmonization_code": product.tariff_number,
    }
    sent |= {name: value for name, value in known.items() if value}
    sizes = {
        "weight": product.pounds,
        "width": product.width_in,
        "length": product.length_in,
        "height": product.height_in,
    }
    return sent | {name: float(size) for name, size in sizes.items() if size is not None}


def to_returned(raw: dict[str, Any], numbering: Numbering = PLAIN) -> ReturnedPieces | None:
    """A line of listReturns; None if it has no order number or an unreadable field, because all fields identify the
    return.
    """

    def text(name: str) -> str:
        return " ".join(text_of(raw.get(name)).split())

    try:
        return _returned(text, numbering)
    except Unreadable:
        return None


def _returned(text: Callable[[str], str], numbering: Numbering) -> ReturnedPieces | None:
    if not text("customer_order_number"):
        return None
    return ReturnedPieces(
        order_number=numbering.read(text("customer_order_number")),
        sku=text("product_number"),
        quantity=text("quantity"),
        return_id=text("return_id"),
        reason=text("return_reason"),
        returned_at=text("date_time"),
        disposition=text("inventory_disposition"),
        tracking_number=text("tracking_number"),
    )
