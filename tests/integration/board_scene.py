"""Orders in the ledger and the board over them: what the tests of the board look at."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from orderbridge.billing.billing_records import BillingCause, BillingRecord, BillingState
from orderbridge.billing.explain_billing import UnbilledOrder
from orderbridge.desk.board import pages
from orderbridge.desk.board.billing_page import billing_page
from orderbridge.desk.board.order_board import OrderBoard
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.record import LedgerOrder, Parcel
from orderbridge.merchants.health import Health
from orderbridge.merchants.registry import MerchantListing, Pause
from orderbridge.stock.figures import StockFigure
from testkit.clock import NOON
from testkit.records import open_order
from testkit.world import World

NASTY = "<script>alert(1)</script>\"'&amp;"
STEPS = (Status.SUBMITTING, Status.SUBMITTED, Status.ACKNOWLEDGED)


class Scene(World):
    """A world in which nothing is sold: orders are written at whatever time it is, and the board shows them."""

    def __init__(self) -> None:
        super().__init__({}, {}, empty=True)
        self.open_merchant("acme")
        self.settings = dict(self.registry.merchants())
        self.pause: Pause | None = None

    @property
    def board(self) -> OrderBoard:
        dead_letters = self.function("board").dead_letters
        return OrderBoard(self.table, lambda: MerchantListing(self.settings, self.pause), dead_letters, self.clock)

    def at(self, **before_noon: float) -> Scene:
        """Go to so long before noon."""
        self.clock.seconds = (NOON - timedelta(**before_noon)).timestamp()
        return self

    def order(self, billbee_id: int, *statuses: Status, merchant: str = "acme", **details: Any) -> LedgerOrder:
        """An order that is imported now, and goes through these statuses at once."""
        given = {"shop_number": f"A-{billbee_id}"} | details
        return open_order(self.ledger, billbee_id, merchant=merchant, moves=statuses, **given)

    def dead_letter(self, body: dict[str, Any], reason: str, merchant: str = "acme") -> None:
        self.queues.send_message(
            QueueUrl="push-dead",
            MessageBody=json.dumps(body),
            MessageGroupId=merchant,
            MessageDeduplicationId=f"letter-{self.queues.sent}",
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
        )


def nasty_pages(scene: Scene) -> dict[str, str]:
    """Every page, with HTML in all texts from outside."""
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
    scene.stock_records().sent(StockFigure(NASTY, 1, 0, 0, 0), 1)
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
