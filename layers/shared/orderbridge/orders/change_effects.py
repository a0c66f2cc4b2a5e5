"""Changing an order at the warehouse and cancelling it there (R11, R12)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderbridge.effects.saying import NotBegun, Outcome
from orderbridge.ledger.effects import tag
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order import scrubbed
from orderbridge.ledger.pricing import totals
from orderbridge.ledger.shop_states import CANCELLED_STATE, DELETED_STATE
from orderbridge.ledger.told import Answer, BillingAnswer
from orderbridge.merchants.activity import Activity
from orderbridge.orders import problems as order_problems
from orderbridge.orders.change_shown import not_shown
from orderbridge.orders.shipping_order import ShippingOrder
from orderbridge.platform.errors import NotFound, Refused, RetryableError, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from orderbridge.effects.answers import Answers
    from orderbridge.effects.saying import About, OrderSource
    from orderbridge.ledger.conversion import Conversion
    from orderbridge.ledger.effects import Effect
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.problem import Language, Problem
    from orderbridge.ledger.record import RecordChanges
    from orderbridge.orders.ports import Warehouse
    from orderbridge.stock.stock_records import StockRecords

_TRIED_BEFORE: Final = "(An earlier attempt got no answer: ask the warehouse which of the two it ships.)"
_UPDATE: Final = "bibi updateOrder"


class Changes:
    """Sends the order's present content in Billbee to the warehouse.

    It may be repeated, so it is said again rather than looked up. But if the warehouse declines it after an attempt
    without an answer, it is not known which content the warehouse has.

    Args:
        prepare: what the warehouse is sent for an order, by how it was converted before, or everything that is wrong
            with it. Raises UpstreamError.
    """

    repeatable = False

    def __init__(
        self,
        hub: OrderSource,
        warehouse: Warehouse,
        prepare: Callable[[Order, Conversion | None], ShippingOrder | list[Problem]],
        answers: Answers,
    ) -> None:
        self._hub = hub
        self._warehouse = warehouse
        self._prepare = prepare
        self._answers = answers

    def look(self, about: About, effect: Effect) -> Outcome | None:
        return None

    def say(self, about: About, effect: Effect) -> Outcome:
        try:
            order = about.order(self._hub)
        except NotFound:
            return Outcome()  # it is gone from Billbee, so it is cancelled instead
        except UpstreamError as error:
            raise NotBegun(error) from error
        try:
            prepared = self._prepare(order, about.record.conversion)
        except UpstreamError as error:
            raise NotBegun(error) from error
        if not isinstance(prepared, ShippingOrder):
            why = " ".join(problem.say(self._answers.language) for problem in prepared)
            return self._answers.outcome(Answer.CHANGE_REFUSED, order_problems.change_refused(why))
        shipping = replace(prepared, number=about.record.order_number or prepared.number)
        self._warehouse.update(shipping)
        reported = self._warehouse.order(shipping.number)
        if reported is None:
            raise RetryableError("bibi orderStatus", "the warehouse does not show the order after its change")
        if missing := not_shown(reported, shipping):
            return self._unknown(order_problems.change_not_shown(missing))
        return self._changed(about, order, shipping)

    def _changed(self, about: About, order: Order, shipping: ShippingOrder) -> Outcome:
        odd = odd_total(order, self._answers.language) if Answer.TOTAL_DIFFERS not in about.record.told else None
        changes: RecordChanges = {
            "content_hash": order.content_hash(self._answers.tags.of_interest(order)),
            "pieces": dict(shipping.pieces),
            "kits": dict(shipping.kit_counts),
            "in_kits": dict(shipping.pieces_in_kits),
            "conversion": shipping.conversion,
            "reason": odd,
            "told": about.record.told - {Answer.CHANGE_REFUSED, BillingAnswer.OK},
            "rule": shipping.rule,
            "rule_holds": shipping.hold,
        }
        more = self._answers.effects(Answer.TOTAL_DIFFERS, odd) if odd is not None else ()
        tags = self._answers.tags
        hold = (tags.hold,) if shipping.hold and not about.record.rule_holds else ()
        then = (tag(Answer.CHANGE_REFUSED, tags.received, *hold), *more)
        why = "; ".join(("changed at the warehouse", *shipping.remarks))
        return Outcome(why, _UPDATE, None, changes, Activity.CHANGED, then)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        why = scrubbed(error.detail, about.order(self._hub))
        if not effect.doubted:
            return self._answers.outcome(Answer.CHANGE_REFUSED, order_problems.change_refused(why))
        return self._unknown(order_problems.change_refused(f"{why} {_TRIED_BEFORE}"))

    def _unknown(self, problem: Problem) -> Outcome:
        """The number of pieces is not known."""
        return self._answers.outcome(Answer.CHANGE_REFUSED, problem, pieces={}, kits={}, in_kits={})


class Cancellations:
    """Cancels an order at the warehouse. If it is too late, the merchant is told the status.

    The call may be repeated. Only the status is proof: an earlier call may have succeeded without an answer, and an
    accepted one may apply only to the parts that have not left.

    Args:
        stock: the merchant's, if it is synced.
    """

    repeatable = True

    def __init__(self, hub: OrderSource, warehouse: Warehouse, stock: StockRecords | None, answers: Answers) -> None:
        self._hub = hub
        self._warehouse = warehouse
        self._stock = stock
        self._answers = answers

    def look(self, about: About, effect: Effect) -> Outcome | None:
        return None

    def say(self, about: About, effect: Effect) -> Outcome:
        if about.record.status is Status.SHIPPED:  # by an earlier effect, which has set the state in Billbee
            problem = order_problems.cancel_refused(about.record.warehouse_status or "Shipped")
            return self._answers.outcome(Answer.CANCEL_REFUSED, problem)
        number = about.record.number
        wanted = effect.body.get("gone", False) or self._is_cancelled(about)
        accepted = False
        if wanted:
            try:
                self._warehouse.cancel(number)
                accepted = True
            except (Refused, NotFound):
                pass
        reported = self._warehouse.order(number)
        if reported is None or reported.nothing_ships or (accepted and not reported.has_left):
            return self._cancelled(about)
        if not wanted:
            why = "the merchant took the cancellation back before the warehouse cancelled the order"
            return Outcome(why, "bibi orderStatus", Status.ACKNOWLEDGED)
        # The previous status does not matter; the next report of the warehouse sets it.
        problem = order_problems.cancel_refused(reported.status_text)
        return self._answers.outcome(Answer.CANCEL_REFUSED, problem, to=Status.ACKNOWLEDGED)

    def _cancelled(self, about: About) -> Outcome:
        if self._stock is not None:
            self._stock.mark_due(about.record.pieces)
        return self._answers.outcome(
            Answer.CANCELLED,
            order_problems.cancelled_on_request(),
            to=Status.CANCELLED,
            activity=Activity.CANCELLED,
        )

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        raise error  # `say` handles it

    def _is_cancelled(self, about: About) -> bool:
        try:
            return about.order(self._hub).state in (DELETED_STATE, CANCELLED_STATE)
        except NotFound:
            return True


def odd_total(order: Order, language: Language) -> str | None:
    """What to tell the merchant if the parts of an order do not add up to its total (R3)."""
    money = totals(order)
    if not money.unexplained:
        return None
    stated, adds_up_to = (f"{amount:.2f} {order.currency[:12]}" for amount in (order.total, money.paid))
    return order_problems.total_differs(stated, adds_up_to).say(language)
