"""Whether the warehouse's report of an order shows the content that it was sent (R11, R37)."""

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
    if _shown(reported) not in (_as_lines(sent), by_sku(sent.pieces)):
        found.append("products")
    for field, wanted in _address(sent.ship_to).items():
        told = _plain(reported.ship_to.get(field, ""))
        if told and not (told.startswith(wanted) if field == "postcode" and wanted else told == wanted):
            found.append(field)
    return tuple(found)


def lines_to_cancel(reported: WarehouseOrder, sent: ShippingOrder) -> tuple[str, ...]:
    """The SKUs, as the warehouse writes them, that the report shows and that were not sent at all. Empty if
    anything else is not shown as it was sent, because the report may be older than the change.
    """
    wanted = (_as_lines(sent), by_sku(sent.pieces))
    known = {sku for counts in wanted for sku in counts}
    shown = _shown(reported)
    if Counter({sku: count for sku, count in shown.items() if sku in known}) not in wanted:
        return ()
    return tuple(sku.text for sku in shown if sku not in known)


def _shown(reported: WarehouseOrder) -> Counter[Sku]:
    shown = Counter[Sku]()
    for part in reported.parts:
        if part.status not in _NOT_SHIPPED:
            for sku, count in part.pieces:
                shown[Sku(sku)] += count
    return shown


def _as_lines(sent: ShippingOrder) -> Counter[Sku]:
    counts = Counter[Sku]()
    for line in sent.lines:
        counts[Sku(line.sku)] += line.quantity
    return counts


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
