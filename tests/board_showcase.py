"""Two merchants with a month of orders in all states: what the pictures in the documents show, and what the pages are
tried with in a browser.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from orderbridge.desk.board.acknowledgements import Acknowledgements
from orderbridge.inbound.notice_records import NoticeRecord
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.ledger.record import LedgerOrder, Parcel
from orderbridge.ledger.shown import Difference
from orderbridge.ledger.sku import Sku
from orderbridge.ledger.told import Answer, WarehouseEvent
from orderbridge.merchants.health import Health
from orderbridge.merchants.promise import PromiseSettings, promised_by
from orderbridge.merchants.usage import Usage
from orderbridge.products.product_records import ProductRecord
from orderbridge.returns.returned_pieces import ReturnedPieces
from orderbridge.stock.figures import StockFigure
from orderbridge.stock.low_stock import Low, LowSku, Sales
from orderbridge.stock.low_stock_records import LowStockRecords, SalesPages, bucket_of
from orderbridge.stock.movement_records import MovementRecords, Moves
from orderbridge.stock.movements import Note
from testkit.clock import NOON
from tests.integration.board_scene import STEPS, Scene

ACME, NORD = "acme", "nordlicht"
_JOBS: Final = ("poll-orders", "sweep-orders", "pull-tracking", "sync-stock", "sync-products", "pull-returns")
_PROMISE: Final[dict[str, Any]] = {"handling_days": 1, "cut_off": "15:00"}
_METHODS: Final = ("UPS Ground", "USPS Priority Mail", "FedEx 2Day", "DHL Express")
_COUNTRIES: Final = ("US", "US", "US", "DE", "CA", "GB")
_SKUS: Final = ("MUG-BLUE-01", "MUG-RED-01", "TEAPOT-STEEL", "CANDLE-VANILLA-L", "POSTER-A2-FOREST", "TOWEL-SET-4")
_REASONS: Final = (
    "The currency 'ZZZ' is not an ISO 4217 currency. Correct it in Billbee. [OB-109]",
    "The SKU 'POSTER-LIMITED-EDITION-2026' has 27 characters, the warehouse takes at most 20. [OB-112]",
    "The address has no street. Add it in Billbee. [OB-102]",
)

SHOWN: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("/", {}),
    ("/", {"merchant": ACME}),
    ("/orders", {}),
    ("/orders", {"show": "shipped"}),
    ("/orders/nordlicht/5121", {}),
    ("/orders/acme/5126", {}),
    ("/stock/acme", {}),
    ("/stock/acme", {"sku": "MUG-BLUE-01"}),
    ("/jobs", {}),
    ("/failed", {}),
    ("/returns", {}),
    ("/inbound", {}),
    ("/products", {}),
    ("/usage", {}),
    ("/figures", {}),
    ("/figures", {"merchant": ACME, "days": "90"}),
    ("/orders", {"show": "at-risk"}),
    ("/search", {"q": "ACME-40"}),
    ("/search", {"q": "nothing"}),
)
"""The pages of the scene, by path and query."""


def showcase() -> Scene:
    """The scene at noon, Berlin time 14:00."""
    scene = Scene()
    scene.configure(promise=_PROMISE)
    scene.open_merchant(NORD, promise=_PROMISE)
    scene.settings = dict(scene.registry.merchants())
    dice = random.Random(20)
    _finished(scene, dice)
    _open(scene, dice)
    _for_a_person(scene)
    _goods(scene)
    scene.follow_changes()
    scene.at()
    health = Health(scene.table, scene.clock)
    for merchant in (ACME, NORD):
        for job in _JOBS:
            health.succeeded(merchant, job)
    return scene


def _order(scene: Scene, dice: random.Random, number: int, hours: float, *statuses: Status, **more: Any) -> LedgerOrder:
    """An order that was placed so many hours ago, imported at once, and has come so far since."""
    merchant = more.pop("merchant", ACME if number % 3 else NORD)
    prefix = "ACME" if merchant == ACME else "NL"
    scene.at(hours=hours)
    given: Mapping[str, Any] = {
        "shop_number": f"{prefix}-{number}",
        "placed_at": scene.clock.now() - timedelta(minutes=4),
        "paid_at": scene.clock.now() - timedelta(minutes=4),
        "promised_by": promised_by(PromiseSettings(**_PROMISE), scene.clock.now()),
        "pieces": {sku: dice.randint(1, 3) for sku in dice.sample(_SKUS, dice.choice((1, 1, 1, 2, 3)))},
        **more,
    }
    record = scene.order(number, merchant=merchant, **given)
    for status in statuses:
        changes: dict[str, Any] = {}
        if status is Status.SUBMITTING:
            changes = {"country": dice.choice(_COUNTRIES), "method": dice.choice(_METHODS)}
        if status in (Status.PARTIALLY_SHIPPED, Status.SHIPPED):
            scene.clock.seconds += dice.uniform(3, max(4.0, min(hours - 1, 46.0))) * 3600 if hours > 4 else 60
            changes = _shipped(scene, dice, record)
        else:
            scene.clock.seconds += dice.randint(20, 200)
        record = scene.ledger.move(record, status, why=_WHY[status], call=_CALLS[status], **changes)
    return record


_WHY: Final = {
    Status.SUBMITTING: "claimed for sending",
    Status.SUBMITTED: "sent",
    Status.ACKNOWLEDGED: "tagged as received",
    Status.PARTIALLY_SHIPPED: "the warehouse reports a first parcel",
    Status.SHIPPED: "the shop has the parcels and the state",
    Status.HELD: "held, as the merchant's tag asks",
    Status.REJECTED: "not fit to be sent",
    Status.CANCELLING: "the merchant's tag asks for it",
    Status.CANCELLED: "cancelled by the warehouse",
}
_CALLS: Final = {
    Status.SUBMITTING: "push orders",
    Status.SUBMITTED: "bibi submitOrder",
    Status.ACKNOWLEDGED: "billbee add tags",
    Status.PARTIALLY_SHIPPED: "billbee add shipment",
    Status.SHIPPED: "billbee set order state",
    Status.HELD: "bibi holdOrder",
    Status.REJECTED: "push orders",
    Status.CANCELLING: "bibi cancelOrder",
    Status.CANCELLED: "bibi orderStatusAll",
}


def _shipped(scene: Scene, dice: random.Random, record: LedgerOrder) -> dict[str, Any]:
    number, method = f"1Z{record.billbee_id:06d}0{dice.randint(10**8, 10**9 - 1)}", record.method or "UPS Ground"
    now = scene.clock.now()
    cost = ParcelCost(Decimal(dice.randint(480, 2890)) / 100, method, Decimal(dice.randint(40, 800)) / 100, "5")
    return {"parcels": {number: Parcel(method, now)}, "costs": {number: cost}}


def _finished(scene: Scene, dice: random.Random) -> None:
    """A month of orders that are over."""
    number = 4000
    for day in range(30, 0, -1):
        busy = 4 if day % 7 in (0, 1) else 9
        for _ in range(busy + dice.randint(0, 4)):
            number += 1
            hours = day * 24 + dice.uniform(0, 12)
            _order(scene, dice, number, max(hours, 26), *STEPS, Status.SHIPPED)
    for merchant in (ACME, NORD):
        for day in range(13, -1, -1):
            scene.at(days=day, hours=2)
            counts = {
                "billbee": dice.randint(500, 900),
                "bibi": dice.randint(300, 520),
                "throttled": dice.randint(0, 3),
            }
            Usage(scene.table, scene.clock).add(merchant, counts)


def _open(scene: Scene, dice: random.Random) -> None:
    for number, hours in enumerate((0.02, 0.05, 1, 2, 3, 5, 6, 7, 9, 11, 14, 18, 19, 22, 26, 31, 40, 44), start=5001):
        steps = STEPS if hours > 0.5 else STEPS[: number % 2]
        _order(scene, dice, number, hours, *steps)
    for number, hours in ((5030, 3.0), (5031, 8.0), (5032, 15.0), (5033, 20.0)):
        _order(scene, dice, number, hours, *STEPS, told=frozenset({WarehouseEvent.BACKORDERED}))
    _order(scene, dice, 5034, 21, *STEPS, Status.PARTIALLY_SHIPPED)
    _order(scene, dice, 5035, 4, *STEPS, Status.HELD)
    _order(scene, dice, 5036, 1, *STEPS, Status.CANCELLING)


def _for_a_person(scene: Scene) -> None:
    dice = random.Random(7)
    for place, reason in enumerate(_REASONS * 3):
        record = _order(scene, dice, 5101 + place, 2 + place * 5)
        scene.ledger.move(record, Status.REJECTED, why=reason, call="push orders", reason=reason)
    _order(scene, dice, 5121, 50, *STEPS, Status.SHIPPED, told=frozenset({Answer.CANCEL_REFUSED}))
    _order(scene, dice, 5122, 30, *STEPS, Status.CANCELLED, told=frozenset({WarehouseEvent.CANCELLED}))
    changed = _order(scene, dice, 5123, 6, *STEPS, told=frozenset({f"{Answer.CONTENT_DIFFERS} abc"}))
    scene.ledger.note(
        changed, why="Billbee shows another content", difference=Difference("abc", scene.clock.now(), ("products",))
    )
    _order(scene, dice, 5124, 75, *STEPS)
    _order(scene, dice, 5125, 80, *STEPS, Status.HELD, held=True)
    stuck = _order(scene, dice, 5126, 0.8, Status.SUBMITTING)
    scene.ledger.note(stuck, why="HTTP 503", call="bibi submitOrder", reason="The warehouse answers HTTP 503.")
    scene.at()
    seen = next(entry for entry in scene.board.workbench().work if entry.about == "5107")
    scene.at(hours=1)
    Acknowledgements(scene.table, scene.clock).note(seen.merchant, seen.key, "jana.schmidt")


def _goods(scene: Scene) -> None:
    dice = random.Random(3)
    for merchant in (ACME, NORD):
        for place, sku in enumerate(_SKUS):
            scene.at(hours=place + 1)
            figure = StockFigure(sku, 180 - place * 33, 12 - place, place, 5)
            scene.stock_records(merchant).sent(figure, max(0, 163 - place * 33))
        days = range(19, -1, -1)
        notes = tuple(
            Note(NOON - timedelta(days=day, hours=3), 60 if day in (15, 7) else -dice.randint(3, 14), _moved(day))
            for day in days
        )
        MovementRecords(scene.table, merchant).save(Moves("MUG-BLUE-01", notes))
        sold = {"MUG-BLUE-01": Sales(214), "TEAPOT-STEEL": Sales(40)}
        SalesPages(scene.table, merchant).set_page(1, sold)
        low = LowSku("TOWEL-SET-4", Low.FEW_DAYS, 3, 0, 20)
        LowStockRecords(scene.table, merchant).set_bucket(bucket_of(Sku(low.sku)), [low])
        scene.at(days=5)
        announced = {"MUG-BLUE-01": 240, "TEAPOT-STEEL": 60}
        notice = NoticeRecord(f"MSKU-{merchant.upper()}-1", "open", announced=announced, destination="Los Angeles")
        scene.notices(merchant).save(replace(notice, expected_delivery_date=(NOON + timedelta(days=9)).date()))
        closed = replace(
            notice, tracking_number=f"MSKU-{merchant.upper()}-0", status="closed", closed_at=NOON - timedelta(days=12),
            received={"MUG-BLUE-01": 236, "TEAPOT-STEEL": 60},
        )  # fmt: skip
        scene.notices(merchant).save(closed)
        product = ProductRecord(9001, "x", "POSTER-LIMITED-EDITION-2026", problem="The SKU has 27 characters. [OB-204]")
        scene.workspace(ACME).products.save(product)
    returned = scene.workspace(ACME).returned
    for number in (4020, 4051, 4099):
        scene.at(days=number % 7)
        returned.note(
            number,
            ReturnedPieces(OrderNumber(str(number)), "MUG-RED-01", "1", f"R{number}", "", "2026-06-28", "", "1Z99"),
        )
    scene.dead_letter({"job": "push-orders", "billbee_id": 5126}, "tried too often: the log says why", merchant=ACME)


def _moved(day: int) -> str:
    return "60 pieces received" if day in (15, 7) else "pieces left with orders"
