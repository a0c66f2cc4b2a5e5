"""What the warehouse reports about one order, and what has to be said of it: parcels, messages, state; each once
(R14, R15, R17).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from orderbridge.domain import tracking_problems
from orderbridge.domain.effects import message
from orderbridge.domain.lifecycle import AT_WAREHOUSE, Status
from orderbridge.domain.shop_states import OPEN_STATES, SHIPPED_STATE
from orderbridge.domain.sku import Sku
from orderbridge.domain.told import WarehouseEvent
from orderbridge.domain.tracking import News, Progress, WarehouseOrder, examine
from orderbridge.errors import RetryableError
from orderbridge.services.effects.executor import say, say_open
from orderbridge.services.effects.shipments import shipment, shipped_state
from orderbridge.services.follow_shipments import voided_parcels
from orderbridge.services.kits import known_pieces
from orderbridge.services.shipping_costs import count_costs, expect_costs, told_costs

if TYPE_CHECKING:
    from collections.abc import Collection

    from orderbridge.domain.effects import Effect
    from orderbridge.domain.order import Order
    from orderbridge.domain.problem import Language, Problem
    from orderbridge.domain.tags import Tags
    from orderbridge.services.workspace import Workspace
    from orderbridge.stores.record import LedgerOrder, OrderSummary, RecordChanges

_PROBLEMS: Final[dict[WarehouseEvent, Problem]] = {
    WarehouseEvent.BACKORDERED: tracking_problems.BACKORDERED,
    WarehouseEvent.BACKORDERED_WITH_OTHERS: tracking_problems.BACKORDERED_WITH_OTHERS,
    WarehouseEvent.DECLINED: tracking_problems.DECLINED,
    WarehouseEvent.CANCELLED: tracking_problems.CANCELLED,
    WarehouseEvent.RETURNED: tracking_problems.RETURNED,
}


def is_news(order: OrderSummary, reported: WarehouseOrder) -> bool:
    """Whether a report may hold anything that is not in an order's record yet. If not, the record need not be read."""
    pieces = order.ordered_pieces(reported.skus)
    news = examine(reported, ordered_pieces=pieces, known_parcels=(), told=())
    return not (
        not order.unsaid
        and not news.new_parcels
        and not news.events
        and not (lacks_pieces(order) and reported.pieces)
        and _target(order, news) is order.status
        and _is_known(order, reported)
        and _reason(news, reported) == order.reason
    )


def report_progress(
    workspace: Workspace, record: LedgerOrder, reported: WarehouseOrder, *, asked: bool = False
) -> LedgerOrder:
    """Tell Billbee what is new about one order; gives its record as it is then.

    Args:
        asked: the warehouse was asked for this very order, which is noted, so that it is not asked again soon.

    Raises:
        UpstreamError: what was done so far is in the ledger, the rest is done when the order is reported again.
        LedgerConflict: another worker has moved the order.
    """
    record = say_open(workspace, record)
    if record.effects:
        return record  # what Billbee has refused comes first, and not yet
    news = examine(
        reported,
        ordered_pieces=record.ordered_pieces(reported.skus),
        known_parcels=record.parcels.keys() | voided_parcels(record),
        told=record.told,
    )
    to = _target(record, news)
    ends = to in (Status.SHIPPED, Status.CANCELLED) and record.status is not to
    leaving = _skus(workspace, record, reported) if ends and workspace.settings.stock.enabled else []
    ships = ends and to is Status.SHIPPED
    effects = wanted(news, workspace.tags, workspace.settings.language, ships=ships, leaving=leaving)
    changes = _changes(workspace, record, news, reported)
    why = _why(record, reported, changes)
    moves = to is not record.status and not ships  # it is shipped once the shop knows
    if not (effects or moves or why or asked or changes["reason"] != record.reason):
        return record
    if cancelled := moves and to is Status.CANCELLED:
        workspace.stock.start_leaving(leaving)  # before Billbee lets go of what it holds back (R18)
    return say(
        workspace,
        record,
        *effects,
        in_doubt=record.adopted,  # an adopted order was told by a ledger that is lost
        why=f"the warehouse reports: {reported.status_text}" if moves else why,
        call="bibi orderStatus",
        to=to if moves else None,
        after=(lambda: workspace.stock.has_left(leaving)) if cancelled else None,
        **changes,
    )


def _changes(workspace: Workspace, record: LedgerOrder, news: News, reported: WarehouseOrder) -> RecordChanges:
    """What changes in the record by a report, besides its status. Costs of parcels are counted, and expected."""
    changes: RecordChanges = {
        "seen_at": workspace.now(),
        "warehouse_status": reported.status_text,
        "reason": _reason(news, reported),
    }
    if lacks_pieces(record) and (pieces := known_pieces(workspace, reported.pieces)):
        changes["pieces"] = pieces
    if news.new_parcels:
        costs = told_costs(workspace, record, reported, news.new_parcels)
        count_costs(workspace, record, costs)
        expect_costs(workspace, record)
        changes["costs"] = costs
    return changes


