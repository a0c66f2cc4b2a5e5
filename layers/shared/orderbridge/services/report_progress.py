"""Bring what the warehouse reports about one order to Billbee: parcels, notices, state; each once (R14, R15, R17).

Parcels and messages cannot be repeated. The ledger notes them as intended before the call and as posted after it; an
intention without a
confirmation is checked against the Billbee order before anything is posted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from orderbridge.domain import problems
from orderbridge.domain.activity import Activity
from orderbridge.domain.carriers import (
    Carrier,
    carrier_from_name,
    carrier_from_providers,
    carrier_from_settings,
)
from orderbridge.domain.changes import is_announced
from orderbridge.domain.lifecycle import AT_WAREHOUSE, Status
from orderbridge.domain.sku import Sku
from orderbridge.domain.tracking import Findings, NewParcel, Notice, Progress, WarehouseOrder, examine
from orderbridge.errors import NotFound, Refused, RetryableError, UnknownOutcome, UpstreamError
from orderbridge.observability import logger, meter
from orderbridge.services.follow_shipments import voided_parcels
from orderbridge.services.kits import known_pieces
from orderbridge.services.notices import tell
from orderbridge.stores.ledger import LedgerOrder, OrderSummary, Parcel

if TYPE_CHECKING:
    from orderbridge.domain.order import Order
    from orderbridge.domain.problems import Problem
    from orderbridge.services.workspace import Workspace

SHIPPED_STATE: Final = 4
"""Billbee's order state "shipped"."""
OPEN_STATES: Final = (1, 2, 3, 13, 16)
"""Billbee's order states in which an order that the warehouse has may still be under way."""
CLOSED_STATES: Final = (5, 7)
"""Billbee's order states "complaint" and "closed", which mostly follow on "shipped"."""
DUNNED_STATES: Final = (11, 12, 15)
"""Billbee's order states of a payment that is overdue. The warehouse may have the order all the same."""
SETTLES_AFTER_TIMEOUT: Final = timedelta(seconds=30)
REFUSED_AGAIN_AFTER: Final = timedelta(hours=1)

_NOTICES: Final[dict[Notice, Problem]] = {
    Notice.BACKORDERED: problems.BACKORDERED,
    Notice.BACKORDERED_WITH_OTHERS: problems.BACKORDERED_WITH_OTHERS,
    Notice.DECLINED: problems.DECLINED,
    Notice.CANCELLED: problems.CANCELLED,
    Notice.RETURNED: problems.RETURNED,
}


