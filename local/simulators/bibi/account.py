"""One merchant at BiBi: the books, the stock, and what the warehouse does.

The stock follows the orders: an order allocates, a shipment subtracts, missing pieces are backordered.
"""

from collections.abc import Mapping
from itertools import count
from typing import Any

from local.simulators.bibi import lists
from local.simulators.bibi.records import (
    BACKORDERED,
    CHICAGO,
    FINAL,
    Asn,
    Order,
    Part,
    chicago_text,
    part_key,
    transaction,
)
from local.simulators.bibi.submission import Line, Rules, Submission
from local.simulators.server import Clock


class Account:
    """State and controls of one merchant. `orders` by number; `duplicates` holds orders that came a second time.

    `lists` are its reference lists, by the name of the call: accounts differ in what they have set up.
    """

    def __init__(
        self,
        public_key: str,
        secret_key: str,
        clock: Clock,
        sources: frozenset[str] | None,
        readings: Mapping[str, str],
    ) -> None:
        self.public_key = public_key
        self.secret_key = secret_key
        self.sources = sources
        self.orders: dict[str, Order] = {}
        self.duplicates: list[Order] = []
        self.products: dict[str, dict[str, Any]] = {}
        self.returns: list[dict[str, Any]] = []
        self.transactions: list[dict[str, Any]] = []
        self.boms: dict[str, dict[str, int]] = {}
        self.lists: dict[str, Any] = dict(lists.LISTS)
        self.notices: dict[str, Asn] = {}  # by tracking number
        self.tokens: dict[str, float] = {}
        self.labels: list[str] = []  # the orders for which a return label was made; empty for an address
        self.label_text: str | None = None  # sent in place of a label
        self.label_refusal = ""  # why no label is made; empty: they are
        self.shipped_at: dict[str, float] = {}
        self.uncounted: set[str] = set()  # parcels that the shipments do not show yet
        self.further_shipments: dict[str, list[dict[str, Any]]] = {}  # voids and returns, by order
        self._clock = clock
        self._readings = readings
        self._short_numbers = count(1)
        self._tracking_numbers = count(1)
        self._product_ids = count(10_001)

    def __repr__(self) -> str:
        return f"Account({self.public_key!r}, {len(self.orders)} orders)"

    def now(self) -> float:
        return self._clock()

    # -- what is set up

    @property
    def pay_methods(self) -> frozenset[str]:
        return lists.UNLISTED_PAY_METHODS | {one["code"] for one in self.lists["listPayMethods"]}

    @property
    def ship_methods(self) -> dict[str, str]:
        """Names by code."""
        return {one["code"]: one["short"] for one in self.lists["listShipMethods"]}

    @property
    def product_statuses(self) -> frozenset[str]:
        return frozenset(one["code"] for one in self.lists["listProductStatusCodes"])

    @property
    def rules(self) -> Rules:
        """What can be ordered."""
        return Rules(
            item_problem=self.item_problem,
            sources=self.sources,
            pay_methods=self.pay_methods,
            ship_methods=frozenset(self.ship_methods),
            any_rush=self._readings["rush"] == "free",
        )

    # -- products and stock

    def add_product(self, number: str, *, stock: int = 100, **fields: Any) -> dict[str, Any]:
        """A product that can be ordered; `fields` as in upsertProduct."""
        record: dict[str, Any] = {
            "third_party_id_no": next(self._product_ids),
            "product_number": number,
            "short_description": fields.pop("short_description", number),
            "available": "1",
            "product_status": "R1",
            "quantity_in_stock": stock,
            "allocated_quantity": 0,
            "backorder_quantity": 0,
        }
        self.products[number] = record | fields
        return self.products[number]

    def item_problem(self, number: str) -> str | None:
        """Why an item cannot be ordered, None when it can."""
        product = self.products.get(number)
        if product is None:
            return "is not known"
        return None if str(product["available"]) == "1" else "is not available for orders"

    def restock(self, number: str, quantity: int) -> None:
        """Goods arrive; backordered parts that can now be served become New, oldest order first."""
        self.products[number]["quantity_in_stock"] += quantity
        for order in self.orders.values():
            for part in order.parts:
                if part.status in BACKORDERED and not self._short(part):
                    self._wait(part, -1)
                    self._allocate(part, 1)
                    part.status = "New"
                    self._changed(order)

    def receive(self, number: str, quantity: int) -> None:
        """Goods of a purchase arrive and are booked in."""
        self.restock(number, quantity)
        self.move(number, quantity, kind="P", target="04STAGING")

    def adjust(self, number: str, quantity: int, reason: str) -> None:
        """The count of a product is corrected, for a reason by its code."""
        self.products[number]["quantity_in_stock"] += quantity
        self.move(number, quantity, reason=reason, target="04STAGING")

    def move(self, number: str, quantity: int, **fields: str) -> None:
        """Note an inventory transaction; `fields` as in `records.transaction`."""
        at = fields.pop("at", None) or chicago_text(self._clock())
        self.transactions.append(transaction(number, quantity, at, **fields))

    def set_bom(self, number: str, contents: dict[str, int]) -> None:
        """Set the contents of a kit; orders that the warehouse has begun with keep the earlier ones."""
        self.boms[number] = contents
        for order in self.orders.values():
            for part in order.parts:
                if part.status in ("New", "Pending") and number in {line.item_no for line in part.lines}:
                    status = part.status
                    self._let_go(part)
                    self._reserve(part)
                    part.status = status if part.status == "New" else part.status

    # -- the books

    def book(self, submission: Submission) -> Order:
        """Put an order on the books. A second one of the same number becomes a visible duplicate."""
        now = self._clock()
        entered = submission.entered
        by_method: dict[str, list[Line]] = {}
        for line in submission.lines:
            by_method.setdefault(line.ship_method, []).append(line)
        order = Order(
            submission=submission,
            short_number=f"T{next(self._short_numbers):07d}",
            entered_at=entered.replace(tzinfo=CHICAGO).timestamp() if entered else now,
            changed_at=now,
            parts=[Part(part_key(submission.number, 1), next(iter(by_method)), "New", submission.lines)],
        )
        if len(by_method) > 1:
            order.parts = [
                Part(part_key(submission.number, place), method, "New", lines)
                for place, (method, lines) in enumerate(by_method.items(), start=1)
            ]
        first = self.orders.get(submission.number)
        if first is not None:
            first.submissions += 1
            self.duplicates.append(order)
        else:
            self.orders[submission.number] = order
        for part in order.parts:
            self._reserve(part)
        return order

    def rebook(self, order: Order, submission: Submission) -> None:
        """The order's content changes before the warehouse has begun."""
        held = order.status == "Pending"
        for part in order.parts:
            self._let_go(part)
        fresh = Part(part_key(order.number, 1), submission.lines[0].ship_method, "New", submission.lines)
        self._reserve(fresh)
        if held and fresh.status == "New":
            fresh.status = "Pending"
        order.submission, order.parts = submission, [fresh]
        self._changed(order)

    def drop_items(self, order: Order, numbers: list[str]) -> None:
        """Cancel single items; a part without items is cancelled."""
        for part in order.parts:
            dropped = [line for line in part.lines if line.item_no in numbers]
            if not dropped:
                continue
            self._let_go(part)
            kept = [line for line in part.lines if line not in dropped]
            if kept:
                part.lines = kept
                self._reserve(part)
            else:
                part.status = "Cancelled"
        self._changed(order)

    # -- the warehouse's hands

    def set_status(self, number: str, status: str, part: int | None = None) -> None:
        """Set the status of one part, or of all that are not done."""
        if status not in lists.DETAIL_STATUSES:
            raise ValueError(f"{status!r} is no status of a part")
        for one in self._parts(number, part):
            one.status = status
        self._changed(self.orders[number])

    def split(self, number: str, *item_numbers: list[str]) -> None:
        """Divide an order into parts, one per list of item numbers."""
        order = self.orders[number]
        lines = {line.item_no: line for part in order.parts for line in part.lines}
        if sorted(one for group in item_numbers for one in group) != sorted(lines):
            raise ValueError("the parts must hold every item once")
        base = order.parts[0]
        order.parts = [
            Part(part_key(number, place), base.ship_method, base.status, [lines[one] for one in group], boms=base.boms)
            for place, group in enumerate(item_numbers, start=1)
        ]
        self._changed(order)

    def ship(
        self,
        number: str,
        parcels: list[str] | None = None,
        *,
        method: str | None = None,
        part: int | None = None,
        status: str = "Shipped",
    ) -> list[str]:
        """Ship one part, or all that are not done, with these tracking numbers (one is made up when None).

        Several parcels of several parts all go to the first. `method` is the code of the method really used.
        Returns the tracking numbers.
        """
        tracking = parcels if parcels is not None else [self.new_tracking()]
        parts = self._parts(number, part)
        if not parts:
            raise ValueError(f"order {number} has no part left to ship")
        for one in parts:
            if one.status in BACKORDERED:
                # It can leave only once it has arrived.
                self._wait(one, -1)
                self._allocate(one, 1)
            one.ship_method = method or one.ship_method
            one.status = status
            self._allocate(one, -1)
            for product, quantity in self._goods(one):
                product["quantity_in_stock"] -= quantity
        parts[0].parcels |= {found: {"weight": "0.7500", "cost": "3.74"} for found in tracking}
        self.shipped_at |= dict.fromkeys(tracking, self._clock())
        self._changed(self.orders[number])
        return tracking

    def new_tracking(self) -> str:
        """A tracking number that no parcel has yet."""
        return f"1Z{next(self._tracking_numbers):016d}"

    def missing(self, part: Part) -> dict[str, int]:
        """The pieces by product that are not there for a part. One that waits may take what no other order has."""
        waits = part.status in BACKORDERED
        found = {}
        for product, quantity in self._goods(part):
            taken = int(product["allocated_quantity"]) if waits else 0
            lacking = quantity - (int(product["quantity_in_stock"]) - taken)
            if lacking > 0:
                found[str(product["product_number"])] = lacking
        return found

    def add_parcel(self, number: str, tracking: str, part: int = 1) -> None:
        """A part gets another tracking number."""
        self.orders[number].parts[part - 1].parcels[tracking] = {"weight": "0.5000", "cost": "2.90"}
        self.shipped_at[tracking] = self._clock()
        self._changed(self.orders[number])

    def backorder(self, number: str, part: int | None = None) -> None:
        for one in self._parts(number, part):
            self._let_go(one)
            self._wait(one, 1)
            one.status = "Backordered"
        self._changed(self.orders[number])

    def decline(self, number: str) -> None:
        self._end(number, "Decline")

    def cancel(self, number: str) -> None:
        self._end(number, "Cancelled")

    def return_item(self, number: str, item_no: str, quantity: int = 1, *, reason: str = "Refused") -> None:
        """An item comes back and is put into stock again."""
        order = self.orders[number]
        part = next(one for one in order.parts for line in one.lines if line.item_no == item_no)
        line = next(one for one in part.lines if one.item_no == item_no)
        part.status = "Returned"
        self._product(line)["quantity_in_stock"] += quantity
        self.returns.append(
            {
                "customer_order_number": number,
                "product_number": item_no,
                "product_description": line.description,
                "quantity": str(quantity),
                "return_id": "01",
                "return_reason": reason,
                "date_time": chicago_text(self._clock()),
                "inventory_disposition": "Good",
            }
        )
        self._changed(order)

    # -- inside

    def _end(self, number: str, status: str) -> None:
        for part in self._parts(number, None):
            self._let_go(part)
            part.status = status
        self._changed(self.orders[number])

    def _parts(self, number: str, place: int | None) -> list[Part]:
        parts = self.orders[number].parts
        return [parts[place - 1]] if place else [part for part in parts if part.status not in FINAL]

    def _changed(self, order: Order) -> None:
        order.changed_at = self._clock()

    def _product(self, line: Line) -> dict[str, Any]:
        return self.products[line.item_no]

    def _goods(self, part: Part) -> list[tuple[dict[str, Any], int]]:
        """The pieces of a part, with kits resolved."""
        goods: dict[str, int] = {}
        for line in part.lines:
            for number, each in part.boms.get(line.item_no, {line.item_no: 1}).items():
                goods[number] = goods.get(number, 0) + each * line.quantity
        return [(self.products[number], quantity) for number, quantity in goods.items()]

    def _short(self, part: Part) -> bool:
        return any(
            int(product["quantity_in_stock"]) - int(product["allocated_quantity"]) < quantity
            for product, quantity in self._goods(part)
        )

    def _reserve(self, part: Part) -> None:
        """Allocate the part, or let all of it wait: one missing item holds back the others (HTC)."""
        part.boms = {line.item_no: self.boms[line.item_no] for line in part.lines if line.item_no in self.boms}
        if not self._short(part):
            part.status = "New"
            self._allocate(part, 1)
        else:
            part.status = "Backordered"
            self._wait(part, 1)

    def _let_go(self, part: Part) -> None:
        if part.status in BACKORDERED:
            self._wait(part, -1)
        elif part.status not in FINAL:
            self._allocate(part, -1)

    def _allocate(self, part: Part, sign: int) -> None:
        self._count(part, "allocated_quantity", sign)

    def _wait(self, part: Part, sign: int) -> None:
        self._count(part, "backorder_quantity", sign)

    def _count(self, part: Part, what: str, sign: int) -> None:
        itself = [(self._product(line), line.quantity) for line in part.lines]
        for product, quantity in itself if self._readings["kit-stock"] == "kit" else self._goods(part):
            product[what] += sign * quantity
