"""Compare the three sides: what Billbee wants, what the ledger says was done, what the warehouse has.

Only reads. Each disagreement comes with the command that fixes it. Changes of the last minutes are left out, because
the jobs are about to process them, and so are things that the jobs wait for on purpose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from orderbridge.billing.billing_records import BillingState
from orderbridge.desk.next_step import is_stuck
from orderbridge.desk.retry_order import CannotRetry, retry_order
from orderbridge.desk.wording import in_utc
from orderbridge.jobs.messages import CheckBilling, PollOrders, SyncStock
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, HAS_REACHED_WAREHOUSE, OPEN, Status
from orderbridge.ledger.order_number import ByNumber
from orderbridge.ledger.shop_states import CANCELLED_STATE, DELETED_STATE, OPEN_STATES, SHIPPED_STATE
from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.ledger.told import Answer
from orderbridge.orders.import_rules import is_only_marked_received, why_not_imported
from orderbridge.orders.shipping_order import order_number
from orderbridge.platform.errors import LedgerConflict
from orderbridge.stock.figures import default_stock, figure
from orderbridge.stock.sync_stock import all_at_work, is_held_back
from orderbridge.tracking.warehouse_order import Progress, WarehouseOrder, examine

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.jobs.publisher import Sender
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.ledger.shown import Difference

GRACE: Final = timedelta(minutes=15)
"""Orders that moved more recently are still being processed."""
ASKED_BY_NUMBER: Final = 50
"""How many orders that the warehouse's list does not show are asked for one by one."""
_INVOICES: Final = 500
"""How many orders with a missing or differing invoice are checked."""
_EVERY_STATE: Final = (*range(1, 10), *range(11, 17))


class DisagreementKind(StrEnum):
    """What a disagreement is about."""

    NOT_IMPORTED = "not imported"
    NEVER_SENT = "never sent"
    STUCK = "stuck"
    QUARANTINED = "quarantined"
    NOT_IN_LEDGER = "not in the ledger"
    NOT_AT_WAREHOUSE = "not at the warehouse"
    NOT_CANCELLED = "not cancelled"
    PROGRESS_MISSING = "progress missing"
    PARCEL_NOT_IN_SHOP = "parcel not in the shop"
    NOT_SHIPPED_IN_SHOP = "not shipped in the shop"
    CONTENT_DIFFERS = "content differs"
    SHIPPED_ONLY_IN_SHOP = "shipped only in the shop"
    OVERSELLING = "overselling"
    UNDERSELLING = "underselling"
    BILLED_DIFFERENTLY = "billed differently"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class Disagreement:
    """One disagreement.

    Attributes:
        order: Billbee's id, for a disagreement about an order.
        what: in plain words.
        repair: the command that fixes it; empty if only a person can.
        job: what the command starts, if it is not a retry of the order.
    """

    kind: DisagreementKind
    what: str
    repair: str = ""
    order: int | None = None
    sku: str | None = None
    job: Literal["", "poll-orders", "sync-stock", "check-billing"] = ""


def reconcile(workspace: Workspace, *, since: datetime, stock: bool = False) -> list[Disagreement]:
    """All disagreements about orders that changed since a moment, at most 30 days ago.

    Args:
        stock: also compare the stock of all products, which reads them all on both sides.

    Raises:
        UpstreamError: a side could not be read, so there is no result.
    """
    books = _Books(workspace, max(since, workspace.now() - workspace.warehouse.history + timedelta(hours=1)))
    disagreements = [one for billbee_id in sorted(books.ids) for one in books.compare(billbee_id)]
    return [
        *disagreements,
        *_compare_billing(workspace, since),
        *books.not_compared(),
        *(_compare_stock(workspace) if stock else []),
    ]


def repair(
    workspace: Workspace, disagreements: Iterable[Disagreement], senders: Mapping[str, Sender], correlation_id: str
) -> list[str]:
    """Start what fixes the disagreements, as their commands do. Returns a line for each."""
    lines = []
    disagreements = list(disagreements)
    for one in disagreements:
        if not one.repair:
            lines.append(f"left to you: {one.what}")
        elif not one.job:
            lines.append(f"{one.order}: {_retry(workspace, one, senders, correlation_id)}")
    jobs = {one.job for one in disagreements}
    merchant, now = workspace.merchant, workspace.now()
    if "poll-orders" in jobs:
        poll = PollOrders(merchant=merchant, correlation_id=correlation_id, asked_at=now, scope="all")
        senders["poll-orders"]([poll])
        lines.append("poll-orders was started for all open orders")
    if "check-billing" in jobs:
        check = CheckBilling(merchant=merchant, correlation_id=correlation_id, asked_at=now, scope="all")
        senders["chores"]([check])
        lines.append("check-billing was started for everything that is not settled yet")
    if "sync-stock" in jobs:
        workspace.stock.mark_due(one.sku for one in disagreements if one.sku is not None)
        senders["sync-stock"]([SyncStock(merchant=merchant, correlation_id=correlation_id, asked_at=now)])
        lines.append("sync-stock was started")
    return lines


