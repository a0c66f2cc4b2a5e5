"""Samples of a release: what it sends, what it keeps, and what it made of it. `take.py` takes those of the next one.

`tests/releases/<version>/` holds:

- `messages.json`: each kind of message as it travels, and the values that it stands for, defaults included;
- `schemas.json`: the JSON Schema of each message, to check that what is sent today is still read by that release;
- `items.json`: items of the table after a journey that touches every store, in DynamoDB's JSON;
- `read.json`: what that release's stores read of these items;
- `settings.json`: merchants' settings and secrets, and the values they stand for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from local.simulators.billbee.orders import address, item, product
from orderbridge.billing.billing_records import BillingRecords
from orderbridge.desk.digest_records import Digests
from orderbridge.desk.troubles.watched import Watched
from orderbridge.inbound.notice_records import InboundNotices
from orderbridge.jobs import messages
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import OPEN, Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.sku import Sku
from orderbridge.merchants.account_numbers import AccountNumbers
from orderbridge.merchants.cursors import Cursors
from orderbridge.merchants.drift import Drifts
from orderbridge.merchants.health import Health
from orderbridge.merchants.refused_records import RefusedRecords
from orderbridge.merchants.registry import Registry
from orderbridge.merchants.usage import Usage
from orderbridge.platform.clock import Clock
from orderbridge.platform.table import Table, merchant_key
from orderbridge.products.kit_records import KitRecords
from orderbridge.products.product_records import ProductRecords
from orderbridge.stock.movement_records import MovementRecords
from orderbridge.stock.stock_records import StockRecords
from orderbridge.tracking.cost_records import CostRecords
from testkit.world import World, world
from tests.faults.scenes import notice

HERE: Final = Path(__file__).parent
MERCHANT: Final = "acme"
KINDS: Final[Mapping[str, type[messages.Message]]] = {
    kind.model_fields["job"].default: kind
    for kind in (
        messages.PollOrders,
        messages.PushOrder,
        messages.PullTracking,
        messages.PullReturns,
        messages.PullMovements,
        messages.SyncStock,
        messages.SyncProducts,
        messages.SendDigest,
        messages.CheckBilling,
        messages.FollowInbound,
        messages.AnnounceInbound,
    )
}
SETTINGS: Final[dict[str, Any]] = {
    "language": "de",
    "bibi": {"shipping_costs": True, "order_number": "order_number", "order_prefix": "SA"},
    "stock": {"movements": True, "buffer": 1},
    "bundles": "kits",
    "billing": {"enabled": True, "grace_hours": 0},
}
"""Of the merchant whose journey it is."""


def releases() -> list[str]:
    """The releases of which there are samples, the oldest first."""
    found = [path.name for path in HERE.iterdir() if (path / "items.json").exists()]
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


def sample(version: str, name: str) -> Any:
    return json.loads((HERE / version / f"{name}.json").read_text(encoding="utf-8"))


def plain(value: Any) -> Any:
    """A value as JSON takes it; a SKU is its text, and folded where it is a key."""
    if isinstance(value, Sku):
        return value.text
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type | OrderNumber):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        entries = {key.key if isinstance(key, Sku) else str(plain(key)): plain(entry) for key, entry in value.items()}
        return dict(sorted(entries.items()))
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def read_all(table: Table, clock: Clock) -> dict[str, Any]:
    """What the stores make of all items of the merchant."""
    now = clock.now()
    since, month = now - timedelta(days=90), f"{now:%Y-%m}"
    ledger, cursors = Ledger(table, clock), Cursors(table, MERCHANT)
    products = ProductRecords(table, MERCHANT)
    orders = list(ledger.orders(MERCHANT))
    billing = BillingRecords(table, MERCHANT, clock)
    registry = Registry(table, clock)
    found: dict[str, Any] = {
        "merchants": registry.merchants(),
        "history of the settings": registry.history(MERCHANT),
        "pause of all": registry.pause(),
        "orders": orders,
        "open orders": list(ledger.open_orders(MERCHANT)),
        "ended orders": [
            one for status in Status if status not in OPEN for one in ledger.ended_orders(MERCHANT, status, since=since)
        ],
        "orders by number": ledger.of_numbers(MERCHANT, [one.number for one in orders], by_id=False),
        "orders by shop number": [ledger.find(MERCHANT, one.shop_number or "") for one in orders],
        "stock": StockRecords(table, MERCHANT, clock).all(),
        "stock that is due": StockRecords(table, MERCHANT, clock).due(),
        "stock pages": StockRecords(table, MERCHANT, clock).listed(0),
        "products": products.all(),
        "products by SKU": products.by("SKU", [one.sku for one in products.all()]),
        "products by EAN": products.by("EAN", [one.ean for one in products.all()]),
        "kits": KitRecords(table, MERCHANT).at_warehouse(),
        "movements": MovementRecords(table, MERCHANT).all(),
        "notices": InboundNotices(table, MERCHANT, clock).all(),
        "billing": billing.get_many(one.billbee_id for one in orders),
        "billing that is due": list(billing.due(everything=True)),
        "costs of the month": CostRecords(table, MERCHANT, clock).of_month(month),
        "costs that are due": CostRecords(table, MERCHANT, clock).due(100),
        "orders read until": cursors.orders().read_until,
        "tracking cursor": cursors.tracking(),
        "movements cursor": cursors.movements(),
        "page cursors": {job: cursors.pages(job) for job in ("sync-stock", "sync-products", "pull-returns")},
        "health": Health(table, clock).jobs(MERCHANT),
        "usage": Usage(table, clock).days(MERCHANT, since.date()),
        "digest": Digests(table, MERCHANT, clock).is_claimed((now - timedelta(days=1)).date()),
        "drift": Drifts(table, clock).of(MERCHANT),
        "watched": Watched(table, clock).of(MERCHANT),
        "refused records": RefusedRecords(table, clock).of(MERCHANT),
        "account numbers": AccountNumbers(table, MERCHANT, clock).known(),
        "budget": table.get(merchant_key(MERCHANT), "BUDGET#bibi"),
    }
    return {name: plain(one) for name, one in found.items()}


@contextmanager
def travelled() -> Iterator[tuple[World, list[str]]]:
    """A world in which every store has something, and every message that was sent on the way."""
    with world(bibi={"readings": {"prefix": "SA", "prefix-style": "glued", "prefix-calls": "either"}}) as here:
        here.configure(**SETTINGS)
        sent: list[str] = []
        put = here.queues._client._put

        def noted(queue: Any, entry: Mapping[str, Any]) -> Any:
            sent.append(entry["MessageBody"])
            return put(queue, entry)

        here.queues._client._put = noted
        _travel(here)
        yield here, sent


def _travel(here: World) -> None:
    _goods(here)
    here.sell(1, item("MUG-01", quantity=2), item("BOX", product_type=2), order_number="A-1")["GiftWrap"] = "yes"
    for order in (2, 3, 4, 5):
        here.sell(order, order_number=f"A-{order}")
    here.sell(6, item("TEE-01"), order_number="A-6", ship_to=address(city=""))
    here.cycle()
    for order in (1, 2, 3):
        here.warehouse.ship(f"A-{order}", [f"1Z{order}"], method="02")
    here.shop.add_tags(4, ["hold_bibi"])
    here.cycle()
    here.shop.add_tags(1, ["return_label_bibi"])
    part = here.warehouse.orders["A-2"].parts[0]
    here.warehouse.return_item("A-2", part.lines[0].item_no)
    here.cycle()
    here.wait(hours=1)
    here.pull("all")
    here.poll("all")
    here.pull_returns()
    here.check_billing("due")
    here.check_billing("all")
    RefusedRecords(here.table, here.clock).note(MERCHANT, [77])
    _a_day_later(here)


def _goods(here: World) -> None:
    for place, sku in enumerate(("MUG-01", "TEE-01", "POSTER"), start=1):
        found = here.shop.product_by("SKU", sku)
        assert found is not None
        here.shop.change_product(found["Id"], EAN=f"400000000000{place}")
    here.shop.add_product(product("BOX", components=[("MUG-01", 1), ("TEE-01", 2)], stock=0))
    here.shop.add_product(product("ONLY-IN-BILLBEE"))
    here.sync_products()
    here.sync_products()
    here.sync_stock()
    here.drop("goods.csv", notice("T-1", MUG_01=12))
    here.work("announce")
    here.drop("overlooked.csv", notice("T-2", TEE_01=5), told=False)
    here.warehouse.adjust("MUG-01", -1, "01")
    for job in ("movements", "inbound"):
        here.run(job)


def _a_day_later(here: World) -> None:
    here.wait(hours=24)
    here.sell(7, order_number="A-7")
    here.sell(8, order_number="A-8")
    here.cycle()
    here.warehouse.ship("A-8", ["1Z8"], method="02")
    here.cycle()
    for job in ("digest", "inbound", "movements"):
        here.run(job)
    here.sell(9, order_number="A-9")
    here.poll()
    here.sync_products()
    here.sync_stock()
    here.ledger.move(
        here.record(9), Status.SUBMITTING, why="about to be sent", call="bibi submitOrder", pieces={"MUG-01": 1}
    )
    here.invoke("watch", {})
