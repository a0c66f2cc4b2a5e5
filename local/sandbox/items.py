"""Items as a person writes them, `SKU:2:9.95`, and the lines of orders that they become or name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from local.sandbox.act import MOST_PIECES
from local.sandbox.places import Place, Refusal, Wire, nearest
from local.sandbox.shown import named, sku_of
from local.simulators.billbee import Account as Shop
from local.simulators.billbee.orders import item, of_quantity

_ITEM: Final = re.compile(r"(?P<sku>.+?)(?::(?P<quantity>\d+(?:\.\d+)?))?(?::(?P<price>\d+(?:\.\d{1,2})?))?")


def first_product(place: Place, shop: Shop) -> str:
    goods = (one["SKU"] for one in shop.products.values() if one["Type"] != 2 and not one["IsDigital"])
    sku = next(goods, None)
    if sku is None:
        raise Refusal(f"The shop of {place.merchant} has no products. Give an item with a price: SKU:1:9.95.")
    return str(sku)


def line_of(shop: Shop, written: str, rate: Decimal) -> Wire:
    """The line of an item written as SKU, SKU:quantity or SKU:quantity:price."""
    match = _ITEM.fullmatch(written)
    if match is None:
        raise Refusal(f"{written!r} is no item: write SKU, SKU:2 or SKU:2:9.95.")
    sku, quantity, price = match["sku"], Decimal(match["quantity"] or 1), match["price"]
    if quantity > MOST_PIECES:
        raise Refusal(f"{written!r}: at most {MOST_PIECES} pieces.")
    known = shop.product_by("SKU", sku)
    if known is None and price is None:
        skus = [str(one["SKU"]) for one in shop.products.values()]
        raise Refusal(
            f"The shop has no {sku}.{nearest(sku, skus)} To sell it all the same, give its price: {sku}:1:9.95."
        )
    if known is None:
        return item(sku, quantity=float(quantity), unit_price=Decimal(price), tax_rate=rate)
    return item(
        sku,
        quantity=float(quantity),
        unit_price=Decimal(price or str(known["Price"])),
        tax_rate=rate,
        title=known["Title"][0]["Text"],
        is_digital=known["IsDigital"],
        product_type=known["Type"],
        weight=known["Weight"],
        ean=known["EAN"],
    )


def attributes_of(written: Iterable[str]) -> list[Wire]:
    """What the buyer had made of a product, from NAME=TEXT."""
    found = []
    for place, one in enumerate(written, start=1):
        name, sign, text = one.partition("=")
        if not (sign and name.strip() and text.strip()):
            raise Refusal(f"{one!r} is no personalisation: write NAME=TEXT, for instance Engraving=Mia.")
        found.append({"Id": str(place), "Name": name.strip(), "Value": text.strip(), "Price": 0.0})
    return found


def line_with(found: Wire, sku: str) -> Wire:
    lines = {sku_of(line): line for line in found["OrderItems"]}
    if sku not in lines:
        raise Refusal(f"Order {named(found)} has no {sku}.{nearest(sku, lines)}")
    line: Wire = lines[sku]
    return line


def not_credited(shop: Shop, found: Wire) -> dict[str, Wire]:
    """What credit notes have left of an order's lines, by SKU."""
    left = {sku_of(line): line for line in found["OrderItems"]}
    for note in shop.orders.values():
        for line in note["OrderItems"] if note["IsCancelationFor"] == found["Id"] else ():
            remaining = left[sku_of(line)]["Quantity"] - line["Quantity"] if sku_of(line) in left else 0
            if remaining > 0:
                left[sku_of(line)] = of_quantity(left[sku_of(line)], remaining)
            else:
                left.pop(sku_of(line), None)
    return left


def of_left(left: dict[str, Wire], found: Wire, written: str) -> Wire:
    """The pieces to credit, written as SKU or SKU:quantity."""
    match = _ITEM.fullmatch(written)
    sku = match["sku"] if match else written
    line = line_with(found, sku)
    if match is None or match["price"]:
        raise Refusal(f"{written!r} is no item to credit: write SKU or SKU:2.")
    there = left[sku]["Quantity"] if sku in left else 0
    quantity = float(match["quantity"] or there)
    if not 0 < quantity <= there:
        raise Refusal(f"{there:g} of the {line['Quantity']:g} x {sku} of order {named(found)} can still be credited.")
    return of_quantity(left[sku], quantity)
