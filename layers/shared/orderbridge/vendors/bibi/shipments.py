"""BiBi's shipments of one order: weight, cost, zone and link of each parcel. A call per order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from orderbridge.platform.errors import MalformedAnswer, NotFound, Refused
from orderbridge.tracking.shipments import Shipment, ShipmentKind, safe_link
from orderbridge.vendors.bibi.mapping import from_warehouse_text
from orderbridge.vendors.bibi.models import NOTHING, amount, rows, text_of
from orderbridge.vendors.bibi.refusals import raise_unless_none

if TYPE_CHECKING:
    from orderbridge.ledger.order_number import Numbering, OrderNumber
    from orderbridge.vendors.bibi.api import BibiApi

_LONGEST: Final = 100
_NO_SHIPMENTS: Final = re.compile(r"\bno\s+(such\s+|matching\s+)?ship(ment|ping)\b|\bno\s+shipments\b", re.IGNORECASE)
"""A refusal that means that there are none (yet). The wording is not documented."""


def shipments(api: BibiApi, number: OrderNumber, writings: Iterable[str], numbering: Numbering) -> tuple[Shipment, ...]:
    """The shipments of an order; empty if the warehouse lists none (yet).

    Args:
        writings: the forms in which the account may know the number.
        numbering: how it writes numbers.

    Raises:
        MalformedAnswer: the answer cannot be read.
        UpstreamError: as every call.
    """
    shown = next(filter(None, (_shown(api, written) for written in writings)), None)
    if shown is None:
        return ()
    ours = (row for row in shown if _is_of(row, number, numbering))
    found = tuple(one for row in ours if (one := _shipment(row)) is not None)
    if not found:
        raise MalformedAnswer("bibi shipments", "the answer holds nothing that can be read")
    return found


def _shown(api: BibiApi, number: str) -> list[dict[str, Any]] | None:
    """The list for one form of an order's number; None if there is none. Raises MalformedAnswer."""
    shown: list[dict[str, Any]] = []
    is_empty = True
    try:
        for answer in api.pages("shipments", suffix=number):
            result = answer.data.get("result") if isinstance(answer.data, dict) else None
            is_empty = is_empty and result in NOTHING
            shown += rows([result]) if _is_one(result) else rows(result)
    except (NotFound, Refused) as error:
        raise_unless_none(error, _NO_SHIPMENTS)
        return None
    if not shown and not is_empty:
        raise MalformedAnswer("bibi shipments", "the answer holds nothing that can be read")
    return shown or None


def _is_one(result: Any) -> bool:
    """The sample shows a single bare shipment; a list or a map is accepted too."""
    return isinstance(result, dict) and bool(result) and not all(isinstance(value, dict) for value in result.values())


def _is_of(row: dict[str, Any], number: OrderNumber, numbering: Numbering) -> bool:
    """Whether a row belongs to the order that was asked for; a row without an order number does."""
    named = row.get("customer_order_number")
    return named in (None, "") or numbering.read(str(named)) == number


def _shipment(row: dict[str, Any]) -> Shipment | None:
    """One row. None if it names neither itself nor its parcel, has an unknown type, or has an unreadable field: read as
    empty, it would count as another shipment once the field can be read.
    """
    try:
        number, tracking, method, zone = (
            _short(row.get(name)) for name in ("shipment_number", "tracking_number", "ship_method", "zone")
        )
        kind = ShipmentKind(_short(row.get("type")).casefold() or ShipmentKind.SHIPMENT)
        shipped = _short(row.get("ship_date"))
        shipped_at = from_warehouse_text(shipped) if shipped else None
    except ValueError:
        return None
    if not (number or tracking):
        return None
    return Shipment(
        number=number,
        kind=kind,
        tracking_number=tracking,
        ship_method=method,
        cost=amount(row.get("cost")),
        weight=amount(row.get("weight")),
        zone=zone,
        link=safe_link(str(row.get("tracking_url") or "")),
        shipped_at=shipped_at,
    )


def _short(value: object) -> str:
    """A text on one line, shortened. Raises Unreadable."""
    return " ".join(text_of(value).split())[:_LONGEST]
