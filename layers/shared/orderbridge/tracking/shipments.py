"""The shipments in the warehouse's list of an order (R17, R27). Weights are pounds, money is US dollars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from orderbridge.ledger.parcel_cost import ParcelCost

_LONGEST_LINK: Final = 500
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)
_HOST: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)


class ShipmentKind(StrEnum):
    """The type of a shipment in the warehouse's list."""

    SHIPMENT = "shipment"
    RETURN = "return"
    VOID = "void"
    """Its label was voided: nothing was shipped, and nothing is charged."""


@dataclass(frozen=True)
class Shipment:
    """A line of the warehouse's list of an order's shipments. Missing values are empty or None.

    Attributes:
        number: the warehouse's own.
        zone: the carrier's, as text.
        link: to the carrier's tracking, https or http; never anything else.
        shipped_at: UTC.
    """

    number: str
    kind: ShipmentKind
    tracking_number: str
    ship_method: str
    cost: Decimal | None
    weight: Decimal | None
    zone: str
    link: str
    shipped_at: datetime | None


def costs_of(shipments: tuple[Shipment, ...]) -> dict[str, ParcelCost]:
    """The costs of shipped parcels, by tracking number. A shipment without a cost is not known yet. A voided one has no
    cost, even if it is listed as a shipment too.
    """
    voided = {one.tracking_number or one.number for one in shipments if one.kind is ShipmentKind.VOID}
    return {
        key: ParcelCost(
            cost=one.cost,
            ship_method=one.ship_method,
            weight=one.weight,
            zone=one.zone,
            link=one.link,
            shipped_at=one.shipped_at,
            returned=one.kind is ShipmentKind.RETURN,
        )
        for one in shipments
        if one.cost is not None and (key := one.tracking_number or one.number) and key not in voided
    }


def safe_link(text: str) -> str:
    """A link that a page may show: https or http to a named host. The warehouse's sample has no scheme.

    >>> safe_link("fedex.com/tracking?9274893150649452389554")
    'https://fedex.com/tracking?9274893150649452389554'
    >>> safe_link("javascript:alert(1)")
    ''
    """
    text = text.strip()
    if len(text) > _LONGEST_LINK or not text.isprintable() or any(sign in text for sign in " <>\"'\\`"):
        return ""
    if text.startswith("//"):
        text = f"https:{text}"
    host_and_port = re.match(r"[a-z0-9.-]+:[0-9]{1,5}(/|\?|$)", text, re.IGNORECASE | re.ASCII)
    if not _SCHEME.match(text) or host_and_port:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("https", "http") and _HOST.fullmatch(parts.netloc) else ""
