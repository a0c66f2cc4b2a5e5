"""Whether the warehouse's report of an order shows the content that it was sent (R11)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.tracking.warehouse_order import PartStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderbridge.orders.addresses import PostalAddress
    from orderbridge.orders.shipping_order import ShippingOrder
    from orderbridge.tracking.warehouse_order import WarehouseOrder

_NOT_SHIPPED: Final = frozenset({PartStatus.CANCELLED, PartStatus.DECLINED})


def not_shown(reported: WarehouseOrder, sent: ShippingOrder) -> tuple[str, ...]:
    """What the report does not show as it was sent: ``"products"``, and fields of the delivery address. Empty if
    everything is as sent.

    A kit may appear as itself or as its pieces. Only the fields of the address that the report shows are compared,
    without regard to case, spaces and signs; its postcode may be longer.
    """
    found = []
    shown = Counter[Sku]()
    for part in reported.parts:
        if part.status not in _NOT_SHIPPED:
            for sku, count in part.pieces:
                shown[Sku(sku)] += count
    as_lines = Counter[Sku]()
    for line in sent.lines:
        as_lines[Sku(line.sku)] += line.quantity
    as_pieces = by_sku(sent.pieces)
    if shown not in (as_lines, as_pieces):
        found.append("products")
    for field, wanted in _address(sent.ship_to).items():
        told = _plain(reported.ship_to.get(field, ""))
        if told and not (told.startswith(wanted) if field == "postcode" and wanted else told == wanted):
            found.append(field)
    return tuple(found)


def _address(address: PostalAddress) -> Mapping[str, str]:
    written = {
        "name": f"{address.first_name}{address.last_name}",
        "company": address.company,
        "street": address.lines[0],
        "city": address.city,
        "state": address.state,
        "postcode": address.postcode,
        "country": address.country,
    }
    return {field: _plain(text) for field, text in written.items()}


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
