"""Nobody's name, address, message or secret is in a log line or a table item, also when things go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from local.run import cycle
from local.simulators import Bibi, Billbee
from local.simulators.bibi import Account as Warehouse
from local.simulators.billbee.orders import address, item, order, product
from local.simulators.faults import Fault
from local.simulators.server import Answer, Simulator
from local.system import FunctionLog, Options, System, running
from testkit.processes.serving import Followed

# `tests/security/test_journey.py` asserts it of a longer journey with the same troubles, for `make test` as well.
pytestmark = pytest.mark.thorough

API_KEY = "key-of-the-application-77"
SECRETS = {
    "billbee_password": "Billbee-Password-77",
    "bibi_public_key": "bibi-public-77",
    "bibi_secret_key": "bibi-secret-77",
}
BUYERS = [
    address("Zbigniew", "Wolszczan", street="Quellenweg", house_number="7791", city="Oberpfaffen", zip_code="90817",
            company="Gartenzwerg Ltd", line2="Hinterhof Xaver", email="zbigniew@buyer-77.example",
            phone="+49 30 7712345"),
    address("Ngozi", "Adébáyò", street="Tannhäuser Allee", house_number="4417", city="Krähwinkel", zip_code="71902",
            email="ngozi@buyer-77.example", phone="+234 77 123 4567"),
    address("Yoshiko", "Kurosawa", street="", house_number="", city="Sapporo-Nishi", zip_code="88123",
            email="yoshiko@buyer-77.example", phone="0081 77 99887"),
]  # fmt: skip
MESSAGE = "Please leave it with my neighbour Brunhilde"


def personal() -> list[str]:
    parts = ("FirstName", "LastName", "Company", "Street", "City", "Email", "Phone", "Line2")
    texts = {str(buyer[part]) for buyer in BUYERS for part in parts if buyer[part]}
    return sorted(texts | {MESSAGE, "Brunhilde", API_KEY, *SECRETS.values()} - {SECRETS["bibi_public_key"]})


def gossip(simulator: Simulator) -> None:
    """Errors of this vendor repeat the buyer's data, as they may."""
    loose = (
        f"Cannot handle {BUYERS[0]['FirstName']} {BUYERS[0]['LastName']}, {BUYERS[0]['Street']}, {BUYERS[0]['Email']}"
    )

    def error_answer(status: int) -> Answer:
        body = {"success": False, "message": loose, "code": status, "ErrorMessage": loose, "ErrorCode": 8}
        return Answer(status, body)

    simulator.error_answer = error_answer  # type: ignore[method-assign]


@pytest.fixture
def journey(tmp_path: Path) -> Iterator[tuple[System, StringIO, Billbee, Bibi]]:
    settings = {
        "billbee": {"username": "shop@acme.example", "order_tag": "bibi"},
        "bibi": {"send_buyer_message": True},
    }
    merchants = tmp_path / "merchants.json"
    entry = {"settings": settings, "secrets": SECRETS}
    merchants.write_text(json.dumps({"billbee_api_key": API_KEY, "merchants": {"acme": entry}}), encoding="utf-8")
    log, clock = StringIO(), Followed()
    with Billbee(api_key=API_KEY, throttles=False, clock=clock) as billbee, Bibi(throttles=False, clock=clock) as bibi:
        shop = billbee.add_account("shop@acme.example", SECRETS["billbee_password"])
        warehouse = bibi.add_account(SECRETS["bibi_public_key"], SECRETS["bibi_secret_key"])
        shop.add_product(product("MUG-01"))
        warehouse.add_product("MUG-01")
        for number, buyer in enumerate(BUYERS, start=1):
            shop.add_order(order(number, items=[item("MUG-01")], tags=["bibi"], ship_to=buyer, message=MESSAGE))
        options = Options(merchants, billbee.url, bibi.url, speed=6.0)
        with running(options, FunctionLog(log), lambda line: None) as system:
            clock.leader = system.clock
            yield system, log, billbee, bibi


def everything_kept(system: System, log: StringIO) -> str:
    """All log lines and all table items as one text."""
    dynamodb = system.stack.aws.client("dynamodb")
    pages = dynamodb.get_paginator("scan").paginate(TableName=system.stack.physical_id("Table"))
    items: list[Any] = [item for page in pages for item in page["Items"]]
    assert items
    return log.getvalue() + json.dumps(items, ensure_ascii=False)


def found_in(kept: str) -> list[str]:
    folded = kept.casefold()
    escaped = json.dumps(kept).casefold()
    return [text for text in personal() if text.casefold() in folded or json.dumps(text)[1:-1].casefold() in escaped]


def orders_of(warehouse: Warehouse) -> list[str]:
    return sorted(warehouse.orders)


@pytest.mark.parametrize("trouble", [False, True], ids=["all goes well", "vendors fail and gossip"])
def test_no_personal_data_and_no_secret_is_logged_or_kept(
    journey: tuple[System, StringIO, Billbee, Bibi], *, trouble: bool
) -> None:
    system, log, billbee, bibi = journey
    if trouble:
        gossip(billbee)
        gossip(bibi)
        bibi.faults.add(Fault("status_after", route="POST /submitOrder", status=500))
        bibi.faults.add(Fault("status", route="POST /orderStatus", status=500, nth=2))
        bibi.faults.add(Fault("status", route="POST /submitOrder", status=400, nth=2))
        billbee.faults.add(Fault("status", route="POST /orders/{id}/tags", status=500))
        billbee.faults.add(Fault("status_after", route="POST /orders/{id}/shipment", status=500))
        billbee.faults.add(Fault("status", route="PUT /orders/{id}/orderstate", status=400))
    cycle(system)
    warehouse = bibi.accounts[SECRETS["bibi_public_key"]]
    assert orders_of(warehouse) == ["1", "2"]
    for number in orders_of(warehouse):
        warehouse.ship(number, method="02")
    cycle(system)
    statuses = [order.status for order in system.books.orders("acme")]
    assert "rejected" in statuses
    assert trouble or statuses.count("shipped") == 2
    assert found_in(everything_kept(system, log)) == []
