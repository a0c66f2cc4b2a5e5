"""Which events follow from a move (R47)."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from orderbridge.desk.troubles.moves import TroubleMoved
from orderbridge.desk.troubles.trouble import SEVERITY, Severity, TroubleKind
from orderbridge.events.kinds import (
    Event,
    OrderMoved,
    OrderNumbers,
    ParcelPosted,
    ProductRefused,
    StockLow,
    StockRecovered,
    TroubleBegan,
    TroubleEnded,
)
from orderbridge.jobs.changes import Move
from orderbridge.ledger import moves as ledger_moves
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.problem import codes_in
from orderbridge.ledger.record import LedgerOrder
from orderbridge.platform.table import merchant_key
from orderbridge.products.moves import ProductWasRefused
from orderbridge.stock.moves import StockMoved

_KINDS: Final = frozenset(TroubleKind)


def events_of(move: Move[Any]) -> Iterator[Event]:
    """The events of a move, in sequence; none of a move that nobody is told of."""
    match move.what:
        case ledger_moves.OrderMoved():
            yield from _of_order(move.what)
        case TroubleMoved():
            yield _of_trouble(move, move.what)
        case ProductWasRefused():
            yield _of_product(move, move.what)
        case StockMoved():
            yield _of_stock(move, move.what)


def _of_order(moved: ledger_moves.OrderMoved) -> Iterator[Event]:
    order = moved.after
    numbers = OrderNumbers(
        billbee_id=order.billbee_id,
        order_number=order.order_number.text if order.order_number is not None else None,
        shop_number=order.shop_number,
    )
    for place, step in enumerate(moved.steps):
        yield OrderMoved(
            id=_id(OrderMoved, order.merchant, order.billbee_id, order.version, place, step.at.isoformat()),
            at=step.at,
            merchant=order.merchant,
            order=numbers,
            before=Status(step.before) if step.before else None,
            status=Status(step.after),
            why=step.why,
            call=step.call,
            codes=codes_in(f"{step.why} {_reason(order, step.after)}"),
        )
    for number, parcel in moved.new_parcels.items():
        yield ParcelPosted(
            id=_id(ParcelPosted, order.merchant, order.billbee_id, number, parcel.posted_at.isoformat()),
            at=parcel.posted_at,
            merchant=order.merchant,
            order=numbers,
            tracking_number=number,
            ship_method=parcel.ship_method,
        )


def _reason(order: LedgerOrder, status: str) -> str:
    """Why an order is not sent or not shipped, if it is in that status still."""
    return (order.reason or "") if order.status == status else ""


def _of_trouble(move: Move[Any], moved: TroubleMoved) -> Event:
    merchant, known = _merchant(move), moved.trouble
    severity = SEVERITY[TroubleKind(known.kind)] if known.kind in _KINDS else Severity.WARNING
    names = (merchant, known.kind, known.about, known.since.isoformat())
    if moved.is_over:
        return TroubleEnded(
            id=_id(TroubleEnded, *names),
            at=known.gone_at or move.change.at,
            merchant=merchant,
            kind=known.kind,
            about=known.about,
            severity=severity,
            what=known.what,
            since=known.since,
        )
    return TroubleBegan(
        id=_id(TroubleBegan, *names),
        at=known.since,
        merchant=merchant,
        kind=known.kind,
        about=known.about,
        severity=severity,
        what=known.what,
        count=known.count,
    )


def _of_product(move: Move[Any], refused: ProductWasRefused) -> Event:
    merchant, product = _merchant(move), refused.record
    return ProductRefused(
        id=_id(ProductRefused, merchant, product.product_id, move.change.sequence),
        at=move.change.at,
        merchant=merchant,
        product_id=product.product_id,
        sku=product.sku,
        problem=refused.problem,
        codes=codes_in(refused.problem),
    )


def _of_stock(move: Move[Any], moved: StockMoved) -> Event:
    merchant, low = _merchant(move), moved.low
    if low is None:
        id_ = _id(StockRecovered, merchant, moved.sku, move.change.sequence)
        return StockRecovered(id=id_, at=move.change.at, merchant=merchant, sku=moved.sku)
    return StockLow(
        id=_id(StockLow, merchant, moved.sku, move.change.sequence),
        at=move.change.at,
        merchant=merchant,
        sku=low.sku,
        why=low.why,
        free=low.free,
        waiting=low.waiting,
        sold=low.sold,
        days=low.days,
        warning=low.warning,
    )


def _merchant(move: Move[Any]) -> str:
    return move.change.pk.removeprefix(merchant_key(""))


def _id(kind: type[Event], *names: object) -> str:
    return sha256("\n".join([kind.DETAIL_TYPE, *map(str, names)]).encode()).hexdigest()[:32]
