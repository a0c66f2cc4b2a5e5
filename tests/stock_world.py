"""The tests' world with stock and products: the two jobs, answers of a shop and a warehouse in small numbers.

with stock_world() as here:
    here.stock("MUG-01", 3); here.sync_stock()
    assert here.offered("MUG-01") == 3
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.simulators import Call
from local.simulators.billbee.orders import product
from orderbridge.queues.deliveries import Deliveries, one_by_one
from orderbridge.queues.messages import SyncProducts, SyncStock
from orderbridge.queues.publisher import Publisher
from orderbridge.services.sync_products import sync_products
from orderbridge.services.sync_stock import sync_stock
from orderbridge.services.workspace import Workspace
from orderbridge.stores.products import ProductRecord, ProductRecords
from orderbridge.stores.stock import StockRecord, StockRecords
from tests.mishaps import Crash
from tests.world import Merchant, World, world

UPDATE = "POST /products/updatestockmultiple"
LIST = "POST /listProducts"
SINGLE = "GET /listProduct/{number}"
UPSERT = "POST /upsertProducts"
STATE = "PUT /orders/{id}/orderstate"


@dataclass
class StockWorld(World):
    """`seconds_left` is what a job is told that its invocation still has."""

    seconds_left: Callable[[], float] = lambda: 900.0

    def open_merchant(self, name: str, **settings: Any) -> Merchant:
        """A merchant whose shop and warehouse are empty."""
        merchant = super().open_merchant(name, **settings)
        merchant.shop.products.clear()
        merchant.warehouse.products.clear()
        return merchant

    def workspace(self, name: str) -> Workspace | None:
        found = super().workspace(name)
        if found is not None:
            found.seconds_left = self._seconds_left
            # What happens inside a call takes longer than the impatient clients of other tests wait.
            for client in (found.billbee, found.bibi):
                client._http._timeout = (5.0, 20.0)
        return found

    # -- what there is

    def put(self, sku: str, physical: int = 0, *, merchant: str = "acme", **fields: Any) -> dict[str, Any]:
        """A product in the shop, with nothing to sell yet, and at the warehouse."""
        one = self.merchants[merchant]
        one.warehouse.add_product(sku, stock=physical)
        return one.shop.add_product(product(sku, **({"stock": 0} | fields)))

    def put_many(self, count: int, physical: int = 5) -> list[str]:
        """Products SKU-0000, SKU-0001 …; gives their SKUs."""
        skus = [f"SKU-{number:04d}" for number in range(count)]
        for sku in skus:
            self.put(sku, physical)
        return skus

    def count(self, sku: str, pieces: int, *, merchant: str = "acme") -> None:
        """The warehouse counts its shelf."""
        self.merchants[merchant].warehouse.products[sku]["quantity_in_stock"] = pieces

    def offered(self, sku: str, merchant: str = "acme") -> int:
        """What Billbee has of a SKU."""
        found = self.merchants[merchant].shop.product_by("SKU", sku)
        assert found is not None
        return int(found["StockCurrent"])

    def stock_records(self, merchant: str = "acme") -> StockRecords:
        return StockRecords(self.table, merchant, self.clock)

    def stock_record(self, sku: str, merchant: str = "acme") -> StockRecord:
        return self.stock_records(merchant).get_many([sku])[sku.casefold()]

    def product_records(self, merchant: str = "acme") -> list[ProductRecord]:
        return ProductRecords(self.table, merchant).all()

    def product_record(self, product_id: int, merchant: str = "acme") -> ProductRecord:
        return ProductRecords(self.table, merchant).get_many([product_id])[product_id]

    def figures_told(self) -> list[list[tuple[str, int]]]:
        """The figures of each call that updated stock."""
        calls = [call for call in self.billbee.calls if call.name == UPDATE]
        return [[(one["Sku"], one["NewQuantity"]) for one in call.body] for call in calls]

    # -- the jobs

    def sync_stock(self, merchant: str = "acme") -> None:
        """Some time passes, then the job is asked for and worked on until no message is due within minutes."""
        self.wait(seconds=5)
        self.ask_sync("stock", merchant)
        self.work("stock", patience=timedelta(minutes=10))

    def sync_products(self, merchant: str = "acme") -> None:
        self.wait(seconds=5)
        self.ask_sync("products", merchant)
        self.work("products", patience=timedelta(minutes=10))

    def ask_sync(self, queue: str, merchant: str = "acme") -> None:
        kind = {"stock": SyncStock, "products": SyncProducts}[queue]
        message = kind(merchant=merchant, correlation_id=f"test-{self.queues.sent}", asked_at=self.clock.now())
        Publisher(self.queues).send(queue, [message])  # type: ignore[arg-type]

    def deliver(self, queue: str) -> bool:
        if queue not in ("stock", "products"):
            return super().deliver(queue)
        event = self.queues.receive(queue)
        if event is None:
            return False
        deliveries = Deliveries(self.queues, queue, f"{queue}-dead")  # type: ignore[arg-type]
        try:
            answer = (
                deliveries.work_through(event, SyncStock, one_by_one(self.workspace, sync_stock))
                if queue == "stock"
                else deliveries.work_through(event, SyncProducts, one_by_one(self.workspace, sync_products))
            )
        except Crash:
            self.cold_start()
            return True
        self.queues.settle(queue, event, [failed["itemIdentifier"] for failed in answer["batchItemFailures"]])
        return True

    def _seconds_left(self) -> float:
        return self.seconds_left()

    @contextmanager
    def inside(self, route: str, *doing: Callable[[], None], nth: int = 1) -> Iterator[None]:
        """Have something happen in the middle of a job: after the work of its nth call to a route, before the
        answer.
        """
        seen = 0

        def hook(call: Call) -> None:
            nonlocal seen
            if call.name != route:
                return
            seen += 1
            if seen != nth:
                return
            running, self._workspaces = self._workspaces, {}  # another function, elsewhere
            for do in doing:
                do()
            self._workspaces = running

        for service in (self.billbee, self.bibi):
            service.after_call.append(hook)
        try:
            yield
        finally:
            for service in (self.billbee, self.bibi):
                service.after_call.remove(hook)


@contextmanager
def stock_world(
    *,
    billbee: Mapping[str, Any] | None = None,
    bibi: Mapping[str, Any] | None = None,
    dynamodb: Any = None,
    **settings: Any,
) -> Iterator[StockWorld]:
    """A world with the merchant `acme`, whose shop and warehouse are empty. `dynamodb`: not moto's."""
    with world(billbee=billbee, bibi=bibi, dynamodb=dynamodb, **settings) as made:
        here = StockWorld(**vars(made))
        for one in here.merchants.values():
            one.shop.products.clear()
            one.warehouse.products.clear()
        yield here
