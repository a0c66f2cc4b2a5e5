"""A table with orders and the board over it: what the tests of the board look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from orderbridge.board import pages
from orderbridge.board.billing_page import billing_page
from orderbridge.bootstrap import Deployment
from orderbridge.domain.lifecycle import Status
from orderbridge.domain.order_number import OrderNumber
from orderbridge.domain.stock import StockFigure
from orderbridge.services.explain_billing import UnbilledOrder
from orderbridge.services.order_board import OrderBoard
from orderbridge.stores.billing import BillingCause, BillingRecord, BillingState
from orderbridge.stores.health import Health
from orderbridge.stores.ledger import Ledger
from orderbridge.stores.record import LedgerOrder, Parcel
from orderbridge.stores.registry import MerchantListing, Pause, Registry
from orderbridge.stores.stock import StockRecords
from orderbridge.stores.table import Table
from testkit.aws import MemoryDynamoDB, MemorySQS
from testkit.clock import ManualClock
from testkit.records import open_order
from testkit.template import make_table

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
"""14:00 in Berlin."""
SETTINGS = {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}}
NASTY = "<script>alert(1)</script>\"'&amp;"
STEPS = (Status.SUBMITTING, Status.SUBMITTED, Status.ACKNOWLEDGED)


@dataclass
class Scene:
    """A table with orders, written at whatever time it is, and the board over it."""

    clients: dict[str, Any]
    table_name: str
    dead_letters_url: str
    settings: dict[str, str]
    clock: ManualClock
    pause: Pause | None = None

    @property
    def table(self) -> Table:
        return Table(self.clients["dynamodb"], self.table_name)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.table, self.clock)

    @property
    def deployment(self) -> Deployment:
        variables = {"TABLE_NAME": self.table_name, "PUSH_ORDERS_DEAD_LETTERS_URL": self.dead_letters_url}
        return Deployment(variables | {"STAGE": "test"}, client=self.clients.__getitem__)

    @property
    def board(self) -> OrderBoard:
        return OrderBoard(
            self.table, lambda: MerchantListing(self.settings, self.pause), self.deployment.dead_letters, self.clock
        )

    def at(self, **before_noon: float) -> Scene:
        """Go to so long before noon."""
        self.clock.seconds = (NOON - timedelta(**before_noon)).timestamp()
        return self

    def order(self, billbee_id: int, *statuses: Status, merchant: str = "acme", **details: Any) -> LedgerOrder:
        """An order that is imported now, and goes through these statuses at once."""
        given = {"shop_number": f"A-{billbee_id}"} | details
        return open_order(self.ledger, billbee_id, merchant=merchant, moves=statuses, **given)

    def dead_letter(self, body: dict[str, Any], reason: str, merchant: str = "acme") -> None:
        self.clients["sqs"].send_message(
            QueueUrl=self.dead_letters_url,
            MessageBody=json.dumps(body),
            MessageGroupId=merchant,
            MessageDeduplicationId=f"letter-{self.clients['sqs'].sent}",
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
        )


def empty_scene() -> Scene:
    """A table without orders; acme has its settings."""
    clock = ManualClock(NOON)
    clients: dict[str, Any] = {"dynamodb": MemoryDynamoDB(), "sqs": MemorySQS(clock)}
    settings = json.dumps(SETTINGS)
    queue = clients["sqs"].create_queue(QueueName="board-dead.fifo", Attributes={"FifoQueue": "true"})
    scene = Scene(clients, make_table(clients["dynamodb"], "board"), queue["QueueUrl"], {"acme": settings}, clock)
    Registry(scene.table, clock).put("acme", settings, by="a test")
    return scene


def nasty_pages(scene: Scene) -> dict[str, str]:
    """Every page, with HTML wherever somebody else's text stands."""
    scene.settings[NASTY] = json.dumps({NASTY: 1})
    scene.at(minutes=40).order(
        1,
        Status.SUBMITTING,
        shop_number=NASTY,
        order_number=OrderNumber(NASTY),
        pieces={NASTY: 1},
        last={"reason": NASTY},
    )
    record = scene.ledger.get("acme", 1)
    assert record is not None
    scene.at()
    scene.ledger.note(
        record, why=NASTY, call=NASTY, warehouse_status=NASTY, parcels={NASTY: Parcel(NASTY, NOON)}, reason=NASTY
    )
    Health(scene.table, scene.clock).failed("acme", "poll-orders", RuntimeError(NASTY))
    StockRecords(scene.table, "acme", scene.clock).sent(StockFigure(NASTY, 1, 0, 0, 0), 1)
    scene.dead_letter({"job": NASTY, "scope": NASTY}, NASTY, merchant="m")
    board = scene.board
    view = board.order("acme", 1)
    assert view is not None
    found = board.search("1")
    differs = BillingRecord(1, BillingCause.SHIPPED, NOON, NOON, BillingState.DIFFERS, NASTY)
    return {
        "board": pages.board_page(board.board(), refreshing=True),
        "order": pages.order_page(view),
        "found": pages.search_page(NASTY, [*found, *found], NOON),
        "not found": pages.search_page(NASTY, [], NOON),
        "stock": pages.stock_page(board.stock("acme")),
        "sku": pages.stock_page(board.stock("acme", NASTY)),
        "no sku": pages.stock_page(board.stock("acme", NASTY + "x")),
        "stocks": pages.stocks_page(board.shops(), NOON),
        "billing": billing_page([UnbilledOrder(record, differs, NASTY)], NOON),
        "failed": pages.failed_page(board.failed(), NOON),
        "problem": pages.problem_page(NASTY, NASTY, NOON, similar=[(NASTY, f"/{quote(NASTY)}")]),
    }
