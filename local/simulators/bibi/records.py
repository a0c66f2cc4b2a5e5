"""What is on BiBi's books: orders with their parts, advance shipping notices, inventory transactions.

An order consists of parts (`<number>-0001`, `-0002` …), each with its ship method, status, items and parcels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from local.simulators.bibi.submission import Line, Submission

CHICAGO = ZoneInfo("America/Chicago")
BACKORDERED = frozenset({"Backordered", "Backordered - HTC"})
SHIPPED = frozenset({"Shipped", "ShippedExternal"})
HELD = frozenset({"Pending", "Hold"})
# Nothing more is shipped for a part in one of these.
FINAL = frozenset({"Shipped", "ShippedExternal", "Cancelled", "Decline", "Declined", "Returned"})
STAFF = "SAMPLE.WORKER"
"""Shown as who moved something."""
SHOWN_LINE = (
    "box_number",
    "number_of_boxes",
    "pallet_number",
    "number_of_pallets",
    "number_of_inner_packs",
    "number_of_units_inner_pack",
    "weight_of_box",
)


@dataclass
class Part:
    """One shipment of an order."""

    key: str
    ship_method: str  # code
    status: str
    lines: list[Line]
    parcels: dict[str, dict[str, str]] = field(default_factory=dict)
    boms: dict[str, dict[str, int]] = field(default_factory=dict)
    """The contents of its kits when it was put on the books."""


@dataclass
class Order:
    """One order on the books. Times are UNIX seconds."""

    submission: Submission
    short_number: str
    entered_at: float
    changed_at: float
    parts: list[Part]
    submissions: int = 1

    @property
    def number(self) -> str:
        return self.submission.number

    @property
    def status(self) -> str:
        """The header's status: that of all parts, or Mixed."""
        found = {part.status for part in self.parts}
        return found.pop() if len(found) == 1 else "Mixed"

    @property
    def tracking(self) -> list[str]:
        return [tracking for part in self.parts for tracking in part.parcels]


@dataclass
class Asn:
    """One notice. ``lines`` by product number, each with its fields as text."""

    id: int
    header: dict[str, str]
    lines: dict[str, dict[str, str]] = field(default_factory=dict)
    status: str = "Open"

    def shown_header(self) -> dict[str, str]:
        pallets = sum(int(line.get("number_of_pallets") or 0) for line in self.lines.values())
        counts = {"boxes_under_lbs": "0", "boxes_over_lbs": "0", "total_pallets": str(pallets)}
        return {**self.header, "expected_delivery_time": "00:00:00", "status": self.status, **counts}

    def shown_line(self, number: str, description: str) -> dict[str, str]:
        line = self.lines[number]
        packing = {name: line.get(name, "") for name in SHOWN_LINE}
        return {
            "product_number": number,
            "short_description": description,
            "quantity": line["quantity"],
            **packing,
        }


def transaction(
    number: str, quantity: int, at: str, *, kind: str = "S", reason: str = "00", source: str = "", target: str = ""
) -> dict[str, Any]:
    """A row as the portal's sample shows it: the quantity as text, mostly without a number of its own.

    Args:
        at: local time of Chicago, `YYYY-MM-DD HH:MM:SS`.
    """
    return {
        "product_number": number,
        "transaction_date": at,
        "lot_number": "",
        "user_name": STAFF,
        "quantity": str(quantity),
        "from_reference": source,
        "to_reference": target,
        "transaction_type": kind,
        "transaction_number": "",
        "reason_code": reason,
    }


def part_key(number: str, place: int) -> str:
    return f"{number}-{place:04d}"


def chicago_text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(CHICAGO).strftime("%Y-%m-%d %H:%M:%S")


def order_record(order: Order, ship_methods: Mapping[str, str], *, prefix: str, joined: bool) -> dict[str, Any]:
    """One order as orderStatus shows it: {header, details}, numbers as text.

    Args:
        ship_methods: names by code.
        prefix: of each order number.
        joined: whether all tracking numbers of a part are in one field.
    """
    sent = order.submission

    def person(prefix: str, fields: dict[str, str]) -> dict[str, str]:
        return {
            f"{prefix}_company": fields["CompanyName"],
            f"{prefix}_firstname": fields["FirstName"],
            f"{prefix}_lastname": fields["LastName"],
            f"{prefix}_middle_initial": fields["MiddleInitial"],
            f"{prefix}_ref1": fields["Address2"],
            f"{prefix}_ref2": fields["Address3"],
            f"{prefix}_street": fields["Address1"],
            f"{prefix}_city": fields["City"],
            f"{prefix}_state": fields["State"],
            f"{prefix}_zip": fields["ZipCode"],
            f"{prefix}_country_code": fields["CountryCd"],
            f"{prefix}_phone": fields["DayPhone"],
            f"{prefix}_email": fields["Email"],
        }

    header = {
        "customer_order_number": prefix + order.number,
        "third_party_short_number": order.short_number,
        "source_code": sent.source,
        **person("billto", sent.bill_to),
        **person("shipto", sent.ship_to),
        "future_date": sent.future_date,
    }
    details = {
        prefix + part.key: {
            "ship_method": ship_methods[part.ship_method],
            "status": part.status,
            "items": [
                {
                    "item_no": line.item_no,
                    "item_quantity": str(line.quantity),
                    "item_description": line.description,
                    "item_price": str(line.amount.quantize(Decimal("0.01"))),
                }
                for line in part.lines
            ],
            "tracking_numbers": _joined(part.parcels)
            if joined and part.parcels
            else [{tracking: facts} for tracking, facts in part.parcels.items()],
        }
        for part in order.parts
    }
    return {"header": header, "details": details}


def _joined(parcels: Mapping[str, Mapping[str, str]]) -> list[dict[str, dict[str, str]]]:
    """All tracking numbers in one field, with their weight and cost in sum."""
    facts = {name: str(sum(Decimal(one[name]) for one in parcels.values())) for name in ("weight", "cost")}
    return [{", ".join(parcels): facts}]
