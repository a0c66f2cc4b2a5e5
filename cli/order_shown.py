"""How the tool shows one order: its fields, parcels and timeline, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli import times
from cli.output import styled
from cli.tool import Tool

if TYPE_CHECKING:
    from orderbridge.ledger.effects import Effect
    from orderbridge.ledger.parcel_cost import ParcelCost
    from orderbridge.ledger.record import Event, LedgerOrder
    from orderbridge.merchants.breaker import Outage
    from orderbridge.merchants.settings import MerchantSettings


def next_step(
    record: LedgerOrder, settings: MerchantSettings | None, now: datetime, down: Iterable[Outage] = ()
) -> str:
    from orderbridge.desk.next_step import next_step_in_words
    from orderbridge.ledger.tags import Tags

    if settings is not None and settings.mode == "paused":
        return f"Nothing: the merchant is paused (orderbridge merchants resume {record.merchant})."
    tags, holds = (Tags(settings.billbee.order_tag), settings.billing.holds) if settings else (None, False)
    return next_step_in_words(record, tags, now, until_billed=holds, down=down).english


def rule_of(record: LedgerOrder, settings: MerchantSettings | None) -> str:
    """The merchant's rule that shaped what was sent; empty if neither the record nor the settings have any (R40)."""
    if record.rule is not None:
        return record.rule
    has_some = settings is not None and bool(settings.rules)
    return "none of the settings' rules" if has_some and record.submitted_at is not None else ""


def quarantine(record: LedgerOrder) -> str:
    return f"quarantined: {record.defect.what}" if record.defect is not None and record.is_quarantined else ""


def where(record: LedgerOrder) -> str:
    return f"at the warehouse: {record.warehouse_status}" if record.warehouse_status else ""


def render_list(tool: Tool, records: Iterable[LedgerOrder], now: datetime) -> None:
    """A line for each order, with the reason why it is where it is."""
    rows = [
        (
            record.merchant,
            str(record.billbee_id),
            record.shop_number or "–",
            styled(str(record.status)),
            times.age(record.moved_at, now),
            quarantine(record) or record.reason or where(record),
        )
        for record in records
    ]
    tool.out.table(("merchant", "order", "shop's number", "status", "for", "why"), rows, numbers=frozenset({1}))


def as_dict(record: LedgerOrder, following: str | None = None) -> dict[str, Any]:
    from orderbridge.tracking.tracking_links import link

    return {
        "merchant": record.merchant,
        "billbee_id": record.billbee_id,
        "shop_number": record.shop_number,
        "warehouse_number": record.number.text or None,
        "status": record.status,
        "reason": record.reason,
        "quarantined": quarantine(record) or None,
        "moved_at": record.moved_at,
        "created_at": record.created_at,
        "placed_at": record.placed_at,
        "paid_at": record.paid_at,
        "promised_by": record.promised_by,
        "submitted_at": record.submitted_at,
        "seen_at": record.seen_at,
        "warehouse_status": record.warehouse_status,
        "rehearsal": record.rehearsal,
        "adopted": record.adopted,
        "pieces": record.pieces,
        "conversion": None if record.conversion is None else vars(record.conversion),
        "rule": record.rule,
        "difference": None
        if record.difference is None
        else {"since": record.difference.since, "fields": record.difference.fields},
        "still_to_be_said": [
            {
                "key": effect.key,
                "kind": effect.kind,
                "attempts": effect.attempts,
                "not_before": effect.not_before,
                "reason": effect.reason,
            }
            for effect in record.effects
        ],
        "parcels": [
            {
                "tracking_number": number,
                "ship_method": parcel.ship_method,
                "posted_at": parcel.posted_at,
                "url": link(parcel.ship_method, number),
                **_cost_dict(record.costs.get(number)),
            }
            for number, parcel in record.parcels.items()
        ],
    } | (
        {}
        if following is None
        else {
            "next": following,
            "timeline": [
                {"at": e.at, "from": e.before or None, "to": e.after, "why": e.why, "call": e.call or None}
                for e in record.timeline
            ],
        }
    )


def _cost_dict(cost: ParcelCost | None) -> dict[str, Any]:
    if cost is None:
        return {}
    return {
        "cost_usd": cost.cost,
        "weight_lb": cost.weight,
        "zone": cost.zone or None,
        "shipped_at": cost.shipped_at,
        **({"url": cost.link} if cost.link else {}),
    }


