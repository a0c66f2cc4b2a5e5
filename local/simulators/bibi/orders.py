"""BiBi's order routes: submit, ask, change, cancel, hold, and what came back."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from local.simulators.bibi import lists
from local.simulators.bibi.records import CHICAGO, Order, order_record
from local.simulators.bibi.service import Service
from local.simulators.bibi.submission import Invalid, Submission, check_sums, number_in, read_order, read_orders
from local.simulators.server import Answer

PAGE = 100
MAX_AGE = 30 * 24 * 3600  # how far back orderStatus looks, seconds
# The portal's list of statuses in which an order can still be changed is cut off; these come before the
# warehouse's first step.
CHANGEABLE: Final[Mapping[str, frozenset[str]]] = {
    "until-work-begins": frozenset({"New", "Pending", "Draft", "Hold", "Backordered", "Backordered - HTC"}),
    "new-and-pending": frozenset({"New", "Pending"}),
    "beside-shipped": frozenset({"New", "Pending", "Draft", "Hold", "Backordered", "Backordered - HTC", "Shipped"}),
}


class OrderRoutes:
    """The routes, on a service."""

    def __init__(self, bibi: Service) -> None:
        self._bibi = bibi
        bibi.route("POST /submitOrder", self._submit)
        bibi.route("POST /orderStatus", self._status)
        bibi.route("POST /updateOrder/{number}", self._update)
        bibi.route("POST /cancelOrder/{number}", self._cancel)
        bibi.route("POST /holdOrder/{number}", self._hold)
        bibi.route("POST /listReturns", self._returns)
        bibi.route("POST /listReturns/{number}", self._returns)

    def _read(self, entry: Any, discounts: str = "discounts") -> Submission:
        account = self._bibi.account()
        submission = read_order(entry, replace(account.rules, discounts=discounts))
        if self._bibi.readings["prod-dollars"] == "checked":
            check_sums(submission)
        return submission

    def _submit(self) -> Answer:
        account = self._bibi.account()
        try:
            is_test, entries = read_orders(self._bibi.json_field(self._bibi.form("orders"), "orders"))
        except Invalid as problem:
            raise self._bibi.refuse(str(problem)) from None
        good: list[Submission] = []
        problems: list[str] = []
        for entry in entries:
            number = number_in(entry)
            try:
                submission = self._read(entry)
                taken = number in account.orders or number in {one.number for one in good}
                if taken and self._bibi.readings["duplicate"] == "refused":
                    raise Invalid(f"Order {number}: OrderNumber already exists.")
                good.append(submission)
            except Invalid as problem:
                problems.append(str(problem))
        if not is_test and (not problems or self._bibi.readings["batch"] == "each"):
            for submission in good:
                account.book(submission)
        if problems:
            raise self._bibi.refuse(" ".join(problems))
        return self._bibi.success(message="Orders uploaded.")

    def _status(self) -> Answer:
        fields = self._bibi.form("orderNumber", "timestamp", "status", "offset")
        number, timestamp, status = fields.get("orderNumber"), fields.get("timestamp"), fields.get("status")
        if number and timestamp:
            raise self._bibi.refuse("orderNumber and timestamp cannot be used together.")
        if not (number or timestamp or status):
            raise self._bibi.refuse("orderNumber, timestamp or status is required.")
        if status and status not in lists.STATUS_FILTERS:
            raise self._bibi.refuse(f"The status {status} is not known.")
        since = self._timestamp(timestamp) if timestamp else None
        own = self._bibi.own_number(number) if number else None
        found = [
            order
            for order in self._bibi.account().orders.values()
            if (not number or order.number == own)
            and (since is None or self._moment(order) >= since)
            and (not status or status in {order.status, *(part.status for part in order.parts)})
        ]
        if number and not found:
            return self._bibi.none_found(f"Order {number}")
        shown, more = self._bibi.page(found, fields.get("offset"), PAGE)
        return self._bibi.success(self._shaped(shown), more=more)

    def _shaped(self, orders: list[Order]) -> Any:
        joined = self._bibi.readings["tracking-numbers"] == "joined"
        records = [
            order_record(order, self._bibi.account().ship_methods, prefix=self._bibi.order_prefix, joined=joined)
            for order in orders
        ]
        return self._bibi.in_shape({one["header"]["customer_order_number"]: one for one in records})

    def _moment(self, order: Order) -> float:
        return order.changed_at if self._bibi.readings["timestamp"] == "change" else order.entered_at

    def _timestamp(self, written: str) -> float:
        """UNIX seconds, or local time of Chicago."""
        try:
            at = (
                float(written)
                if written.isdigit()
                else datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHICAGO).timestamp()
            )
        except ValueError:
            raise self._bibi.refuse("timestamp must be UNIX time or YYYY-MM-DD HH:MM:SS.") from None
        if at < self._bibi.clock() - MAX_AGE:
            raise self._bibi.refuse("timestamp must be within the last 30 days.")
        return at

    def _changeable(self, number: str, what: str) -> Order:
        order = self._bibi.order(number)
        if any(part.status not in CHANGEABLE[self._bibi.readings["changeable"]] for part in order.parts):
            raise self._bibi.refuse(f"Order {number} cannot be {what}: its status is {order.status}.")
        return order

    def _update(self, number: str) -> Answer:
        known = {"orders": ["orders"], "number": [number], "either": ["orders", number]}[
            self._bibi.readings["update-field"]
        ]
        fields = self._bibi.form(*known)
        order = self._changeable(number, "updated")
        name = next((one for one in known if one in fields), known[0])
        try:
            is_test, entries = read_orders(self._bibi.json_field(fields, name))
            named = number_in(entries[0]) if len(entries) == 1 else None
            if named is None or order.number not in (named, self._bibi.own_number(named)):
                raise Invalid(f"The request must hold order {number} alone.")
            submission = replace(self._read(entries[0], self._bibi.readings["update-discounts"]), number=order.number)
        except Invalid as problem:
            raise self._bibi.refuse(str(problem)) from None
        if self._bibi.readings["update-lines"] == "kept":
            named_items = {line.item_no for line in submission.lines}
            there = [line for part in order.parts if part.status != "Cancelled" for line in part.lines]
            kept = [line for line in there if line.item_no not in named_items]
            submission = replace(submission, lines=[*submission.lines, *kept])
        if not is_test:
            self._bibi.account().rebook(order, submission)
        return self._bibi.success(message="Order updated.")

    def _cancel(self, number: str) -> Answer:
        fields = self._bibi.form("cancelEntireOrder", "orderNumber", "products")
        order = self._changeable(number, "cancelled")
        if fields.get("orderNumber", number) != number:
            raise self._bibi.refuse("orderNumber differs from the one in the URL.")
        match fields.get("cancelEntireOrder"):
            case "Y":
                self._bibi.account().cancel(order.number)
            case "N":
                self._bibi.account().drop_items(order, self._named_products(order, fields.get("products", "")))
            case _:
                raise self._bibi.refuse("cancelEntireOrder must be Y or N.")
        return self._bibi.success(message="Order cancelled.")

    def _named_products(self, order: Order, written: str) -> list[str]:
        """A JSON array, or a list with commas."""
        try:
            named = json.loads(written)
        except ValueError:
            named = None
        numbers = named if isinstance(named, list) else [one.strip() for one in written.split(",") if one.strip()]
        known = {line.item_no for part in order.parts for line in part.lines}
        if not numbers or not set(map(str, numbers)) <= known:
            raise self._bibi.refuse("products must name products of the order.")
        return [str(number) for number in numbers]

    def _hold(self, number: str) -> Answer:
        """A toggle: New becomes Pending, Pending becomes New."""
        self._bibi.form()
        order = self._bibi.order(number)
        status = {"New": "Pending", "Pending": "New"}.get(order.status)
        if status is None:
            raise self._bibi.refuse(f"Order {number} cannot be held: its status is {order.status}.")
        self._bibi.account().set_status(order.number, status)
        if self._bibi.readings["hold-answer"] == "silent":
            return self._bibi.success()
        return self._bibi.success({"status": status}, f"Order status updated to {status}")

    def _returns(self, number: str | None = None) -> Answer:
        fields = self._bibi.form("json", "offset")
        query = {"customer_order_number": number} if number else self._bibi.json_field(fields, "json")
        rows = self._bibi.account().returns
        match query:
            case {"customer_order_number": str(number), **rest} if not rest:
                own = self._bibi.own_number(number)
                found = [row for row in rows if row["customer_order_number"] == own]
            case {"date_start": str(start), "date_end": str(end), **rest} if not rest:
                found = [row for row in rows if start <= row["date_time"] <= end]
            case _:
                raise self._bibi.refuse("customer_order_number, or date_start and date_end, is required.")
        shown = [
            row | {"customer_order_number": self._bibi.order_prefix + row["customer_order_number"]} for row in found
        ]
        return self._bibi.listed(shown, fields)
