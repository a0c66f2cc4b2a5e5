"""R27: links that a page may offer, what counts as a cost, and how the board shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orderbridge.desk.board.order_board import OrderView
from orderbridge.desk.board.order_page import order_page
from orderbridge.desk.board.reader import Reader
from orderbridge.desk.board.shops import Shop
from orderbridge.desk.wording import Words
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.ledger.record import LedgerOrder, Parcel
from orderbridge.tracking.shipments import Shipment, ShipmentKind, costs_of, safe_link

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("fedex.com/tracking?92748", "https://fedex.com/tracking?92748"),
        ("https://www.ups.com/track?tracknum=1Z", "https://www.ups.com/track?tracknum=1Z"),
        ("http://carrier.example/1", "http://carrier.example/1"),
        ("//carrier.example/1", "https://carrier.example/1"),
        ("carrier.example:8443/1", "https://carrier.example:8443/1"),
        ("", ""),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)//carrier.example", ""),
        ("data:text/html,x", ""),
        ("ftp://carrier.example/1", ""),
        ("https://user:pass@carrier.example/1", ""),
        ("https://carrier.example@evil.example/1", ""),
        ("https://localhost/1", ""),
        ("https://127.0.0.1/1", ""),
        ('https://carrier.example/"><script>', ""),
        ("https://carrier.example/a b", ""),
        ("https://carrier.example\\@evil.example", ""),
        ("https://[::1", ""),
        ("carrier.example/" + "1" * 500, ""),
    ],
)
def test_r27_a_link_leads_to_https_or_http_and_to_a_named_host(text: str, link: str) -> None:
    assert safe_link(text) == link


def shipment(number: str, kind: ShipmentKind = ShipmentKind.SHIPMENT, cost: str | None = "9.36") -> Shipment:
    return Shipment(f"T-{number}", kind, number, "UPS Ground", Decimal(cost) if cost else None, None, "", "", None)


def test_r27_a_void_takes_its_shipment_back_and_no_cost_is_not_nothing() -> None:
    found = costs_of(
        (
            shipment("1Z1"),
            shipment("1Z2"),
            shipment("1Z2", ShipmentKind.VOID),
            shipment("1Z3", cost=None),
            shipment("1Z4", ShipmentKind.RETURN, "0.00"),
        )
    )
    assert {number: (cost.cost, cost.returned) for number, cost in found.items()} == {
        "1Z1": (Decimal("9.36"), False),
        "1Z4": (Decimal("0.00"), True),
    }


def test_r27_the_board_shows_what_a_parcel_cost_and_where_it_is() -> None:
    order = LedgerOrder(
        merchant="acme",
        billbee_id=1,
        order_number=OrderNumber("1"),
        shop_number="A-1",
        status=Status.SHIPPED,
        version=1,
        content_hash="x",
        created_at=NOW,
        moved_at=NOW,
        shelved_at=NOW,
        updated_at=NOW,
        parcels={"1Z1": Parcel("UPS Ground", NOW), "1Z2": Parcel("UPS Ground", NOW)},
    )
    page = order_page(Reader(NOW), OrderView(Shop("acme", None), order, Words("Nothing.", "Nichts.")))
    assert "Pounds" not in page
    cost = ParcelCost(Decimal("9.3600"), "UPS Ground", Decimal("1.2500"), "5<b>", "https://fedex.com/t?1Z1&a=1")
    page = order_page(
        Reader(NOW), OrderView(Shop("acme", None), replace(order, costs={"1Z1": cost}), Words("Nothing.", "Nichts."))
    )
    assert "9.36" in page
    assert "1.25" in page
    assert "5&lt;b&gt;" in page
    assert '<a href="https://fedex.com/t?1Z1&amp;a=1" rel="noreferrer noopener" class="outside">UPS</a>' in page