def render_order(
    tool: Tool, record: LedgerOrder, rule: str, following: str, billing: str | None, promise: str, now: datetime
) -> None:
    from orderbridge.tracking.tracking_links import link

    out = tool.out
    number = f" ({record.shop_number})" if record.shop_number else ""
    out.line(f"{record.merchant} {record.billbee_id}{number}", style="bold")
    fields: list[tuple[str, Any]] = [("status", styled(str(record.status)))]
    if record.rehearsal:
        fields.append(("rehearsal", "made in mode test; does not count once the merchant is live"))
    if record.reason:
        fields.append(("reason", record.reason))
    if record.defect is not None:
        tries = f"{record.defect.failures} times, last {times.local(record.defect.at)}"
        fields.append(("error", f"{quarantine(record) or record.defect.what} ({tries})"))
    fields.append(("since", f"{times.local(record.moved_at)} ({times.age(record.moved_at, now)})"))
    if record.placed_at:
        fields.append(("ordered", times.local(record.placed_at)))
    if record.paid_at:
        fields.append(("paid", times.local(record.paid_at)))
    if promise:
        fields.append(("promise", promise))
    if record.order_number:
        seen = f", last reported {times.ago(record.seen_at, now)}" if record.seen_at else ""
        said = f": {record.warehouse_status}" if record.warehouse_status else ""
        fields.append(("warehouse", f"as {record.order_number}{said}{seen}"))
    if record.pieces:
        fields.append(("pieces", ", ".join(f"{count} × {sku}" for sku, count in record.pieces.items())))
    if record.conversion is not None:
        fields.append(("money", str(record.conversion)))
    if rule:
        fields.append(("rule", rule))
    if record.difference is not None:
        since = times.local(record.difference.since)
        fields.append(("in Billbee", f"differs since {since}: {', '.join(record.difference.fields)}"))
    if billing:
        fields.append(("billing", billing))
    if record.label is not None and record.label.stored:
        fields.append(("return label", f"kept until {times.local(record.label.expires_at)}"))
    fields.append(("next", following))
    out.fields(fields, indent=2)
    if record.effects:
        out.line()
        out.line("Still to be said", style="bold", indent=2)
        out.fields([(f"{effect.key}", _effect(effect)) for effect in record.effects], indent=4)
    if record.parcels:
        out.line()
        out.line("Parcels", style="bold", indent=2)
        for tracking, parcel in record.parcels.items():
            posted = f"posted {times.local(parcel.posted_at)}"
            out.line(f"{tracking}  {parcel.ship_method or 'unknown ship method'}, {posted}", indent=4)
            cost = record.costs.get(tracking)
            if cost is not None:
                out.line(_cost(cost), indent=6)
            if address := (cost.link if cost else "") or link(parcel.ship_method, tracking):
                out.line(address, style="dim", indent=6)
    out.line()
    out.line(f"Timeline ({times.zone_name(now)})", style="bold", indent=2)
    out.fields([_timeline_entry(event) for event in record.timeline], indent=4)


def _effect(effect: Effect) -> str:
    """The kind of effect, how often it failed, and why."""
    tried = f", failed {effect.attempts} times" if effect.attempts else ""
    later = f", not before {times.local(effect.not_before)}" if effect.not_before else ""
    return f"{effect.kind}{tried}{later}{f': {effect.reason}' if effect.reason else ''}"


def _timeline_entry(event: Event) -> tuple[str, str]:
    moved = str(event.after) if event.before != event.after else "·"
    call = f" ({event.call})" if event.call else ""
    return f"{times.local(event.at)}  {moved}", f"{event.why}{call}"


def _cost(cost: ParcelCost) -> str:
    """The known cost, weight and zone of a parcel.

    >>> from decimal import Decimal
    >>> from orderbridge.ledger.parcel_cost import ParcelCost
    >>> _cost(ParcelCost(Decimal("9.3600"), weight=Decimal("1.0000"), zone="5"))
    '9.36 USD, 1 lb, zone 5'
    """
    weight = "" if cost.weight is None else f"{cost.weight.normalize():f} lb"
    zone = f"zone {cost.zone}" if cost.zone else ""
    return ", ".join(part for part in (f"{cost.cost:.2f} USD", weight, zone) if part)