def _retry(workspace: Workspace, one: Disagreement, senders: Mapping[str, Sender], correlation_id: str) -> str:
    record = workspace.ledger.get(workspace.merchant, one.order or 0)
    if record is None:
        return "it is no longer in the ledger"
    try:
        return retry_order(workspace.ledger, record, senders, correlation_id).english
    except (CannotRetry, LedgerConflict) as error:
        return str(error)


class _Books:
    """What the three sides say about the orders of a period."""

    def __init__(self, workspace: Workspace, since: datetime) -> None:
        self._ws = workspace
        self._now = workspace.now()
        self._warehouse = self._read_warehouse(since)
        self._orders = self._read_billbee(since)
        self._records = self._read_ledger(since)
        self._asked = 0
        self._not_asked = 0

    @property
    def ids(self) -> set[int]:
        return self._orders.keys() | self._records.keys()

    def not_compared(self) -> list[Disagreement]:
        """A note if the comparison was cut short."""
        if not self._not_asked:
            return []
        what = f"{self._not_asked} more orders that the warehouse's list does not show were not asked for by number"
        return [Disagreement(DisagreementKind.NOT_COMPARED, what)]

    def compare(self, billbee_id: int) -> list[Disagreement]:
        order, record = self._orders.get(billbee_id), self._records.get(billbee_id)
        if record is None:
            return self._unknown(order) if order is not None else []
        if record.defect is not None and record.is_quarantined:
            return [
                self._about(
                    record, DisagreementKind.QUARANTINED, f"is {record.status}, and quarantined: {record.defect.what}"
                )
            ]
        if record.rehearsal or self._now - record.moved_at < GRACE:
            return []
        found = [*self._before_warehouse(record, order), *self._at_warehouse(record, order)]
        return [*found, *self._in_shop(record, order)] if order is not None else found

    # Reading

    def _read_warehouse(self, since: datetime) -> ByNumber[WarehouseOrder]:
        found: ByNumber[WarehouseOrder] = ByNumber()
        page, more = 1, True
        while more:
            answer = self._ws.warehouse.orders_since(since, page)
            for order in answer.orders:
                found.add(order.number, order)
            page, more = page + 1, answer.more
        return found

    def _read_billbee(self, since: datetime) -> dict[int, Order]:
        found: dict[int, Order] = {}
        tag = self._ws.settings.billbee.order_tag
        page = pages = 1
        while page <= pages:
            answer = self._ws.hub.orders(page=page, states=_EVERY_STATE, tags=(tag,), modified_since=since)
            found |= {order.id: order for order in answer.orders}
            page, pages = page + 1, answer.total_pages
        return {order.id: order for order in found.values() if order.has_tag(tag)}

    def _read_ledger(self, since: datetime) -> dict[int, LedgerOrder]:
        """Read last, so that it shows what was done while the others were read."""
        ledger, merchant = self._ws.ledger, self._ws.merchant
        found = {order.billbee_id for order in all_at_work(self._ws)}
        for status in sorted(set(Status) - OPEN):
            found |= {order.billbee_id for order in ledger.ended_orders(merchant, status, since=since)}
        return ledger.get_many(merchant, self._orders.keys() | found)

    def _reported(self, record: LedgerOrder) -> WarehouseOrder | None:
        """What the warehouse says about an order; asked by number if its list does not show it."""
        if (listed := self._warehouse.get(record.number)) is not None:
            return listed
        self._asked += 1
        return self._ws.warehouse.order(record.number)

    # Comparing

    def _unknown(self, order: Order) -> list[Disagreement]:
        """An order of the shop that the ledger does not have."""
        if self._ws.ledger.forgotten_at(self._ws.merchant, order.id) is not None:
            return []
        number = order_number(order, self._ws.rules)
        job = f"orderbridge jobs start poll-orders --scope all --merchant {self._ws.merchant}"
        if number in self._warehouse:
            what = f"order {order.id} is at the warehouse as {number}, and the ledger does not have it"
            return [Disagreement(DisagreementKind.NOT_IN_LEDGER, what, job, order.id, job="poll-orders")]
        wanted = why_not_imported(order, self._ws.tags, self._ws.settings.billbee.import_states) is None
        if is_only_marked_received(order, self._ws.tags, self._ws.settings.billbee.import_states):
            if self._ws.warehouse.order(number) is not None:
                return []
            what = (
                f"order {order.id} has the tag {self._ws.tags.received}, and neither the ledger nor the warehouse has "
                "it: a copied order keeps its tags. If it is to be sent, remove that tag in Billbee"
            )
            return [Disagreement(DisagreementKind.NEVER_SENT, what, "", order.id)]
        young = order.placed_at is not None and self._now - order.placed_at < GRACE
        if wanted and not young:
            what = f"order {order.id} is ready and was not imported"
            return [Disagreement(DisagreementKind.NOT_IMPORTED, what, job, order.id, job="poll-orders")]
        return []

    def _before_warehouse(self, record: LedgerOrder, order: Order | None) -> list[Disagreement]:
        if is_stuck(record, self._now):
            minutes = int((self._now - record.moved_at).total_seconds() // 60)
            why = f": {record.reason}" if record.reason else ""
            return [self._about(record, DisagreementKind.STUCK, f"has been {record.status} for {minutes} minutes{why}")]
        states = self._ws.settings.billbee.import_states
        wanted = order is not None and why_not_imported(order, self._ws.tags, states) is None
        if record.status is Status.REJECTED and wanted:
            return [
                self._about(
                    record, DisagreementKind.NOT_IMPORTED, "was rejected, is wanted again, and was not imported"
                )
            ]
        return []

    def _at_warehouse(self, record: LedgerOrder, order: Order | None) -> list[Disagreement]:
        """Compares the warehouse's report with the ledger."""
        if record.status not in HAS_REACHED_WAREHOUSE:
            return []
        shown = record.number in self._warehouse
        if record.status is Status.SHIPPED and not shown:
            return []  # it may have left the warehouse's books
        if not shown and self._asked >= ASKED_BY_NUMBER:
            self._not_asked += 1
            return []
        reported = self._reported(record)
        if reported is None:
            return [self._missing(record)]
        found = []
        cancelled = order is not None and order.state in (CANCELLED_STATE, DELETED_STATE)
        if cancelled and record.status in AT_WAREHOUSE and Answer.CANCEL_REFUSED not in record.told:
            what = f"is cancelled in Billbee and {reported.status_text} at the warehouse"
            found.append(self._about(record, DisagreementKind.NOT_CANCELLED, what))
        news = examine(
            reported,
            ordered_pieces=record.ordered_pieces(reported.skus),
            known_parcels=record.parcels,
            told=record.told,
        )
        parcels = ", ".join(parcel.tracking_number for parcel in news.new_parcels)
        ended = {Progress.SHIPPED: Status.SHIPPED, Progress.CANCELLED: Status.CANCELLED}.get(news.progress)
        if parcels:
            found.append(
                self._about(record, DisagreementKind.PROGRESS_MISSING, f"has parcels that were not posted: {parcels}")
            )
        elif ended is not None and record.status is not ended and record.status is not Status.SHIPPED:
            what = f"is {reported.status_text} at the warehouse and {record.status} in the ledger"
            found.append(self._about(record, DisagreementKind.PROGRESS_MISSING, what))
        elif order is not None and order.state == SHIPPED_STATE and record.status in AT_WAREHOUSE:
            what = f"is shipped in Billbee and {reported.status_text} at the warehouse: was it sent in another way?"
            found.append(
                Disagreement(
                    DisagreementKind.SHIPPED_ONLY_IN_SHOP, f"order {record.billbee_id} {what}", "", record.billbee_id
                )
            )
        return found

    def _in_shop(self, record: LedgerOrder, order: Order) -> list[Disagreement]:
        """Compares what the shop was told, according to the ledger, with what the shop has."""
        found = []
        lost = record.parcels.keys() - {*order.tracking_numbers, *order.return_tracking_numbers}
        if lost and not order.archived and record.status in HAS_REACHED_WAREHOUSE:
            what = f"order {record.billbee_id} lacks parcels in Billbee: {', '.join(sorted(lost))}"
            found.append(
                Disagreement(DisagreementKind.PARCEL_NOT_IN_SHOP, what, self._retry(record), record.billbee_id)
            )
        if record.difference is not None and order.state not in (CANCELLED_STATE, DELETED_STATE):
            found.append(self._differs(record, record.difference))
        if record.status is Status.SHIPPED and order.state in OPEN_STATES and not order.archived:
            what = f"is shipped, and in state {order.state} in Billbee"
            found.append(self._about(record, DisagreementKind.NOT_SHIPPED_IN_SHOP, what))
        return found

    def _differs(self, record: LedgerOrder, difference: Difference) -> Disagreement:
        """What only the merchant can settle, by removing the received tag (R37)."""
        what = (
            f"order {record.billbee_id} has differed in Billbee from what the warehouse has since "
            f"{in_utc(difference.since)}: {', '.join(difference.fields)}. To have it changed, remove the tag "
            f"{self._ws.tags.received}"
        )
        return Disagreement(DisagreementKind.CONTENT_DIFFERS, what, "", record.billbee_id)

    def _missing(self, record: LedgerOrder) -> Disagreement:
        what = (
            f"order {record.billbee_id} is {record.status} in the ledger, and the warehouse does not know it: ask the "
            "warehouse; if it has lost it, cancel it in Billbee and make a new order there"
        )
        return Disagreement(DisagreementKind.NOT_AT_WAREHOUSE, what, "", record.billbee_id)

    def _about(self, record: LedgerOrder, kind: DisagreementKind, what: str) -> Disagreement:
        return Disagreement(kind, f"order {record.billbee_id} {what}", self._retry(record), record.billbee_id)

    def _retry(self, record: LedgerOrder) -> str:
        return f"orderbridge order retry {record.billbee_id} --merchant {self._ws.merchant}"


def _compare_billing(workspace: Workspace, since: datetime) -> list[Disagreement]:
    """What the merchant was told about an invoice that is not corrected yet."""
    if workspace.billing is None:
        return []
    command = f"orderbridge jobs start check-billing --scope all --merchant {workspace.merchant}"
    return [
        Disagreement(
            DisagreementKind.BILLED_DIFFERENTLY,
            f"order {record.billbee_id}: {record.told}",
            f"once it is corrected: {command}",
            record.billbee_id,
            job="check-billing",
        )
        for record in workspace.billing.records.standing(_INVOICES)
        if record.told and record.state in (BillingState.MISSING, BillingState.DIFFERS) and record.since >= since
    ]


def _compare_stock(workspace: Workspace) -> list[Disagreement]:
    """Compares what Billbee offers with what can be promised; SKUs that sync-stock is about to tell are left out."""
    buffer = workspace.settings.stock.buffer
    stock_id = workspace.settings.billbee.stock_id or default_stock(workspace.hub.stocks())
    if stock_id is None:
        return [
            Disagreement(
                DisagreementKind.NOT_COMPARED, "stock was not compared: Billbee does not say which one is the default"
            )
        ]
    ours, loose = Counter[Sku](), Counter[Sku]()
    for order in filter(is_held_back, all_at_work(workspace)):
        ours.update(by_sku(order.pieces))
        loose.update(by_sku(order.loose_pieces))
    promisable: dict[Sku, int] = {}
    page, more = 1, True
    while more:
        answer = workspace.warehouse.products(page)
        promisable |= {Sku(stock.sku): figure(stock, loose, buffer).quantity for stock in answer.stocks}
        page, more = page + 1, answer.more
    due = workspace.stock.due()
    command = f"orderbridge jobs start sync-stock --merchant {workspace.merchant}"
    found = []
    page = pages = 1
    while page <= pages:
        shop = workspace.hub.stock_levels(page, stock_id)
        reserved = _reserved_elsewhere(workspace, (level.sku for level in shop.levels), promisable)
        for level in shop.levels:
            folded = Sku(level.sku)
            if folded not in promisable or folded in due:
                continue
            most = max(0, promisable[folded] - level.unfulfilled)
            # Not every account's list shows unfulfilled pieces.
            least = max(0, promisable[folded] - max(level.unfulfilled, ours[folded] + reserved[folded]))
            if level.current > most:
                what = f"{level.sku}: Billbee offers {level.current}, and {most} can be promised"
                found.append(Disagreement(DisagreementKind.OVERSELLING, what, command, sku=level.sku, job="sync-stock"))
            elif level.current < least:
                what = f"{level.sku}: Billbee offers {level.current}, and {least} could be promised"
                found.append(
                    Disagreement(DisagreementKind.UNDERSELLING, what, command, sku=level.sku, job="sync-stock")
                )
        page, pages = page + 1, shop.total_pages
    return found


def _reserved_elsewhere(workspace: Workspace, skus: Iterable[str], promisable: Mapping[Sku, int]) -> Counter[Sku]:
    """The pieces that Billbee took off the present figures when it was told them: sold, and not sent by us, for example
    by orders that are rejected or not paid (R18).
    """
    stock_id = workspace.settings.billbee.stock_id
    found = Counter[Sku]()
    for sku, record in workspace.stock.get_many(sku for sku in skus if Sku(sku) in promisable).items():
        if record.billbee_stock is not None and (record.sent, record.stock_id) == (promisable[sku], stock_id):
            found[sku] = max(0, promisable[sku] - record.billbee_stock)
    return found