def _why(record: LedgerOrder, reported: WarehouseOrder, changes: RecordChanges) -> str | None:
    """What the timeline says of a report that does not move the order."""
    if "pieces" in changes:
        return "its pieces are known"
    return None if _is_known(record, reported) else f"the warehouse reports: {reported.status_text}"


def wanted(news: News, tags: Tags, language: Language, *, ships: bool, leaving: Collection[str]) -> tuple[Effect, ...]:
    """What the shop has to be told of a report.

    Args:
        ships: nothing is left to ship, and the shop does not know yet.
        leaving: the SKUs whose stock the order takes.
    """
    tag_of = {
        WarehouseEvent.BACKORDERED: tags.backordered,
        WarehouseEvent.BACKORDERED_WITH_OTHERS: tags.backordered,
        WarehouseEvent.DECLINED: tags.declined,
        WarehouseEvent.CANCELLED: tags.cancelled,
        WarehouseEvent.RETURNED: tags.returned,
    }
    parcels = [shipment(parcel) for parcel in news.new_parcels]
    told = [message(event, _PROBLEMS[event].say(language), tag_of[event]) for event in news.events]
    return (*parcels, *chain.from_iterable(told), *((shipped_state(leaving),) if ships else ()))


def catch_up(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Ask the warehouse about one order now, and give the shop whatever it lacks of it, also what it has lost.

    Args:
        order: as it stands in the shop.

    Raises:
        as `report_progress`; RetryableError where the warehouse does not show the order.
    """
    if record.status not in AT_WAREHOUSE | {Status.SHIPPED}:
        return record
    reported = workspace.warehouse.order(record.number)
    if reported is None:
        raise RetryableError("bibi orderStatus", "the warehouse does not show the order", retry_after=60)
    if reported.presumed:
        raise RetryableError("bibi orderStatus", "its number carries a prefix that is not set", retry_after=600)
    there = {*order.tracking_numbers, *order.return_tracking_numbers}
    if record.parcels.keys() - there:  # they no longer count as posted
        known = {number: parcel for number, parcel in record.parcels.items() if number in there}
        record = workspace.ledger.note(record, parcels=known)
    was_shipped = record.status is Status.SHIPPED
    record = report_progress(workspace, record, reported)
    if was_shipped and order.state in OPEN_STATES:
        workspace.hub.set_state(order.id, SHIPPED_STATE)
    return record


def _skus(workspace: Workspace, record: LedgerOrder, reported: WarehouseOrder) -> list[str]:
    """The SKUs of an order whose stock it takes; those that the warehouse reports where the ledger does not know them
    (R10). Of kits, what they consist of (R26).
    """
    known = {Sku(sku) for sku in (*record.pieces, *record.kits)}
    others = [sku for part in reported.parts for sku in part.skus if Sku(sku) not in known]
    kits = workspace.kits.get_many(others) if others else {}
    skus = [*record.pieces]
    for sku in others:
        kit = kits.get(Sku(sku))
        skus += kit.contents if kit is not None and kit.contents else [sku]
    return list({Sku(sku): sku for sku in reversed(skus)}.values())


def lacks_pieces(order: OrderSummary) -> bool:
    """Whether an order was adopted whose pieces nobody knew then: until they are known, they count as others' (R18)."""
    return order.adopted and not order.pieces


def _is_known(order: OrderSummary, reported: WarehouseOrder) -> bool:
    """Whether the record says where the order stands. That the warehouse has taken it up is known without a report."""
    if order.warehouse_status is None:
        return all(part.untouched for part in reported.parts)
    return order.warehouse_status == reported.status_text


def _target(record: OrderSummary, news: News) -> Status:
    if record.status is Status.SHIPPED:
        return record.status
    match news.progress:
        case Progress.SHIPPED:
            return Status.SHIPPED
        case Progress.CANCELLED:
            return Status.CANCELLED
        case Progress.PARTIALLY_SHIPPED:
            return Status.PARTIALLY_SHIPPED
        case _ if record.status is Status.PARTIALLY_SHIPPED or record.status is Status.CANCELLING:
            return record.status
        case _:
            return Status.HELD if news.held else Status.ACKNOWLEDGED


def _reason(news: News, reported: WarehouseOrder) -> str | None:
    """Why the order is not shipped, as far as the report says so."""
    if news.progress is Progress.SHIPPED:
        return None
    told = {part.status.value for part in reported.parts}
    texts = [str(problem) for event, problem in _PROBLEMS.items() if event.value in told]
    if news.missing:
        texts.append(f"The warehouse's report does not account for {news.missing} of the ordered pieces.")
    return " ".join(texts) or None
