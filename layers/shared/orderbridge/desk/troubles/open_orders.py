"""Which open orders of a merchant have waited too long: to be acknowledged, shipped or billed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.desk.troubles.stopped import UNPUNCTUAL
from orderbridge.desk.troubles.trouble import Trouble, TroubleKind
from orderbridge.desk.troubles.watched import some_of
from orderbridge.desk.wording import NAMED, Words, first_of, in_utc, orders_wait, span
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, BEFORE_WAREHOUSE, OPEN, Status
from orderbridge.ledger.told import BillingAnswer
from orderbridge.merchants.activity import Activity

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Language
    from orderbridge.ledger.record import OrderSummary
    from orderbridge.merchants.settings import BillingSettings

LATE_AFTER: Final = timedelta(minutes=60)
"""After this time an unacknowledged order is late."""
OPEN_TOO_LONG: Final = timedelta(days=2)
HELD_TOO_LONG: Final = timedelta(days=1)
"""How long beyond its grace an order may wait at the warehouse to be billed."""
NOT_ACKNOWLEDGED: Final = BEFORE_WAREHOUSE | {Status.SUBMITTED}


def is_open_too_long(order: OrderSummary, now: datetime) -> bool:
    """Orders on hold do not count, because they are held on purpose."""
    return order.status is not Status.HELD and now - order.shelved_at > OPEN_TOO_LONG


@dataclass
class Few:
    """Some orders: counts all of them and names the first ones."""

    count: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, order: OrderSummary) -> None:
        self.count += 1
        if self.count <= NAMED:
            self.named.append(str(order.billbee_id))

    def names(self, language: Language = "en") -> str:
        return first_of(self.named, self.count, language)


class OpenOrders:
    """Collects facts about a merchant's open orders, one by one, because there may be many.

    Attributes:
        at_warehouse: how many have waited there for so long that a parcel should have come.
        next_at: when the next trouble begins if nothing happens until then.
    """

    def __init__(self, billing: BillingSettings, now: datetime) -> None:
        self._billing = billing
        self._longest_hold = billing.grace + HELD_TOO_LONG
        self._now = now
        self._late, self._too_long, self._held, self._broken = Few(), Few(), Few(), Few()
        self._worst: OrderSummary | None = None
        self.waiting: Counter[str] = Counter()
        self.oldest_at: datetime | None = None
        self.at_warehouse = 0
        self.next_at = now + some_of(LATE_AFTER)  # an order that comes now is late then

    def add(self, order: OrderSummary) -> None:
        if order.status not in OPEN:
            return  # it has ended, with effects left
        self.waiting[order.status] += 1
        if order.status in NOT_ACKNOWLEDGED:
            if self.oldest_at is None or order.shelved_at < self.oldest_at:
                self.oldest_at = order.shelved_at
            self._expect(self._late, order, order.shelved_at + LATE_AFTER)
        if order.status is not Status.HELD:
            self._expect(self._too_long, order, order.shelved_at + OPEN_TOO_LONG)
            if order.status in AT_WAREHOUSE and self._passed(order.shelved_at + UNPUNCTUAL[Activity.PARCELS]):
                self.at_warehouse += 1
            if order.promised_by is not None:
                self._compare(order, order.promised_by)
        elif self._billing.holds and order.held and BillingAnswer.OK not in order.told:
            self._expect(self._held, order, (order.submitted_at or order.created_at) + self._longest_hold)

    def troubles(self, merchant: str) -> Iterator[Trouble]:
        late, old, held = self._late, self._too_long, self._held
        if late.count:
            what = _waiting(late, LATE_AFTER, "to be acknowledged", "auf Annahme")
            remedy = Words(
                "`orderbridge order show` says why; if the warehouse cannot be reached, it continues by itself.",
                "Warum, sagt `orderbridge order show`; ist nur das Lager nicht erreichbar, geht es von selbst weiter.",
            )
            yield Trouble(merchant, TroubleKind.ORDERS_LATE, what, remedy, late.count)
        if old.count:
            what = _waiting(old, OPEN_TOO_LONG, "to be shipped", "auf Versand")
            remedy = Words(
                "`orderbridge order show` says what the warehouse last reported; ask the warehouse about the oldest.",
                "Was das Lager zuletzt meldete, sagt `orderbridge order show`; das Lager nach dem ältesten fragen.",
            )
            yield Trouble(merchant, TroubleKind.OPEN_TOO_LONG, what, remedy, old.count)
        if self._worst is not None and self._worst.promised_by is not None:
            yield self._promise_broken(merchant, self._worst, self._worst.promised_by)
        if held.count:
            waits = orders_wait(held.count), orders_wait(held.count, "de")
            longest = span(self._longest_hold), span(self._longest_hold, "de")
            what = Words(
                f"{waits[0]} on hold for more than {longest[0]} to be billed: {held.names()}",
                f"{waits[1]} angehalten seit mehr als {longest[1]} auf die Rechnung: {held.names('de')}",
            )
            remedy = Words(
                "Bill them in Abillify; `orderbridge order show` says what differs, the board lists them under "
                "Billing.",
                "In Abillify berechnen; was abweicht, sagt `orderbridge order show`, das Board führt sie unter "
                "Rechnungen.",
            )
            yield Trouble(merchant, TroubleKind.HELD_FOR_BILLING, what, remedy, held.count)

    def _compare(self, order: OrderSummary, promised_by: datetime) -> None:
        """Compare an order with its promise (R42)."""
        if not self._passed(promised_by):
            return
        self._broken.add(order)
        worst = self._worst
        if worst is None or worst.promised_by is None or promised_by < worst.promised_by:
            self._worst = order

    def _promise_broken(self, merchant: str, worst: OrderSummary, by: datetime) -> Trouble:
        broken = self._broken
        orders = "1 order has" if broken.count == 1 else f"{broken.count} orders have"
        german = "1 Auftrag ging" if broken.count == 1 else f"{broken.count} Aufträge gingen"
        what = Words(
            f"{orders} not left when promised: {broken.names()}; "
            f"the latest is {worst.billbee_id}, promised by {in_utc(by)}",
            f"{german} nicht wie zugesagt ab: {broken.names('de')}; "
            f"am spätesten ist {worst.billbee_id}, zugesagt bis {in_utc(by)}",
        )
        remedy = Words(
            "`orderbridge promise` lists them by urgency; ask the warehouse about the latest.",
            "`orderbridge promise` führt sie nach Dringlichkeit; das Lager nach dem spätesten fragen.",
        )
        return Trouble(merchant, TroubleKind.PROMISE_BROKEN, what, remedy, self._broken.count)

    def _expect(self, overdue: Few, order: OrderSummary, moment: datetime) -> None:
        if self._passed(moment):
            overdue.add(order)

    def _passed(self, moment: datetime) -> bool:
        """Whether a moment is over. If not, another look is due at that moment."""
        if moment < self._now:
            return True
        self.next_at = min(self.next_at, moment)
        return False


def _waiting(orders: Few, limit: timedelta, for_what: str, german: str) -> Words:
    return Words(
        f"{orders_wait(orders.count)} for more than {span(limit)} {for_what}: {orders.names()}",
        f"{orders_wait(orders.count, 'de')} seit mehr als {span(limit, 'de')} {german}: {orders.names('de')}",
    )
