"""A second warehouse, small enough to be read: it keeps its books in memory and implements the rooms' ports.

It has no API behind it; `Line` is the way to one, on which requests and answers get lost. What each method must do is
said in the ports of the rooms. `shelf`, `ship`, `receive` and `take_back` are the warehouse's own hands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.orders.shipping_order import ShippingOrder
from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import NotFound, Refused
from orderbridge.products.products import WarehouseProduct
from orderbridge.returns.return_label import ReturnLabel, read_label
from orderbridge.returns.returned_pieces import ReturnedPieces, ReturnsPage
from orderbridge.stock.figures import WarehouseStock, WarehouseStockPage
from orderbridge.stock.movements import Movement
from orderbridge.tracking import warehouse_order as reports
from orderbridge.tracking.shipments import Shipment, ShipmentKind
from orderbridge.tracking.warehouse_order import PartStatus
from tests.contract.conformance.tiny_goods import Line, TinyMovements, TinyNotices, page_of

_WAITING: Final = (PartStatus.OPEN, PartStatus.HELD, PartStatus.BACKORDERED)


@dataclass
class Booked:
    """An order on the books."""

    order: ShippingOrder
    changed_at: datetime
    status: PartStatus = PartStatus.OPEN
    parcels: tuple[str, ...] = ()

    def report(self) -> reports.WarehouseOrder:
        pieces = tuple((line.sku, line.quantity) for line in self.order.lines)
        method = TinyWarehouse.METHODS[self.order.ship_method]
        count, skus = sum(count for _, count in pieces), tuple(sku for sku, _ in pieces)
        part = reports.Part(self.status, self.status.value, method, count, self.parcels, skus, pieces=pieces)
        return reports.WarehouseOrder(self.order.number, (part,))


class TinyWarehouse:
    """One merchant's account."""

    METHODS: Final[Mapping[str, str]] = {"24": "Ground", "01": "Express"}
    history: Final = timedelta(days=90)
    clock_skew: Final = None

    def __init__(self, clock: Clock) -> None:
        self.clock, self.line = clock, Line()
        self.books: dict[OrderNumber, Booked] = {}
        self.shelf: dict[Sku, int] = {}
        self.labels: list[str] = []
        self.label_text = "JVBERi0xLjQ="  # a PDF's first bytes
        self.returned: list[tuple[datetime, ReturnedPieces]] = []
        self.notices, self.movements = TinyNotices(self.line, self.shelf), TinyMovements(self.line)

    # Orders

    def submit(self, orders: Sequence[ShippingOrder], *, test: bool = False) -> None:
        with self.line.call("submit", repeatable=test):
            for order in orders:
                self._check(order)
                if order.number in self.books:
                    raise Refused("tiny submit", f"there is an order {order.number}")
            for order in () if test else orders:
                self._book(Booked(order, self.clock.now()))

    def update(self, order: ShippingOrder) -> None:
        with self.line.call("update"):
            self._check(order)
            booked = self._waiting(order.number)
            booked.order, held = order, booked.status is PartStatus.HELD
            self._book(booked)
            booked.status = PartStatus.HELD if held and booked.status is PartStatus.OPEN else booked.status

    def cancel(self, number: OrderNumber) -> None:
        with self.line.call("cancel"):
            if self._booked(number).status is not PartStatus.CANCELLED:
                self._change(self._waiting(number), PartStatus.CANCELLED)

    def cancel_lines(self, number: OrderNumber, skus: Sequence[str]) -> None:
        with self.line.call("cancel lines"):
            booked, gone = self._waiting(number), {Sku(sku) for sku in skus}
            left = tuple(line for line in booked.order.lines if Sku(line.sku) not in gone)
            if left:
                booked.order = replace(booked.order, lines=left)
            self._change(booked, booked.status if left else PartStatus.CANCELLED)

    def toggle_hold(self, number: OrderNumber) -> reports.WarehouseOrder:
        with self.line.call("hold", repeatable=False):
            booked = self._waiting(number)
            self._change(booked, PartStatus.HELD if booked.status is PartStatus.OPEN else PartStatus.OPEN)
            return booked.report()

    def order(self, number: OrderNumber) -> reports.WarehouseOrder | None:
        with self.line.call("order"):
            return self.books[number].report() if number in self.books else None

    def orders_since(self, since: datetime, page: int = 1) -> reports.WarehouseOrdersPage:
        with self.line.call("orders"):
            found, more = page_of([one.report() for one in self.books.values() if one.changed_at >= since], page)
            return reports.WarehouseOrdersPage(found, more)

    def date_of(self, moment: datetime) -> date:
        return moment.date()

    # What leaves and what comes back

    def shipments(self, number: OrderNumber) -> tuple[Shipment, ...]:
        with self.line.call("shipments"):
            booked = self.books.get(number)
            parcels = booked.parcels if booked else ()
            kind = ShipmentKind.SHIPMENT
            return tuple(Shipment(one, kind, one, "Ground", None, None, "", "", self.clock.now()) for one in parcels)

    def return_label(self, number: OrderNumber) -> ReturnLabel:
        with self.line.call("label", repeatable=False):
            if not self._booked(number).parcels:
                raise Refused("tiny label", "nothing of it has left")
            self.labels.append(number.text)
            return read_label(self.label_text)

    def returns(self, since: datetime, until: datetime, page: int = 1) -> ReturnsPage:
        with self.line.call("returns"):
            return ReturnsPage(*page_of([one for at, one in self.returned if since <= at <= until], page))

    # Products and stock

    def product(self, sku: str) -> WarehouseStock | None:
        with self.line.call("product"):
            return self._stock_of(Sku(sku)) if Sku(sku) in self.shelf else None

    def products(self, page: int) -> WarehouseStockPage:
        with self.line.call("products"):
            return WarehouseStockPage(*page_of([self._stock_of(sku) for sku in self.shelf], page))

    def upsert_products(self, wanted: Sequence[WarehouseProduct]) -> tuple[str | None, ...] | None:
        with self.line.call("upsert products"):
            refusals = tuple(None if one.status in ("", *self.product_statuses()) else "bad status" for one in wanted)
            for one, refusal in zip(wanted, refusals, strict=True):
                if refusal is None:
                    self.shelf.setdefault(Sku(one.sku), 0)
            return refusals

    def upsert_kits(self, kits: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
        with self.line.call("upsert kits"):
            if unknown := [sku for kit in kits.items() for sku in (kit[0], *kit[1]) if Sku(sku) not in self.shelf]:
                raise Refused("tiny upsert kits", f"there is no {unknown[0]}")
            return frozenset(kits)  # what is in a kit comes with each order, in `ShippingOrder.kits`

    # What is set up

    def list_ship_methods(self) -> list[tuple[str, str]]:
        with self.line.call("ship methods"):
            return list(self.METHODS.items())

    def ship_methods(self) -> dict[str, str]:
        return {name: code for code, name in self.list_ship_methods()}

    def pay_methods(self) -> dict[str, str]:
        return {"PP": "prepaid"}

    def product_statuses(self) -> dict[str, str]:
        return {"R1": "in stock"}

    def probe(self, path_name: str, number: OrderNumber | None = None) -> None:
        """All its calls are documented."""

    # The warehouse's hands

    def ship(self, number: OrderNumber, *parcels: str) -> None:
        booked = self._waiting(number)
        for sku, count in by_sku(booked.order.pieces).items():
            self.shelf[sku] -= count
        booked.parcels = parcels
        self._change(booked, PartStatus.SHIPPED)

    def receive(self, sku: str, pieces: int) -> None:
        self.shelf[Sku(sku)] += pieces
        self.movements.made.append(Movement(self.clock.now(), sku, pieces, kind="IN"))

    def take_back(self, number: OrderNumber, sku: str) -> None:
        now, came_back = self.clock.now(), f"R{len(self.returned) + 1}"
        self._change(self.books[number], PartStatus.RETURNED)
        self.returned.append((now, ReturnedPieces(number, sku, "1", came_back, "Refused", f"{now}", "Good")))

    # Inside

    def _check(self, order: ShippingOrder) -> None:
        if order.ship_method not in self.METHODS or any(Sku(one.sku) not in self.shelf for one in order.lines):
            raise Refused("tiny check", f"order {order.number} has an unknown product or ship method")

    def _book(self, booked: Booked) -> None:
        """It waits if a piece is missing that no other order needs."""
        self.books.pop(booked.order.number, None)
        free = {sku: self._stock_of(sku) for sku in by_sku(booked.order.pieces)}
        there = all(free[sku].physical - free[sku].allocated >= n for sku, n in by_sku(booked.order.pieces).items())
        self.books[booked.order.number] = booked
        self._change(booked, PartStatus.OPEN if there else PartStatus.BACKORDERED)

    def _booked(self, number: OrderNumber) -> Booked:
        if number not in self.books:
            raise NotFound("tiny order", f"there is no order {number}", status=404)
        return self.books[number]

    def _waiting(self, number: OrderNumber) -> Booked:
        if (booked := self._booked(number)).status not in _WAITING:
            raise Refused("tiny order", f"order {number} is {booked.status}")
        return booked

    def _change(self, booked: Booked, status: PartStatus) -> None:
        booked.status, booked.changed_at = status, self.clock.now()

    def _stock_of(self, sku: Sku) -> WarehouseStock:
        promised = Counter[PartStatus]()
        for one in self.books.values():
            promised[one.status] += by_sku(one.order.pieces)[sku]
        allocated = promised[PartStatus.OPEN] + promised[PartStatus.HELD]
        return WarehouseStock(sku.text, self.shelf[sku], allocated, promised[PartStatus.BACKORDERED], "R1")
