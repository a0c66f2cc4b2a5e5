"""What the warehouse does with orders and goods, as acts on the simulated one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from local import demo_work
from local.sandbox.act import Act, Done, Look, Name, Pieces, Texts
from local.sandbox.places import Place, Places, Refusal, nearest
from local.simulators.bibi import Account as Warehouse
from local.simulators.bibi.records import BACKORDERED, FINAL, HELD, SHIPPED, Order, Part

MOST_PARCELS = 12


def work_on_all(warehouses: Iterable[Warehouse]) -> bool:
    """One step: ship what is open. False when there was nothing to do."""
    worked = [demo_work.finish(one, order, None) for one in warehouses for order in one.orders.values()]
    return any(worked)


class Step(Act):
    """All warehouses do their next step: they ship what is open, unless it is held or goods are missing."""

    def do(self, here: Places) -> Done:
        before = _statuses(here)
        worked = here.step()
        moved = [
            {"merchant": merchant, "order": number, "status": status}
            for (merchant, number), status in _statuses(here).items()
            if before.get((merchant, number)) != status
        ]
        if not worked and not moved:
            waiting = [f"{' '.join(order)} ({status})" for order, status in before.items() if status not in FINAL]
            return Done(f"the warehouse has nothing to do{': ' if waiting else ''}{', '.join(waiting)}", {"moved": []})
        told = ", ".join(f"{one['merchant']} {one['order']} is {one['status']}" for one in moved)
        return Done(f"the warehouse works: {told or 'no order changes its status'}", {"moved": moved})


class Ship(Act):
    """The warehouse ships an order, or some of its products first."""

    order: Name
    items: Texts = ()
    parcels: int = Field(1, ge=1, le=MOST_PARCELS)
    tracking: Texts = ()
    method: str | None = None

    def do(self, here: Places) -> Done:
        place, warehouse, found = _open(here, self.order, self.merchant)
        parts = _parts(found)
        if any(part.status in HELD for part in parts):
            raise Refusal(f"Order {found.number} is held: its status is {found.status}.")
        method = self.method and _method(warehouse, self.method)
        chosen = self._chosen(found, parts) if self.items else None
        for part in parts:
            asked = [line.item_no for line in part.lines] if chosen is None else chosen
            if lacking := {sku: n for sku, n in warehouse.missing(part).items() if sku in asked}:
                told = ", ".join(f"{count} x {sku}" for sku, count in lacking.items())
                raise Refusal(f"Order {found.number} cannot leave: {told} missing in the stock. Receive them first.")
        place_of_part = None if chosen is None else self._split_off(warehouse, found, chosen)
        tracking = list(self.tracking) or [warehouse.new_tracking() for _ in range(self.parcels)]
        shipped = warehouse.ship(found.number, tracking, method=method or None, part=place_of_part)
        return _told(place, found, f"is {found.status} at the warehouse, tracking {', '.join(shipped)}")

    def _chosen(self, found: Order, parts: list[Part]) -> list[str] | None:
        """The products to ship; None where that is all that is left."""
        there = {line.item_no for part in parts for line in part.lines}
        for sku in self.items:
            if sku not in there:
                raise Refusal(f"Order {found.number} has no open {sku}.{nearest(sku, there)}")
        return None if set(self.items) == there else list(self.items)

    @staticmethod
    def _split_off(warehouse: Warehouse, found: Order, chosen: list[str]) -> int:
        """The part that holds these products alone."""
        for number, part in enumerate(found.parts, start=1):
            if part.status not in FINAL and {line.item_no for line in part.lines} == set(chosen):
                return number
        items = [line.item_no for line in found.parts[0].lines]
        if len(found.parts) > 1 or len(set(items)) < len(items):
            shown = "; ".join(", ".join(line.item_no for line in part.lines) for part in found.parts)
            raise Refusal(f"Order {found.number} is divided already, into {shown}. Ship a whole part.")
        warehouse.split(found.number, chosen, [sku for sku in items if sku not in chosen])
        return 1


class Backorder(Act):
    """Goods of an order are missing: it waits for them."""

    order: Name

    def do(self, here: Places) -> Done:
        place, warehouse, found = _open(here, self.order, self.merchant)
        if all(part.status in BACKORDERED for part in _parts(found)):
            raise Refusal(f"Order {found.number} is backordered already.")
        for number, part in enumerate(found.parts, start=1):
            if part.status not in FINAL | BACKORDERED:
                warehouse.backorder(found.number, number)
        return _told(place, found, f"is {found.status} at the warehouse")


class Cancel(Act):
    """The warehouse cancels an order, or products of it."""

    order: Name
    items: Texts = ()

    def do(self, here: Places) -> Done:
        place, warehouse, found = _open(here, self.order, self.merchant)
        there = {line.item_no for part in _parts(found) for line in part.lines}
        for sku in self.items:
            if sku not in there:
                raise Refusal(f"Order {found.number} has no open {sku}.{nearest(sku, there)}")
        if self.items and set(self.items) != there:
            warehouse.drop_items(found, list(self.items))
            return _told(place, found, f"is without {', '.join(self.items)}, and {found.status}")
        warehouse.cancel(found.number)
        return _told(place, found, f"is {found.status} at the warehouse")


class Return(Act):
    """Pieces of a shipped order come back to the warehouse."""

    order: Name
    sku: Name
    quantity: Pieces = 1
    reason: str = Field("Refused", min_length=1, max_length=100)

    def do(self, here: Places) -> Done:
        place, warehouse, found = here.booked(self.order, self.merchant)
        sent = [line for part in found.parts if part.status in SHIPPED | {"Returned"} for line in part.lines]
        pieces = sum(line.quantity for line in sent if line.item_no == self.sku)
        if not sent:
            raise Refusal(f"Order {found.number} has not left: its status is {found.status}.")
        if not pieces:
            close = nearest(self.sku, (line.item_no for line in sent))
            raise Refusal(f"Order {found.number} was shipped without {self.sku}.{close}")
        back = sum(
            int(one["quantity"])
            for one in warehouse.returns
            if (one["customer_order_number"], one["product_number"]) == (found.number, self.sku)
        )
        if back + self.quantity > pieces:
            raise Refusal(f"Of the {pieces} x {self.sku} of order {found.number}, {back} came back already.")
        warehouse.return_item(found.number, self.sku, self.quantity, reason=self.reason)
        return _told(place, found, f"is {found.status}: {self.quantity} x {self.sku} came back")


class Receive(Act):
    """Goods arrive at the warehouse. Backordered orders that they suffice for are New again."""

    sku: Name
    quantity: Pieces = 1

    def do(self, here: Places) -> Done:
        having = [one for one in here.places.values() if one.warehouse and self.sku in one.warehouse.products]
        if self.merchant is None and len(having) > 1:
            names = ", ".join(one.merchant for one in having)
            raise Refusal(f"Several merchants have {self.sku}: {names}. Name one with --merchant.")
        fits = having[0].merchant if self.merchant is None and having else self.merchant
        place, warehouse = here.with_warehouse(fits)
        if self.sku not in warehouse.products:
            raise Refusal(f"The warehouse has no product {self.sku}.{nearest(self.sku, warehouse.products)}")
        warehouse.receive(self.sku, self.quantity)
        stock = warehouse.products[self.sku]["quantity_in_stock"]
        said = f"{place.merchant} {self.quantity} x {self.sku} arrived: {stock} in stock"
        return Done(said, {"product": {"merchant": place.merchant, "sku": self.sku, "in_stock": stock}})


class ListBooks(Look):
    """The orders on the warehouse's books."""

    def do(self, here: Places) -> Done:
        places = [here.place(self.merchant)] if self.merchant else here.places.values()
        rows = [row(place, one) for place in places if place.warehouse for one in place.warehouse.orders.values()]
        return Done(f"{len(rows)} order{'s' * (len(rows) != 1)} at the warehouse", {"orders": rows})


