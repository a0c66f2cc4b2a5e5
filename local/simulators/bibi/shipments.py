"""BiBi's shipments of one order: a row for each parcel, one of them shown bare.

The documents give neither the path nor the shape of several; the reading `several-orders` chooses that as well.
"""

from typing import Any

from local.simulators.bibi.account import Account
from local.simulators.bibi.records import Order, chicago_text
from local.simulators.bibi.service import Service
from local.simulators.server import Answer


class ShipmentRoutes:
    """The route, on a service."""

    def __init__(self, bibi: Service) -> None:
        self._bibi = bibi
        for method in ("GET", "POST"):
            bibi.route(f"{method} /{bibi.paths['shipments']}/{{number}}", self._shipments)

    def _shipments(self, number: str) -> Answer:
        fields = self._bibi.form("offset")
        order = self._bibi.find(number)
        if order is None:
            return self._bibi.none_found(f"Order {number}")
        rows = [*self._parcels(order), *self._bibi.account().further_shipments.get(order.number, ())]
        shown, more = self._bibi.page(rows, fields.get("offset"), None)
        return self._bibi.success(self._shaped(shown), "Shipping data retrieved.", more=more)

    def _parcels(self, order: Order) -> list[dict[str, Any]]:
        account = self._bibi.account()
        found: list[dict[str, Any]] = []
        for part in order.parts:
            for tracking, parcel in part.parcels.items():
                if tracking not in account.uncounted:
                    method, at = account.ship_methods[part.ship_method], account.shipped_at[tracking]
                    found.append(row(order, f"-{len(found) + 1}", method, tracking, parcel, chicago_text(at)))
        return found

    def _shaped(self, rows: list[dict[str, Any]]) -> Any:
        prefix = self._bibi.order_prefix
        return self._bibi.in_shape(
            {
                f"{place} {one['shipment_number']}": one
                | {"customer_order_number": prefix + one["customer_order_number"]}
                for place, one in enumerate(rows)
            }
        )


def void(account: Account, number: str, tracking: str) -> None:
    """The label of a parcel is voided: the call shows it beside the shipment."""
    _add(account, number, tracking, "Void")


def send_back(account: Account, number: str, tracking: str) -> None:
    """A parcel of the customer is on its way back, with a number of its own."""
    _add(account, number, tracking, "Return")


def _add(account: Account, number: str, tracking: str, kind: str) -> None:
    order = account.orders[number]
    part = order.parts[0]
    rows = account.further_shipments.setdefault(number, [])
    place, parcel = f"-{kind[0]}{len(rows) + 1}", {"weight": "0.7500", "cost": "3.74"}
    method, at = account.ship_methods[part.ship_method], chicago_text(account.now())
    rows.append(row(order, place, method, tracking, part.parcels.get(tracking, parcel), at, kind))
    order.changed_at = account.now()


def row(
    order: Order, place: str, method: str, tracking: str, parcel: dict[str, str], shipped: str, kind: str = "Shipment"
) -> dict[str, Any]:
    """A shipment as the portal's sample shows it: numbers as text, the link without a scheme."""
    return {
        "shipment_number": f"{order.short_number}{place}",
        "customer_order_number": order.number,
        "type": kind,
        "weight": parcel["weight"],
        "tracking_number": tracking,
        "ship_method": method,
        "cost": parcel["cost"],
        "cost_base": parcel["cost"],
        "residential_delivery_fee": "0.00",
        "extended_area_fee": "0.00",
        "ship_date": shipped,
        "zone": "5",
        "tracking_url": f"fedex.com/tracking?{tracking}",
    }
