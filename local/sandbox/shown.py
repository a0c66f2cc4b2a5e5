"""How an order of the simulated Billbee is shown."""

from __future__ import annotations

from typing import Any

from local.sandbox.places import Place, Wire
from local.simulators.billbee import enums


def named(found: Wire) -> str:
    return str(found["BillBeeOrderId"])


def state(found: Wire) -> str:
    if found["ArchivedAt"]:
        return "archived"
    return "a credit note" if found["IsCancelationFor"] else enums.ORDER_STATES[found["State"]].lower()


def total(found: Wire) -> str:
    return f"{found['TotalCost']:.2f} {found['Currency']}"


def contents(found: Wire) -> str:
    return ", ".join(f"{one['Quantity']:g} x {sku_of(one)}" for one in found["OrderItems"])


def destination(found: Wire) -> str:
    to = found["ShippingAddress"]
    if to is None:
        return "no address"
    name = " ".join(filter(None, (to["FirstName"], to["LastName"])))
    street = " ".join(filter(None, (to["Street"], to["HouseNumber"])))
    city = " ".join(filter(None, (to["Zip"], to["City"], to["State"])))
    return ", ".join(filter(None, (name, to["Company"], street, to["Line2"], city, to["CountryISO2"])))


def row(place: Place, found: Wire) -> dict[str, Any]:
    return {
        "merchant": place.merchant,
        "order": named(found),
        "number": found["OrderNumber"],
        "state": state(found),
        "items": contents(found),
        "total": total(found),
        "country": country_of(found) or "",
        "tags": ", ".join(found["Tags"]),
    }


def sku_of(line: Wire) -> str:
    return str(line["Product"]["SKU"] or line["Product"]["Title"])


def country_of(found: Wire) -> str | None:
    to = found["ShippingAddress"]
    return str(to["CountryISO2"]) if to else None
