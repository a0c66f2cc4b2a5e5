"""Orders on BiBi's books: submit, ask by number, list, change, hold, cancel; and the list of returns."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from urllib.parse import quote

from orderbridge.ledger.order_number import PLAIN, ByNumber, Habits, Numbering, OrderNumber
from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import MalformedAnswer, NotFound, Refused, UnknownOutcome
from orderbridge.returns.returned_pieces import ReturnsPage
from orderbridge.tracking.warehouse_order import WarehouseOrder, WarehouseOrdersPage
from orderbridge.vendors.bibi.api import BibiApi
from orderbridge.vendors.bibi.mapping import (
    to_part,
    to_returned,
    to_sent_order,
    to_warehouse_orders,
    update_forms,
    warehouse_text,
)
from orderbridge.vendors.bibi.models import NOTHING, rows
from orderbridge.vendors.bibi.refusals import means_none, raise_unless_none
from orderbridge.vendors.http import Answer, Call

if TYPE_CHECKING:
    from orderbridge.orders.shipping_order import ShippingOrder

T = TypeVar("T")


class KnownHabits(Protocol):
    """What is known of how the account writes numbers, shared by all workers."""

    def known(self) -> Habits: ...

    def learn(self, habits: Habits) -> None: ...


class _NoHabits:
    """Knows nothing and keeps nothing."""

    def known(self) -> Habits:
        return Habits()

    def learn(self, habits: Habits) -> None:
        pass


class BibiOrders:
    """One merchant's orders. Every method raises the errors of ``orderbridge.platform.errors``.

    Attributes:
        history: how far back `orders_since` goes.
    """

    history: Final = timedelta(days=30)

    def __init__(
        self,
        api: BibiApi,
        *,
        source: str,
        numbering: Numbering = PLAIN,
        habits: KnownHabits | None = None,
        clock: Clock,
    ) -> None:
        self._api = api
        self._source = source
        self._numbering = numbering
        self._habits = habits or _NoHabits()
        self._clock = clock

    def submit(self, orders: Sequence[ShippingOrder], *, test: bool = False) -> None:
        """Put orders on the warehouse's books, all in one call.

        Args:
            test: the warehouse only checks them.

        Raises:
            Refused: the documents do not say what happened to each order of the batch. Ask by number.
            UnknownOutcome: ask by number before sending any of them again.
        """
        wire = {
            "Test": "T" if test else "F",
            "Orders": [to_sent_order(order, self._source).wire() for order in orders],
        }
        form = {"orders": json.dumps(wire, ensure_ascii=False)}
        self._api.send(Call("bibi submitOrder", "POST", "/submitOrder", repeatable=test, form=form))

    def order(self, number: OrderNumber) -> WarehouseOrder | None:
        """The warehouse's order of that number, or None.

        It is asked for in every form in which the account may know it. While nothing is known of a prefix, None also
        requires that the list of the last 30 days does not show it.

        Raises:
            MalformedAnswer: it is not certain.
        """
        if not number:
            return None
        habits = self._habits.known()
        for form in self._numbering.writings(number, habits):
            if (found := self._ask_for(number, form)) is not None:
                self._learn_from(number, form, found)
                return replace(found, number=OrderNumber(number.text, found.number.written))
        if not self._numbering.is_open(habits):
            return None
        return self._listed_lately(number)

    def _ask_for(self, number: OrderNumber, form: str) -> WarehouseOrder | None:
        call = Call("bibi orderStatus", "POST", "/orderStatus", repeatable=True, form={"orderNumber": form}, about=form)
        try:
            answer = self._api.send(call)
        except (NotFound, Refused) as error:
            raise_unless_none(error)
            return None
        result = answer.data.get("result") if answer.data is not None else None
        if result in NOTHING:
            return None
        shown = tuple(to_warehouse_orders(result, self._numbering))
        found = _that_order(number, shown)
        if found is None or (found.presumed and len(shown) > 1):
            raise MalformedAnswer(call.operation, "the answer shows another order", status=answer.status)
        return found

    def _listed_lately(self, number: OrderNumber) -> WarehouseOrder | None:
        """The order in the warehouse's list of the last 30 days.

        Raises:
            MalformedAnswer: it lists a number that may be ours behind an unknown prefix. The prefix is remembered and
                used for the next question.
        """
        page, more = 1, True
        since = self._clock.now() - self.history + timedelta(hours=1)
        while more:
            answer = self.orders_since(since, page)
            if answer.unreadable:
                raise MalformedAnswer("bibi orderStatus", f"{answer.unreadable} orders cannot be read")
            if (found := _that_order(number, answer.orders)) is not None:
                self._learn_from(number, "", found)
                if found.presumed:
                    raise MalformedAnswer("bibi orderStatus", "the list shows the number behind an unknown prefix")
                return found
            page, more = page + 1, answer.more
        return None

    def _learn_from(self, number: OrderNumber, form: str, found: WarehouseOrder) -> None:
        """Remember how an answer shows that the account writes and takes our numbers."""
        before = found.number.written_prefix or number.unknown_prefix_of(found.number) or ""
        habits = Habits(
            writes=before,
            takes=None if not form else "ours" if form == number.text else "theirs",
            example=found.number.written if before else "",
        )
        self._habits.learn(habits)

    def writings(self, number: OrderNumber) -> tuple[str, ...]:
        """The forms in which the account may know a number, the likeliest first."""
        return self._numbering.writings(number, self._habits.known())

    def _in_each_form(self, number: OrderNumber, do: Callable[[str], T]) -> T:
        """Call with each form of an order's number until the account knows one. The other calls changed nothing."""
        forms = self.writings(number)
        for form in forms[:-1]:
            try:
                return do(form)
            except (NotFound, Refused) as error:
                if not means_none(error):
                    raise
        return do(forms[-1])

    def orders_since(self, since: datetime, page: int = 1) -> WarehouseOrdersPage:
        """A page of the orders that ``timestamp`` selects, by order date or by last change: BiBi does not say which.

        Args:
            since: at most 30 days ago; sent as a UNIX time, which no change of clocks can shift.
            page: from 1.
        """
        form = {"timestamp": str(int(since.timestamp())), "offset": str(page)}
        call = Call("bibi orderStatus", "POST", "/orderStatus", repeatable=True, form=form)
        found = self._listed(call, page, since)
        # An empty list is not documented: an answer that says nothing counts as one if it comes twice.
        return found or self._listed(call, page, since) or WarehouseOrdersPage((), more=False)

    def _listed(self, call: Call, page: int, asked: object) -> WarehouseOrdersPage | None:
        """The entries of an answer; None if it neither lists anything nor says that there is nothing."""
        try:
            answer = self._api.send(call)
        except (NotFound, Refused) as error:
            raise_unless_none(error)
            return WarehouseOrdersPage((), more=False)
        if answer.data is None:
            return WarehouseOrdersPage((), more=False)
        result, more = answer.data.get("result"), self._api.follow.go_on(call.operation, page, answer.data, asked=asked)
        if _is_void(result) and not more:
            return None
        orders = tuple(to_warehouse_orders(result, self._numbering))
        count = len(result) if isinstance(result, list | dict) and "header" not in result else 1
        if not orders and result not in NOTHING:
            raise MalformedAnswer(call.operation, "the answer holds nothing that can be read", status=answer.status)
        return WarehouseOrdersPage(orders, unreadable=count - len(orders), more=more)

    def cancel(self, number: OrderNumber) -> None:
        """Cancel a whole order. May be repeated. Raises Refused if it is too late or cancelled already."""

        def cancel(written: str) -> None:
            form = {"cancelEntireOrder": "Y", "orderNumber": written}
            path = f"/cancelOrder/{quote(written, safe='')}"
            self._api.send(Call("bibi cancelOrder", "POST", path, repeatable=True, form=form, about=written))

        self._in_each_form(number, cancel)

    def cancel_lines(self, number: OrderNumber, skus: Sequence[str]) -> None:
        """Cancel all lines of these product numbers. Raises Refused if it is too late. May be repeated."""

        def cancel(written: str) -> None:
            products = json.dumps(list(skus), ensure_ascii=False)
            form = {"cancelEntireOrder": "N", "orderNumber": written, "products": products}
            path = f"/cancelOrder/{quote(written, safe='')}"
            self._api.send(Call("bibi cancelOrder", "POST", path, repeatable=True, form=form, about=written))

        self._in_each_form(number, cancel)

    def update(self, order: ShippingOrder) -> None:
        """Replace the content of an order. May be repeated. The order's report shows the result.

        Raises:
            Refused: the warehouse has begun with it. The documents leave the form open, so each form is tried before a
                refusal counts.
        """
        self._in_each_form(order.number, lambda number: self._update(order, number))

    def _update(self, order: ShippingOrder, number: str) -> None:
        path = f"/updateOrder/{quote(number, safe='')}"
        refusals: list[Refused] = []
        for field, sent, as_coupon in update_forms(order, self._source, number):
            text = json.dumps({"Test": "F", "Orders": [sent.wire(as_coupon=as_coupon)]}, ensure_ascii=False)
            try:
                self._api.send(
                    Call("bibi updateOrder", "POST", path, repeatable=True, form={field: text}, about=number)
                )
            except Refused as refusal:
                refusals.append(refusal)
            else:
                return
        # One refusal is about the order, the others are about the form.
        detail, first = " / ".join(dict.fromkeys(refusal.detail for refusal in refusals)), refusals[0]
        own = all(refusal.own for refusal in refusals)
        raise Refused("bibi updateOrder", detail, status=first.status, code=first.code, own=own)

    def toggle_hold(self, number: OrderNumber) -> WarehouseOrder:
        """Put an order on hold, or release it. The call is a toggle, so read the status first.

        Returns the order with its new status. Not repeatable: after an UnknownOutcome read the status again.
        """

        def toggle(written: str) -> Answer:
            path = f"/holdOrder/{quote(written, safe='')}"
            return self._api.send(Call("bibi holdOrder", "POST", path, repeatable=False, form={}, about=written))

        answer = self._in_each_form(number, toggle)
        result = (answer.data or {}).get("result")
        status = result.get("status") if isinstance(result, dict) else None
        if not status or not isinstance(status, str):
            raise UnknownOutcome("bibi holdOrder", "the answer does not name the new status", status=answer.status)
        return WarehouseOrder(number, (to_part({"status": status}),))

    def returns(self, since: datetime, until: datetime, page: int = 1) -> ReturnsPage:
        """A page of what came back to the warehouse in a period."""
        asked = {"date_start": warehouse_text(since), "date_end": warehouse_text(until)}
        form = {"json": json.dumps(asked)} | ({"offset": str(page)} if page > 1 else {})
        call = Call("bibi listReturns", "POST", "/listReturns", repeatable=True, form=form)
        try:
            answer = self._api.send(call)
        except (NotFound, Refused) as error:
            raise_unless_none(error)
            return ReturnsPage((), more=False)
        data = answer.data or {}
        found = [to_returned(row, self._numbering) for row in rows(data.get("result"))]
        more = self._api.follow.go_on(call.operation, page, data, asked=form["json"])
        return ReturnsPage(tuple(one for one in found if one is not None), more)


def _that_order(number: OrderNumber, orders: Sequence[WarehouseOrder]) -> WarehouseOrder | None:
    """The order of that number. An order with the number behind an unknown prefix is presumed to be it."""
    found = ByNumber((order.number, order) for order in orders).get(number)
    if found is not None:
        return found
    fitting = [order for order in orders if number.unknown_prefix_of(order.number) is not None]
    return replace(fitting[0], presumed=True) if fitting else None


def _is_void(result: object) -> bool:
    """Whether a result is null, false or blank, rather than an empty list or map."""
    return result in (None, "", {"header": [], "details": []}) or result is False
