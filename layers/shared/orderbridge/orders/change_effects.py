"""Changing an order at the warehouse and cancelling it there (R11, R12)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.effects.answers import FOLLOW_CHANGES
from orderbridge.effects.saying import NotBegun, Outcome
from orderbridge.ledger.effects import message, tag
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order import scrubbed
from orderbridge.ledger.pricing import smallest_unit, totals
from orderbridge.ledger.shop_states import CANCELLED_STATE, DELETED_STATE
from orderbridge.ledger.shown import PRODUCTS, UNKNOWN, Difference, tags_when_sent
from orderbridge.ledger.told import Answer, BillingAnswer, about_content, merged_into_key, with_settled
from orderbridge.merchants.activity import Activity
from orderbridge.orders import problems as order_problems
from orderbridge.orders.change_shown import lines_to_cancel, not_shown
from orderbridge.orders.content import as_sent, differing, in_words
from orderbridge.orders.merge_problems import merged
from orderbridge.orders.shipping_order import ShippingOrder
from orderbridge.platform.errors import NotFound, Refused, RetryableError, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orderbridge.effects.answers import Answers
    from orderbridge.effects.saying import About, OrderSource
    from orderbridge.ledger.conversion import Conversion
    from orderbridge.ledger.effects import Effect
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.problem import Language, Problem
    from orderbridge.ledger.record import LedgerOrder, RecordChanges
    from orderbridge.orders.ports import Warehouse
    from orderbridge.stock.stock_records import StockRecords
    from orderbridge.tracking.warehouse_order import WarehouseOrder

_TRIED_BEFORE: Final = "(An earlier attempt got no answer: ask the warehouse which of the two it ships.)"
_UPDATE: Final = "bibi updateOrder"


class Changes:
    """Sends the order's present content in Billbee to the warehouse.

    The call may be repeated, so after a lost answer it is said again rather than looked up. Each attempt is noted all
    the same: if the warehouse declines a call after one without an answer, it is not known which content it has.

    Where nobody has asked for the change (R37), the effect's body has the key of the content (``unasked``), for which
    the merchant is told once.

    Args:
        prepare: what the warehouse is sent for an order, by how it was converted before, or everything that is wrong
            with it. Raises UpstreamError.
        hinders: what the order must not get, because the warehouse ships it with another one. Raises UpstreamError.
        stock: the merchant's, if it is synced.
    """

    repeatable = False

    def __init__(
        self,
        hub: OrderSource,
        warehouse: Warehouse,
        prepare: Callable[[Order, Conversion | None], ShippingOrder | list[Problem]],
        answers: Answers,
        *,
        hinders: Callable[[LedgerOrder, Order, ShippingOrder], Problem | None],
        stock: StockRecords | None,
    ) -> None:
        self._hub = hub
        self._warehouse = warehouse
        self._prepare = prepare
        self._answers = answers
        self._hinders = hinders
        self._stock = stock

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
            if not isinstance(prepared, ShippingOrder):
                why = " ".join(problem.say(self._answers.language) for problem in prepared)
                return self._not_changed(about, effect, order, order_problems.change_refused(why))
            if (problem := self._hinders(about.record, order, prepared)) is not None:
                return self._not_changed(about, effect, order, problem)
        except UpstreamError as error:
            raise NotBegun(error) from error
        except (BotoCoreError, ClientError) as error:  # of the table
            raise NotBegun(RetryableError("prepare the change", type(error).__name__)) from error
        shipping = replace(prepared, number=about.record.order_number or prepared.number)
        if missing := self._bring(about.record, order, shipping):
            return self._unknown(about, effect, order, order_problems.change_not_shown(missing))
        return self._changed(about, effect, order, shipping)

    def _bring(self, record: LedgerOrder, order: Order, shipping: ShippingOrder) -> tuple[str, ...]:
        """Have the order changed. Returns what the warehouse's report does not show as it should be then.

        Lines that are still there, and should not be, are cancelled one by one: no document says whether a change
        removes what it leaves out, and in which statuses each of the two calls is accepted.
        """
        refusal: Refused | None = None
        try:
            self._warehouse.update(shipping)
        except Refused as error:
            if differing(record, order, shipping, self._answers.tags) != (PRODUCTS,):
                raise
            refusal = error  # lines may be all that went
        reported = self._report(shipping)
        missing, gone = not_shown(reported, shipping), lines_to_cancel(reported, shipping)
        if gone and missing == (PRODUCTS,):
            try:
                self._warehouse.cancel_lines(shipping.number, gone)
            except Refused as error:  # an earlier attempt may have landed, so the report counts
                refusal = refusal or error
            else:
                refusal = None
            missing = not_shown(self._report(shipping), shipping)
        if missing and refusal is not None:
            raise refusal
        return missing

    def _report(self, shipping: ShippingOrder) -> WarehouseOrder:
        reported = self._warehouse.order(shipping.number)
        if reported is None:
            raise RetryableError("bibi orderStatus", "the warehouse does not show the order after its change")
        return reported

    def _changed(self, about: About, effect: Effect, order: Order, shipping: ShippingOrder) -> Outcome:
        record = about.record
        odd = odd_total(order, self._answers.language) if Answer.TOTAL_DIFFERS not in record.told else None
        changes = as_sent(record, order, shipping, self._answers.tags)
        changes["reason"] = odd
        changes["told"] = changes["told"] - {Answer.CHANGE_REFUSED, BillingAnswer.OK}
        more = self._answers.effects(Answer.TOTAL_DIFFERS, odd) if odd is not None else ()
        then = (*self._confirmed(record, effect, order, shipping), *more)
        after = partial(self._figures_are_due, record.pieces, shipping.pieces)
        why = "; ".join(("changed at the warehouse", *shipping.remarks))
        return Outcome(why, _UPDATE, changes=changes, activity=Activity.CHANGED, then=then, after=after)

    def _confirmed(
        self, record: LedgerOrder, effect: Effect, order: Order, shipping: ShippingOrder
    ) -> tuple[Effect, ...]:
        """A change that was asked for is answered by the received tag, another one by a message."""
        tags = self._answers.tags
        hold = (tags.hold,) if shipping.hold and not record.rule_holds else ()
        if "unasked" not in effect.body:
            return (tag(Answer.CHANGE_REFUSED, tags.received, *hold),)
        key = about_content("content_changed", effect.body["unasked"])
        fields = differing(record, order, shipping, tags)
        if key in record.told or not fields:
            return (tag(key, *hold),) if hold else ()
        problem = order_problems.content_changed(*in_words(fields, record.pieces, shipping.pieces))
        return message(key, problem.say(self._answers.language), *hold)

    def _figures_are_due(self, before: Mapping[str, int], now: Mapping[str, int]) -> None:
        if self._stock is not None:
            self._stock.mark_due(sku for sku in {**before, **now} if before.get(sku) != now.get(sku))

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        order = about.order(self._hub)
        why = scrubbed(error.detail, order)
        if not effect.doubted:
            return self._not_changed(about, effect, order, order_problems.change_refused(why))
        return self._unknown(about, effect, order, order_problems.change_refused(f"{why} {_TRIED_BEFORE}"))

    def _unknown(self, about: About, effect: Effect, order: Order, problem: Problem) -> Outcome:
        """The number of pieces is not known, and neither is anything else of the content."""
        outcome = self._not_changed(about, effect, order, problem)
        shown = about.record.shown and replace(about.record.shown, positions={})
        nothing: RecordChanges = {"pieces": {}, "kits": {}, "in_kits": {}, "sent": "", "shown": shown}
        return replace(outcome, changes={**outcome.changes, **nothing})

    def _not_changed(self, about: About, effect: Effect, order: Order, problem: Problem) -> Outcome:
        """The answer, which is not given again for the same content."""
        record = about.record
        content = tags_when_sent(self._answers.tags, record.shown).content_hash(order)
        told = with_settled(record.told, content)
        before = record.difference
        if before is None or before.content != content:
            before = Difference(content, order.read_at, (UNKNOWN,))
        if "unasked" not in effect.body:
            return self._answers.outcome(Answer.CHANGE_REFUSED, problem, told=told, difference=before)
        key, text = about_content(Answer.CHANGE_REFUSED, effect.body["unasked"]), problem.say(self._answers.language)
        then = () if key in told else message(key, text, self._answers.tags.change_refused)
        changes: RecordChanges = {"reason": text, "told": told, "difference": before}
        return Outcome(problem.text, FOLLOW_CHANGES, changes=changes, then=then)


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
            return self._answers.outcome(Answer.CANCEL_REFUSED, problem, told=with_parent(about.record, about.read))
        number = about.record.number
        note = effect.body.get("credited")
        wanted = effect.body.get("gone", False) or note is not None or self._is_cancelled(about)
        accepted = False
        if wanted:
            try:
                self._warehouse.cancel(number)
                accepted = True
            except (Refused, NotFound):
                pass
        reported = self._warehouse.order(number)
        if reported is None or reported.nothing_ships or (accepted and not reported.has_left):
            return self._cancelled(about, note)
        if not wanted:
            why = "the merchant took the cancellation back before the warehouse cancelled the order"
            return Outcome(why, "bibi orderStatus", Status.ACKNOWLEDGED)
        # The previous status does not matter; the next report of the warehouse sets it.
        problem = order_problems.cancel_refused(reported.status_text)
        told = with_parent(about.record, about.read)
        return self._answers.outcome(Answer.CANCEL_REFUSED, problem, to=Status.ACKNOWLEDGED, told=told)

    def _cancelled(self, about: About, note: int | None) -> Outcome:
        if self._stock is not None:
            self._stock.mark_due(about.record.pieces)
        parent = _parent(about.read)
        problem = order_problems.cancelled_on_request() if parent is None else merged(parent)
        return self._answers.outcome(
            Answer.CANCELLED,
            problem if note is None else order_problems.cancelled_as_credited(int(note)),
            to=Status.CANCELLED,
            activity=Activity.CANCELLED,
            told=with_parent(about.record, about.read),
        )

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        raise error  # `say` handles it

    def _is_cancelled(self, about: About) -> bool:
        try:
            return about.order(self._hub).state in (DELETED_STATE, CANCELLED_STATE)
        except NotFound:
            return True


def with_parent(record: LedgerOrder, order: Order | None) -> frozenset[str]:
    """What a cancelled order's ``told`` keeps, with the order that it was merged into (R38)."""
    parent = _parent(order)
    return record.told if parent is None else record.told | {merged_into_key(parent)}


def _parent(order: Order | None) -> int | None:
    """The order that a deleted one was merged into, as far as Billbee names it."""
    return order.parent if order is not None and order.state == DELETED_STATE else None


def odd_total(order: Order, language: Language) -> str | None:
    """What to tell the merchant if the parts of an order do not add up to its total (R3)."""
    money = totals(order)
    if not money.unexplained:
        return None
    digits = max(2, -int(smallest_unit(order.currency).adjusted()))
    stated, adds_up_to = (f"{amount:.{digits}f} {order.currency[:12]}" for amount in (order.total, money.paid))
    return order_problems.total_differs(stated, adds_up_to).say(language)
