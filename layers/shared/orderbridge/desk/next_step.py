"""What happens next with an order, or what has to be done about it, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderbridge.desk.wording import NOTHING, Words
from orderbridge.ledger.lifecycle import (
    AT_WAREHOUSE,
    BEFORE_WAREHOUSE,
    HAS_REACHED_WAREHOUSE,
    PASSING,
    STUCK_AFTER,
    Status,
)
from orderbridge.ledger.record import LedgerOrder
from orderbridge.ledger.shown import in_german
from orderbridge.ledger.told import BillingAnswer

if TYPE_CHECKING:
    from orderbridge.ledger.record import OrderSummary
    from orderbridge.ledger.tags import Tags
    from orderbridge.merchants.breaker import Outage

_TELLS_THE_SHOP: Final = frozenset({Status.SUBMITTED})
"""Statuses that an order leaves with a call to the shop."""


def is_stuck(record: OrderSummary, now: datetime) -> bool:
    """Whether an order has not moved for half an hour in a status that it should leave within minutes (R10)."""
    return not record.rehearsal and record.status in PASSING and now - record.moved_at > STUCK_AFTER


def next_step_in_words(
    record: OrderSummary,
    tags: Tags | None,
    now: datetime,
    *,
    until_billed: bool = False,
    down: Iterable[Outage] = (),
) -> Words:
    """One or two sentences.

    Args:
        down: the vendors that are down for the merchant.
        until_billed: whether the merchant's orders are held until they are billed.
        tags: the merchant's, to name them; None if its settings cannot be read.
    """
    alone = _alone(record, now, down)
    sentences = [alone] if alone else [_usual(record, tags, until_billed=until_billed), *_besides(record, tags, now)]
    return Words(" ".join(one.english for one in sentences), " ".join(one.german for one in sentences))


def _alone(record: OrderSummary, now: datetime, down: Iterable[Outage]) -> Words | None:
    """What keeps an order from its usual next step."""
    if isinstance(record, LedgerOrder) and record.defect is not None and record.defect.is_final:
        return Words(
            "Nothing, until a person asks for it: it met the same kind of error on each try. Report the error as a "
            f"defect; once it is fixed: orderbridge order retry {record.billbee_id}",
            "Nichts, bis jemand es verlangt: Jeder Versuch traf auf dieselbe Art Fehler. Bitte den Fehler melden; nach "
            f"der Behebung: orderbridge order retry {record.billbee_id}",
        )
    if record.rehearsal:
        return Words(
            "Nothing: the merchant's mode is test, and this was a rehearsal. In mode live the next poll imports the "
            "order if it still has the order tag.",
            "Nichts: Der Modus des Händlers ist „test“, dies war eine Probe. Im Modus „live“ importiert der nächste "
            "Abruf den Auftrag, wenn er das Auftrags-Tag noch hat.",
        )
    for outage in down:
        if record.status in (BEFORE_WAREHOUSE if outage.vendor == "bibi" else _TELLS_THE_SHOP):
            return Words(
                f"{outage.name} has not answered since {outage.since:%Y-%m-%d %H:%M} UTC; the next try is at "
                f"{outage.next_probe_at:%H:%M} UTC. When it answers, the order continues by itself.",
                f"{outage.german_name} antwortet seit {outage.since:%Y-%m-%d %H:%M} UTC nicht; der nächste "
                f"Versuch ist um {outage.next_probe_at:%H:%M} UTC. Danach geht der Auftrag von selbst weiter.",
            )
    if is_stuck(record, now):
        return Words(
            "It should have moved on within minutes. It is taken up again every 10 minutes; the timeline says what "
            f"stopped it last. To try at once: orderbridge order retry {record.billbee_id}",
            "Er hätte binnen Minuten weitergehen sollen. Alle 10 Minuten wird er neu aufgenommen; der Verlauf sagt, "
            f"was ihn zuletzt aufhielt. Sofort versuchen: orderbridge order retry {record.billbee_id}",
        )
    return None


def _usual(record: OrderSummary, tags: Tags | None, *, until_billed: bool) -> Words:
    hold = tags.hold if tags else "hold_…"
    if record.status is Status.HELD and not record.held:
        return Words(
            "The warehouse itself holds it. Ask the warehouse; what it does then is seen within minutes.",
            "Das Lager selbst hält ihn an. Bitte das Lager fragen; was es dann tut, zeigt sich binnen Minuten.",
        )
    if record.status is Status.HELD and until_billed and BillingAnswer.OK not in record.told:
        return Words(
            "It is on hold until it is billed in Abillify, which is checked every hour or less often. Then it "
            f"is released, unless the tag {hold} holds it too.",
            "Er ist angehalten, bis er in Abillify berechnet ist; das wird stündlich oder seltener geprüft. Dann wird "
            f"er freigegeben, wenn ihn nicht auch das Tag {hold} anhält.",
        )
    if record.status is Status.HELD and isinstance(record, LedgerOrder) and record.rule_holds:
        return Words(
            f"It is on hold, as the rule {record.rule!r} asks. Remove the tag {hold} in Billbee to release it.",
            f"Er ist angehalten, wie es die Regel {record.rule!r} verlangt. Zur Freigabe das Tag {hold} in Billbee "
            "entfernen.",
        )
    return _steps(tags)[record.status]


def _besides(record: OrderSummary, tags: Tags | None, now: datetime) -> Iterator[Words]:
    """What else is known of an order."""
    if not isinstance(record, LedgerOrder):
        return
    if record.defect is not None and (wait := record.defect.wait(now)):
        yield Words(
            f"After an unexpected error it is tried again in {wait:.0f} seconds.",
            f"Nach einem unerwarteten Fehler wird es in {wait:.0f} Sekunden neu versucht.",
        )
    if record.difference is not None and record.status in HAS_REACHED_WAREHOUSE:
        fields = record.difference.fields
        yield Words(
            f"In Billbee it differs from what the warehouse has: {', '.join(fields)}.",
            f"In Billbee weicht er von dem ab, was das Lager hat: {', '.join(in_german(fields))}.",
        )
        if record.status in AT_WAREHOUSE:
            received = tags.received if tags else "order_received_by_…"
            yield Words(
                f"To have it changed, remove the tag {received}.",
                f"Damit das Lager ihn ändert, das Tag {received} entfernen.",
            )
    waiting = next((effect for effect in record.effects if effect.waits(now)), None)
    if waiting is not None:
        yield Words(
            f"What Billbee refused is tried again after {waiting.not_before:%Y-%m-%d %H:%M} UTC.",
            f"Was Billbee ablehnte, wird nach {waiting.not_before:%Y-%m-%d %H:%M} UTC neu versucht.",
        )


def _steps(tags: Tags | None) -> dict[Status, Words]:
    rejected = tags.rejected if tags else "order_rejected_by_…"
    hold = tags.hold if tags else "hold_…"
    tagged = Words(f" with the tag {tags.order_tag}", f" mit dem Tag {tags.order_tag}") if tags else NOTHING
    return {
        Status.QUEUED: Words("It is sent to the warehouse in a moment.", "Er wird gleich ans Lager gesendet."),
        Status.SUBMITTING: Words(
            "The warehouse was called. If it does not answer, it is asked for the order before anything is sent again.",
            "Das Lager wurde aufgerufen. Antwortet es nicht, wird es nach dem Auftrag gefragt, bevor etwas erneut "
            "gesendet wird.",
        ),
        Status.SUBMITTED: Words(
            "The warehouse has it; the Billbee order gets its received tag in a moment.",
            "Das Lager hat ihn; in Billbee bekommt er gleich das Tag „received“.",
        ),
        Status.ACKNOWLEDGED: Words(
            "The warehouse packs it. What it reports is read every 5 minutes.",
            "Das Lager packt ihn. Was es meldet, wird alle 5 Minuten gelesen.",
        ),
        Status.PARTIALLY_SHIPPED: Words(
            "A part has left. The other parcels are posted as the warehouse reports them.",
            "Ein Teil ist fort. Weitere Pakete werden gemeldet, sobald das Lager sie meldet.",
        ),
        Status.HELD: Words(
            f"It is on hold, as asked. Remove the tag {hold} in Billbee to release it.",
            f"Er ist wie gewünscht angehalten. Zur Freigabe das Tag {hold} in Billbee entfernen.",
        ),
        Status.CANCELLING: Words(
            "The warehouse is asked whether the cancellation was in time.",
            "Das Lager wird gefragt, ob die Stornierung rechtzeitig kam.",
        ),
        Status.CANCELLED: Words(
            f"Nothing. To ship it after all, create a new order in Billbee{tagged.english}.",
            f"Nichts. Soll er doch versandt werden, in Billbee einen neuen Auftrag{tagged.german} anlegen.",
        ),
        Status.REJECTED: Words(
            f"Fix the order in Billbee, then remove the tag {rejected}: the next poll imports it again.",
            f"Den Auftrag in Billbee korrigieren, dann das Tag {rejected} entfernen: Der nächste Abruf importiert ihn.",
        ),
        Status.SHIPPED: Words(
            "Nothing: the shop knows. Late parcels and returns are still posted.",
            "Nichts: Der Shop weiß es. Spätere Pakete und Retouren werden noch gemeldet.",
        ),
    }