class ShowBooks(Look):
    """One order on the warehouse's books."""

    order: Name

    def do(self, here: Places) -> Done:
        place, warehouse, found = here.booked(self.order, self.merchant)
        details = row(place, found) | {
            "parts": [
                {
                    "part": part.key,
                    "status": part.status,
                    "ship_method": warehouse.ship_methods.get(part.ship_method, part.ship_method),
                    "items": _items([part]),
                    "tracking": ", ".join(part.parcels),
                    "missing": warehouse.missing(part) if part.status not in FINAL else {},
                }
                for part in found.parts
            ]
        }
        return Done(f"{place.merchant} {found.number} is {found.status} at the warehouse", {"order": details})


ACTS: dict[str, type[Act]] = {
    "step": Step,
    "ship": Ship,
    "backorder": Backorder,
    "cancel": Cancel,
    "return": Return,
    "receive": Receive,
    "list": ListBooks,
    "show": ShowBooks,
}


def row(place: Place, found: Order) -> dict[str, Any]:
    return {
        "merchant": place.merchant,
        "order": found.number,
        "status": found.status,
        "items": _items(found.parts),
        "tracking": ", ".join(found.tracking),
    }


def _items(parts: Iterable[Part]) -> str:
    return ", ".join(f"{line.quantity} x {line.item_no}" for part in parts for line in part.lines)


def _told(place: Place, found: Order, what: str) -> Done:
    return Done(f"{place.merchant} {found.number} {what}", {"order": row(place, found)})


def _statuses(here: Places) -> dict[tuple[str, str], str]:
    return {
        (place.merchant, number): order.status
        for place in here.places.values()
        if place.warehouse
        for number, order in place.warehouse.orders.items()
    }


def _parts(found: Order) -> list[Part]:
    return [part for part in found.parts if part.status not in FINAL]


def _open(here: Places, name: str, merchant: str | None) -> tuple[Place, Warehouse, Order]:
    place, warehouse, found = here.booked(name, merchant)
    if not _parts(found):
        raise Refusal(f"Order {found.number} has ended at the warehouse: its status is {found.status}.")
    return place, warehouse, found


def _method(warehouse: Warehouse, written: str) -> str:
    """The code of a ship method by its code or name."""
    methods = warehouse.ship_methods
    if written in methods:
        return written
    code = next((code for code, name in methods.items() if name.casefold() == written.casefold()), None)
    if code is None:
        raise Refusal(f"The warehouse has no ship method {written}.{nearest(written, methods.values())}")
    return code
