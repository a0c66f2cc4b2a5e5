"""Orders in the ledger and the board over them: what the tests of the board look at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from orderbridge.billing.billing_records import BillingCause, BillingRecord, BillingState
from orderbridge.billing.explain_billing import UnbilledOrder
from orderbridge.desk.board import list_pages
from orderbridge.desk.board.action import Action
from orderbridge.desk.board.digest_pages import digest_page, digests_page
from orderbridge.desk.board.figures_page import figures_page
from orderbridge.desk.board.home_page import home_page
from orderbridge.desk.board.jobs_page import jobs_page
from orderbridge.desk.board.order_board import OrderBoard
from orderbridge.desk.board.order_page import order_page
from orderbridge.desk.board.orders_page import orders_page, search_page
from orderbridge.desk.board.reader import Reader
from orderbridge.desk.board.search import Found
from orderbridge.desk.board.stock_page import stock_page, stocks_page
from orderbridge.desk.board.worklist import Acknowledgement
from orderbridge.desk.digest_report import Report, Section
from orderbridge.inbound.notice_records import NoticeRecord
from orderbridge.ledger.effects import message
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.ledger.problem import Language
from orderbridge.ledger.record import LedgerOrder, Parcel, RecordChanges
from orderbridge.merchants.health import Health
from orderbridge.merchants.registry import MerchantListing, Pause
from orderbridge.platform.table import Table
from orderbridge.products.product_records import ProductRecord
from orderbridge.returns.returned_pieces import ReturnedPieces
from orderbridge.stock.figures import StockFigure
from orderbridge.stock.movement_records import MovementRecords, Moves
from orderbridge.stock.movements import Note
from testkit.clock import NOON
from testkit.environment import TABLE
from testkit.functions import board_event
from testkit.records import open_order
from testkit.world import World

NASTY = "<script>alert(1)</script>\"'&amp;"
STEPS = (Status.SUBMITTING, Status.SUBMITTED, Status.ACKNOWLEDGED)


class Counting:
    """A client whose calls are counted."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: Counter[str] = Counter()

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls[operation] += 1
            return getattr(self._client, operation)(**request)

        return call


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

    def reads(self, do: Callable[[], object]) -> dict[str, int]:
        """How often a page reads the table, by the kind of call."""
        counted = Counting(self.dynamodb)
        self.table = Table(counted, TABLE)  # type: ignore[arg-type]
        do()
        return dict(counted.calls)

    def say(self, path: str = "/", language: Language = "en", **query: str) -> Reader:
        """Who looks at the board now."""
        return Reader(self.clock.now(), language, path=path, query=query)

    def page(self, path: str, **query: str) -> str:
        """A page as the function answers with it."""
        html: str = self.invoke("board", board_event(path, query=query))["body"]
        return html


def nasty_pages(scene: Scene, language: Language = "en") -> dict[str, str]:
    """Every page, with HTML in all texts from outside."""
    scene.settings[NASTY] = json.dumps({NASTY: 1})
    scene.at(minutes=40).order(
        1,
        Status.SUBMITTING,
        shop_number=NASTY,
        order_number=OrderNumber(NASTY),
        pieces={NASTY: 1},
        last={"reason": NASTY, "country": NASTY, "method": NASTY},
    )
    record = scene.ledger.get("acme", 1)
    assert record is not None
    scene.at()
    changes: RecordChanges = {
        "parcels": {NASTY: Parcel(NASTY, NOON)},
        "costs": {NASTY: ParcelCost(Decimal(1), zone=NASTY)},
        "effects": message(NASTY, NASTY),
        "warehouse_status": NASTY,
        "reason": NASTY,
    }
    scene.ledger.note(record, why=NASTY, call=NASTY, **changes)
    Health(scene.table, scene.clock).failed("acme", "poll-orders", RuntimeError(NASTY))
    scene.stock_records().sent(StockFigure(NASTY, 1, 0, 0, 0), 1)
    MovementRecords(scene.table, "acme").save(Moves(NASTY, (Note(NOON, -2, NASTY), Note(NOON, 3, NASTY))))
    scene.dead_letter({"job": NASTY, "scope": NASTY}, NASTY, merchant="m")
    returned = ReturnedPieces(OrderNumber(NASTY), NASTY, NASTY, NASTY, NASTY, NASTY, NASTY, NASTY)
    scene.workspace().returned.note(1, returned)
    scene.notices().save(NoticeRecord(NASTY, "open", announced={NASTY: 1}, destination=NASTY))
    scene.workspace().products.save(ProductRecord(1, "x", NASTY, NASTY, NASTY))
    board, say = scene.board, scene.say("/", language)
    view, bench, shops = board.order("acme", 1), board.workbench(), board.shops()
    assert view is not None
    seen = [replace(entry, acknowledged=Acknowledgement(NASTY, NOON)) for entry in bench.work]
    action = Action(NASTY, f"/{quote(NASTY)}", is_final=True)
    differs = BillingRecord(1, BillingCause.SHIPPED, NOON, NOON, BillingState.DIFFERS, NASTY)
    letters = board.failed()
    return {
        "home": home_page(say, bench, actions=lambda _: [action]),
        "acknowledged": home_page(say, replace(bench, work=seen, pause=Pause(NOON, NASTY))),
        "jobs": jobs_page(say, bench, [action]),
        "order": order_page(say, view, [action]),
        "orders": orders_page(say, board.orders(None, "", ""), shops),
        "found": search_page(say, Found(NASTY, [view.order], [("acme", NASTY)]), many=True),
        "not found": search_page(say, Found(NASTY), many=True),
        "stock": stock_page(say, board.stock("acme")),
        "sku": stock_page(say, board.stock("acme", NASTY)),
        "no sku": stock_page(say, board.stock("acme", NASTY + "x")),
        "stocks": stocks_page(say, shops),
        "billing": list_pages.billing_page(say, [UnbilledOrder(view.order, differs, NASTY)]),
        "failed": list_pages.failed_page(say, letters, {one.message_id: [action] for one in letters}),
        "figures": figures_page(say, board.figures(None, 14), shops, None),
        "digests": digests_page(say, {NASTY: [NOON.date()]}, shops, None),
        "digest": digest_page(say, NASTY, Report(NASTY, (NASTY,), (Section(NASTY, 1, (NASTY,), NASTY),))),
        "returns": list_pages.returns_page(say, board.returns(None, ""), shops, None),
        "inbound": list_pages.inbound_page(say, board.inbound(None, ""), shops, None),
        "products": list_pages.products_page(say, board.refused_products(None, ""), shops, None),
        "problem": list_pages.problem_page(say, NASTY, NASTY, similar=[(NASTY, f"/{quote(NASTY)}")]),
    }