def is_news(order: OrderSummary, reported: WarehouseOrder) -> bool:
    """Whether a report may hold anything that is not in an order's record yet. If not, the record need not be read."""
    pieces = order.ordered_pieces(reported.skus)
    findings = examine(reported, ordered_pieces=pieces, known_parcels=(), known_notices=())
    return not (
        order.retry_at is None
        and not is_announced(order.notices)
        and not findings.new_parcels
        and not findings.notices
        and not (lacks_pieces(order) and reported.pieces)
        and _target(order, findings) is order.status
        and _is_known(order, reported)
        and _reason(findings, reported) == order.reason
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
    findings = examine(
        reported,
        ordered_pieces=record.ordered_pieces(reported.skus),
        known_parcels=record.posted_parcels | voided_parcels(record),
        known_notices=[kind for kind, told in record.notices.items() if told],
    )
    if record.retry_at is not None and record.retry_at > workspace.now():
        return record
    try:
        record, posted = _post_parcels(workspace, record, findings.new_parcels, reported)
        for notice in findings.notices:
            record = _post_notice(workspace, record, notice)
        return _move(workspace, record, findings, reported, posted, asked=asked)
    except (NotFound, Refused) as error:
        if isinstance(error, Refused) and _is_archived(workspace, record):
            return _end_archived(workspace, record, findings, reported, asked=asked)
        return _refused(workspace, record, error)


def catch_up(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Ask the warehouse about one order now, and give the shop whatever it lacks of it, also what it has lost.

    Args:
        order: as it stands in the shop.

    Raises:
        as `report_progress`; RetryableError where the warehouse does not show the order.
    """
    if record.status not in AT_WAREHOUSE | {Status.SHIPPED}:
        return record
    reported = workspace.bibi.order(record.number)
    if reported is None:
        raise RetryableError("bibi orderStatus", "the warehouse does not show the order", retry_after=60)
    if reported.presumed:
        raise RetryableError("bibi orderStatus", "its number carries a prefix that is not set", retry_after=600)
    there = {*order.tracking_numbers, *order.return_tracking_numbers}
    if record.posted_parcels - there:  # they no longer count as posted
        known = {n: parcel if n in there else Parcel(parcel.ship_method) for n, parcel in record.parcels.items()}
        record = workspace.ledger.note(record, parcels=known)
    was_shipped = record.status is Status.SHIPPED
    record = report_progress(workspace, record, reported)
    if was_shipped and order.state in OPEN_STATES:
        workspace.billbee.set_state(order.id, SHIPPED_STATE)
    return record


def _post_parcels(
    workspace: Workspace, record: LedgerOrder, new: Sequence[NewParcel], reported: WarehouseOrder
) -> tuple[LedgerOrder, dict[str, Parcel]]:
    """Post parcels; gives the record and all its parcels, the posted ones among them not yet written."""
    if not new:
        return record, record.parcels
    from orderbridge.services.shipping_costs import (  # noqa: PLC0415  most passes post no parcel
        count_costs,
        expect_costs,
        told_costs,
    )

    costs = told_costs(workspace, record, reported, new)
    there: set[str] = set()
    # An adopted order's parcels are only known as far as its order could be read then.
    if record.adopted or any(parcel.tracking_number in record.parcels for parcel in new):
        _wait_until_settled(workspace, record)
        there = set(workspace.billbee.order(record.billbee_id).tracking_numbers)
    missing = [parcel for parcel in new if parcel.tracking_number not in there]
    parcels = record.parcels | {p.tracking_number: Parcel(p.ship_method) for p in new}
    count_costs(workspace, record, costs)
    if missing or costs != record.costs:
        record = workspace.ledger.note(record, parcels=parcels, settles_at=None, costs=costs)
    posted_at = workspace.now()
    parcels |= {p.tracking_number: Parcel(p.ship_method, posted_at) for p in new if p not in missing}
    for parcel in missing:
        carrier = _carrier(workspace, parcel.ship_method)
        try:
            workspace.billbee.add_shipment(record.billbee_id, parcel.tracking_number, carrier, parcel.ship_method)
        except UnknownOutcome as error:
            settles_at = workspace.now() + (SETTLES_AFTER_TIMEOUT if error.may_still_land else timedelta(0))
            workspace.ledger.note(record, parcels=parcels, settles_at=settles_at)
            raise
        workspace.count(Activity.PARCELS)
        parcels |= {parcel.tracking_number: Parcel(parcel.ship_method, workspace.now())}
    expect_costs(workspace, record)
    return record, parcels


def _wait_until_settled(workspace: Workspace, record: LedgerOrder) -> None:
    """A shipment without an answer may still land: looking for it too early would post it twice."""
    if record.settles_at is not None and record.settles_at > workspace.now():
        raise UnknownOutcome("billbee add shipment", "an earlier request may still land")


def _carrier(workspace: Workspace, ship_method: str) -> Carrier:
    """R15: the merchant's map, a provider or product of the same name, the carrier in the name; else none.

    No parcel waits for Billbee's lists: without them it goes out without a carrier.
    """
    if found := carrier_from_settings(ship_method, workspace.settings.carriers):
        return found
    if not ship_method.strip():
        return Carrier()
    providers = workspace.providers.look_up_if_possible("", workspace.billbee.shipping_providers, ())
    if found := carrier_from_providers(ship_method, providers):
        return found
    carriers = workspace.carriers.look_up_if_possible("", workspace.billbee.carriers, {})
    return carrier_from_name(ship_method, carriers) or Carrier()


def _post_notice(workspace: Workspace, record: LedgerOrder, notice: Notice) -> LedgerOrder:
    maybe_told = record.adopted or notice in record.notices
    if notice not in record.notices:
        record = workspace.ledger.note(record, notices={**record.notices, notice.value: False})
    tag = {
        Notice.BACKORDERED: workspace.tags.backordered,
        Notice.BACKORDERED_WITH_OTHERS: workspace.tags.backordered,
        Notice.DECLINED: workspace.tags.declined,
        Notice.CANCELLED: workspace.tags.cancelled,
        Notice.RETURNED: workspace.tags.returned,
    }[notice]
    return tell(
        workspace, record, notice.value, _NOTICES[notice].say(workspace.settings.language), tag, maybe_told=maybe_told
    )


def _move(
    workspace: Workspace,
    record: LedgerOrder,
    findings: Findings,
    reported: WarehouseOrder,
    parcels: dict[str, Parcel],
    *,
    asked: bool,
    archived: bool = False,
) -> LedgerOrder:
    """Take the order to the status that the report stands for, and the Billbee order to shipped when nothing is left
    to ship.
    """
    to = _target(record, findings)
    if to not in (Status.SHIPPED, Status.CANCELLED) or record.status is to:
        return _write(workspace, record, to, findings, reported, parcels, asked=asked)
    leaving = _skus(workspace, record, reported) if workspace.settings.stock.enabled else []
    workspace.stock.start_leaving(leaving)  # before Billbee lets go of what it holds back (R18)
    try:
        if to is Status.SHIPPED and not archived:
            workspace.billbee.set_state(record.billbee_id, SHIPPED_STATE)
        record = _write(workspace, record, to, findings, reported, parcels, asked=asked)
        if to is Status.SHIPPED:
            workspace.count(Activity.SHIPPED)
    except (NotFound, Refused):
        workspace.stock.has_left(leaving)
        raise
    workspace.stock.has_left(leaving)
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


def _write(
    workspace: Workspace,
    record: LedgerOrder,
    to: Status,
    findings: Findings,
    reported: WarehouseOrder,
    parcels: dict[str, Parcel],
    *,
    asked: bool,
) -> LedgerOrder:
    now, said = workspace.now(), reported.status_text
    changes: dict[str, Any] = {
        "parcels": parcels,
        "warehouse_status": said,
        "seen_at": now,
        "reason": record.reason if is_announced(record.notices) else _reason(findings, reported),
        "retry_at": None,
    }
    pieces = known_pieces(workspace, reported.pieces) if lacks_pieces(record) else {}
    if pieces:
        changes["pieces"] = pieces
    if to is not record.status:
        why = f"the warehouse reports: {said}"
        return workspace.ledger.move(record, to, why=why, call="bibi orderStatus", **changes)
    if parcels != record.parcels:
        return workspace.ledger.note(record, why="parcels posted", call="billbee add shipment", **changes)
    if pieces:
        return workspace.ledger.note(record, why="its pieces are known", call="bibi orderStatus", **changes)
    if not _is_known(record, reported):
        return workspace.ledger.note(record, why=f"the warehouse reports: {said}", call="bibi orderStatus", **changes)
    return workspace.ledger.note(record, **changes) if asked or changes["reason"] != record.reason else record


def lacks_pieces(order: OrderSummary) -> bool:
    """Whether an order was adopted whose pieces nobody knew then: until they are known, they count as others' (R18)."""
    return order.adopted and not order.pieces


def _is_known(order: OrderSummary, reported: WarehouseOrder) -> bool:
    """Whether the record says where the order stands. That the warehouse has taken it up is known without a report."""
    if order.warehouse_status is None:
        return all(part.untouched for part in reported.parts)
    return order.warehouse_status == reported.status_text


def _target(record: OrderSummary, findings: Findings) -> Status:
    if record.status is Status.SHIPPED:
        return record.status
    match findings.progress:
        case Progress.SHIPPED:
            return Status.SHIPPED
        case Progress.CANCELLED:
            return Status.CANCELLED
        case Progress.PARTIALLY_SHIPPED:
            return Status.PARTIALLY_SHIPPED
        case _ if record.status is Status.PARTIALLY_SHIPPED or record.status is Status.CANCELLING:
            return record.status
        case _:
            return Status.HELD if findings.held else Status.ACKNOWLEDGED


def _reason(findings: Findings, reported: WarehouseOrder) -> str | None:
    """Why the order is not shipped, as far as the report says so."""
    if findings.progress is Progress.SHIPPED:
        return None
    told = {part.status.value for part in reported.parts}
    texts = [str(problem) for notice, problem in _NOTICES.items() if notice.value in told]
    if findings.missing:
        texts.append(f"The warehouse's report does not account for {findings.missing} of the ordered pieces.")
    return " ".join(texts) or None


def _is_archived(workspace: Workspace, record: LedgerOrder) -> bool:
    """Whether that is why Billbee refuses. What cannot be told now is asked again with the next refusal."""
    try:
        return workspace.billbee.order(record.billbee_id).archived
    except UpstreamError:
        return False


def _end_archived(
    workspace: Workspace, record: LedgerOrder, findings: Findings, reported: WarehouseOrder, *, asked: bool
) -> LedgerOrder:
    """Follow an order that is archived in Billbee in the ledger alone: Billbee takes no change of it any more."""
    now = workspace.now()
    current = workspace.ledger.get(record.merchant, record.billbee_id) or record
    parcels = current.parcels | {one.tracking_number: Parcel(one.ship_method, now) for one in findings.new_parcels}
    why = "archived in Billbee: parcels and state are kept here only"
    current = workspace.ledger.note(current, why=why, call="billbee get order", parcels=parcels, settles_at=None)
    return _move(workspace, current, findings, reported, parcels, asked=asked, archived=True)


def _refused(workspace: Workspace, record: LedgerOrder, error: NotFound | Refused) -> LedgerOrder:
    """Billbee will not take it: the order is gone or archived. Try again later, and let the reason be seen."""
    logger.error("Billbee refused", extra={"order_id": record.billbee_id, "error": str(error)})
    meter.count("BillbeeRefusals")
    current = workspace.ledger.get(record.merchant, record.billbee_id) or record
    reason = f"Billbee does not take what the warehouse reports: {error}"
    return workspace.ledger.note(
        current,
        why=reason if current.reason != reason else None,
        call=error.operation,
        reason=current.reason if is_announced(current.notices) else reason,
        retry_at=workspace.now() + REFUSED_AGAIN_AFTER,
        seen_at=workspace.now(),
    )
