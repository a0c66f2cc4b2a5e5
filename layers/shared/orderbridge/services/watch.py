"""See what is wrong with any merchant, before anybody asks: silent failure is what a connector must not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from orderbridge.defects import is_unexpected, report, told
from orderbridge.domain import trouble as troubles
from orderbridge.domain.activity import Activity
from orderbridge.domain.billing import BillingNotice
from orderbridge.domain.lifecycle import AT_WAREHOUSE, BEFORE_WAREHOUSE, OPEN, Status
from orderbridge.domain.order_number import Habits, Numbering
from orderbridge.domain.silence import HISTORY, find_silence
from orderbridge.domain.trouble import EVERYBODY, Change, Kind, Trouble
from orderbridge.errors import NotSent, SettingsError
from orderbridge.observability import logger, meter
from orderbridge.services.tell_troubles import Publish, tell
from orderbridge.settings import BillingSettings, MerchantSettings, find_settings
from orderbridge.stores.account_numbers import AccountNumbers
from orderbridge.stores.drift import Drift, Drifts
from orderbridge.stores.health import Health, JobHealth
from orderbridge.stores.ledger import Ledger, LedgerOrder, OrderSummary
from orderbridge.stores.refused_records import RefusedRecord, RefusedRecords
from orderbridge.stores.usage import Day, Usage
from orderbridge.stores.watched import Memory, Watched

if TYPE_CHECKING:
    from orderbridge.clock import Clock
    from orderbridge.stores.registry import Pause
    from orderbridge.stores.table import Table

EVERY: Final = {
    "poll-orders": timedelta(minutes=5),
    "sweep-orders": timedelta(minutes=10),
    "pull-tracking": timedelta(minutes=5),
    "pull-returns": timedelta(hours=1),
    "pull-movements": timedelta(hours=1),
    "sync-stock": timedelta(minutes=15),
    "sync-products": timedelta(hours=6),
    "send-digest": timedelta(days=1),
    "check-billing": timedelta(hours=1),
    "follow-inbound": timedelta(hours=1),
}
"""How often the schedules start each job; a test compares it with the template."""
LATE_AFTER: Final = timedelta(minutes=60)
"""An order should be acknowledged long before."""
OPEN_TOO_LONG: Final = timedelta(days=2)
HELD_TOO_LONG: Final = timedelta(days=1)
"""Beyond its grace, for an order that waits at the warehouse to be billed."""
UNPUNCTUAL: Final = {Activity.IMPORTED: timedelta(hours=2), Activity.PARCELS: timedelta(hours=4)}
"""How much earlier or later than in other weeks orders and parcels may come."""
NOT_ACKNOWLEDGED: Final = BEFORE_WAREHOUSE | {Status.SUBMITTED}
_BROKEN: Final = frozenset({"SettingsError", "AuthenticationError"})
DRIFT_TOLD_FOR: Final = timedelta(days=3)
"""How long something that a vendor does not document is a trouble, from when it was noticed first."""
_NAMED: Final = 5
"""Orders that are named in one line."""
_READ: Final = 200
"""Orders in quarantine of which it is told what they met."""
_COUNTED: Final = 1000
"""Open orders that are counted of a merchant without settings."""
_COUNT_AS_BROKEN: Final = (
    Kind.BROKEN,
    Kind.VANISHED,
    Kind.NOT_WATCHED,
    Kind.UNKNOWN_PREFIX,
    Kind.UNKNOWN_SETTINGS,
    Kind.NOT_WRITTEN,
    Kind.QUARANTINED,
)


@dataclass
class Sight:
    """What was seen of all merchants.

    Attributes:
        expected: since when each job is expected, by merchant; nothing of those whose settings cannot be read.
        in_part: merchants of whom not everything could be seen.
        waiting: the open orders by status.
        oldest: how long the oldest order has waited that is not acknowledged.
    """

    troubles: list[Trouble] = field(default_factory=list)
    expected: dict[str, dict[str, datetime]] = field(default_factory=dict)
    in_part: set[str] = field(default_factory=set)
    waiting: Counter[Status] = field(default_factory=Counter)
    oldest: timedelta = timedelta(0)


def find_troubles(
    merchants: Mapping[str, str], table: Table, clock: Clock, pause: Pause | None = None
) -> list[Trouble]:
    """Everything that is wrong now, merchant by merchant, and since when; reads only the table.

    Args:
        merchants: settings JSON by merchant. Paused merchants have no troubles.
        pause: set while all merchants are paused, which is a trouble by itself, so that nobody forgets it.
    """
    memories = Watched(table, clock).of_many([*merchants, EVERYBODY])
    return _since(look(merchants, memories, table, clock, pause).troubles, memories)


def find_vanished(listed: Collection[str], table: Table, clock: Clock) -> list[Trouble]:
    """The merchants who have open orders and no settings any more.

    Args:
        listed: all merchants who have settings.
    """
    watched = Watched(table, clock)
    names = [name for name in watched.seen() if name not in listed]
    found = [trouble for name in names if (trouble := _vanished(name, Ledger(table, clock)))]
    return _since(found, watched.of_many(names))


def watch(
    merchants: Mapping[str, str],
    table: Table,
    clock: Clock,
    publish: Publish,
    stage: str,
    pause: Pause | None = None,
) -> dict[str, int]:
    """Look at all merchants, set the gauges that the alarms hang on, and tell what is new and what is over (R33).

    What was told is noted after it was sent: a crash in between tells it twice, and nothing is left out.

    Returns:
        How many jobs or orders have trouble, by kind.

    Raises:
        NotSent: SNS did not take a notification. What it would have told is told by the next pass.
    """
    watched = Watched(table, clock)
    missed = [name for name in watched.seen() if name not in merchants]
    names = [*merchants, *missed, *([EVERYBODY] if pause else [])]
    memories = watched.of_many(names)
    seen = look(merchants, memories, table, clock, pause)
    for name in missed:
        if vanished := _vanished(name, Ledger(table, clock)):
            seen.troubles.append(vanished)
            seen.in_part.add(name)
    found = _measure(seen)
    unchanged = memories
    memories = {name: memories.get(name, Memory()) for name in names}
    changes: list[Change] = []
    by_merchant: dict[str, list[Trouble]] = {}
    for trouble in seen.troubles:
        by_merchant.setdefault(trouble.merchant, []).append(trouble)
    for name, memory in memories.items():
        has = by_merchant.get(name, [])
        news, known = troubles.changes(name, memory.troubles, has, clock.now(), whole=name not in seen.in_part)
        changes += news
        jobs = seen.expected.get(name, memory.jobs)
        memories[name] = Memory(jobs, known, is_listed=name in merchants or bool(has or known))

    def note(told_ones: Sequence[Change]) -> None:
        for one in told_ones:
            memory = memories[one.merchant]
            memories[one.merchant] = replace(memory, troubles=troubles.told(one, memory.troubles))
        for name in {one.merchant for one in told_ones}:
            watched.remember(name, memories[name])
            unchanged[name] = memories[name]

    all_told = tell(changes, stage, publish, note)
    for name, memory in memories.items():
        if memory != unchanged.get(name):
            watched.remember(name, memory)
    if not all_told:
        raise NotSent("a trouble could not be told: the next pass tells it")
    return found


def _measure(seen: Sight) -> dict[str, int]:
    """Log each trouble and set the gauges; gives the counts by kind."""
    for trouble in seen.troubles:
        logger.warning(
            "Trouble",
            extra={
                "merchant": trouble.merchant,
                "trouble": trouble.kind.value,
                "severity": trouble.severity.value,
                "what": trouble.what,
            },
        )
    found = {kind: sum(trouble.count for trouble in seen.troubles if trouble.kind is kind) for kind in Kind}
    meter.count("JobsOverdue", found[Kind.JOB_OVERDUE])
    meter.count("MerchantsBroken", sum(found[kind] for kind in _COUNT_AS_BROKEN))
    meter.count("MerchantsSilent", found[Kind.ORDERS_SILENT])
    meter.count("TrackingSilent", found[Kind.TRACKING_SILENT])
    meter.count("OrdersOpenTooLong", found[Kind.OPEN_TOO_LONG])
    meter.count("HeldForBilling", found[Kind.HELD_FOR_BILLING])
    meter.count("OldestOrderMinutes", int(seen.oldest / timedelta(minutes=1)))
    for status in sorted(OPEN):
        meter.gauge("OrdersWaiting", seen.waiting[status], status=status.value)
    return {kind.value: count for kind, count in found.items()}


def look(
    merchants: Mapping[str, str],
    memories: Mapping[str, Memory],
    table: Table,
    clock: Clock,
    pause: Pause | None = None,
) -> Sight:
    """What there is to see of all merchants that are not paused. An error with one of them is a trouble of its own."""
    if pause is not None:
        what = f"all merchants are paused since {_text(pause.since)}, by {pause.by}: nothing is done for anybody"
        remedy = "`orderbridge merchants resume --all` ends it."
        return Sight([Trouble(EVERYBODY, Kind.ALL_PAUSED, what, remedy)], expected={name: {} for name in merchants})
    seen = Sight()
    for merchant, text in sorted(merchants.items()):
        try:
            _look_at(seen, merchant, text, memories.get(merchant, Memory()), table, clock)
        except Exception as error:  # noqa: BLE001  the others are looked at all the same
            why = report(error, merchant=merchant) if is_unexpected(error) else told(error)
            seen.in_part.add(merchant)
            seen.troubles.append(
                Trouble(
                    merchant,
                    Kind.NOT_WATCHED,
                    f"the watch could not look at everything: {why}",
                    "The log of watch has the error. If it stays, report it as a defect.",
                )
            )
    return seen


def _look_at(seen: Sight, merchant: str, text: str, memory: Memory, table: Table, clock: Clock) -> None:
    now = clock.now()
    try:
        read = find_settings(merchant, text)
    except SettingsError as error:
        remedy = "Correct the settings with `orderbridge merchants set`."
        seen.troubles.append(Trouble(merchant, Kind.BROKEN, str(error), remedy, about="settings"))
        return
    settings = read.settings
    if settings.mode == "paused":
        seen.expected[merchant] = {}
        return
    since = seen.expected[merchant] = {job: memory.jobs.get(job, now) for job in _jobs(settings)}
    if read.unknown:
        what = f"the settings have unknown keys, which are ignored: {', '.join(read.unknown)}"
        remedy = "Correct them with `orderbridge merchants set`, or deploy the release that knows the keys."
        seen.troubles.append(Trouble(merchant, Kind.UNKNOWN_SETTINGS, what, remedy))
    health = {job.job: job for job in Health(table, clock).jobs(merchant)}
    seen.troubles += _broken(merchant, health.values())
    seen.troubles += _overdue(merchant, since, health, now)
    ledger = Ledger(table, clock)
    orders = ledger.open_orders(merchant)
    if settings.mode == "live":  # a rehearsal imports nothing
        days = Usage(table, clock).days(merchant, (now - HISTORY).date())
        seen.troubles += _silent(merchant, days, since["poll-orders"], now)
        seen.troubles += _tracking_silent(merchant, days, since["pull-tracking"], now, orders)
    seen.troubles += _drift(merchant, Drifts(table, clock).of(merchant).values(), now)
    seen.troubles += _late(merchant, orders, now)
    seen.troubles += _open_too_long(merchant, orders, now)
    seen.troubles += _held_for_billing(merchant, settings.billing, orders, now)
    seen.troubles += _unknown_prefix(merchant, settings, AccountNumbers(table, merchant, clock).known())
    seen.troubles += _not_written(merchant, RefusedRecords(table, clock).of(merchant))
    seen.troubles += _quarantined(merchant, ledger)
    seen.waiting.update(order.status for order in orders)
    seen.oldest = max([seen.oldest, *(now - o.shelved_at for o in _not_acknowledged(orders))])


def _vanished(merchant: str, ledger: Ledger) -> Trouble | None:
    """Orders of a merchant without settings stand still, since no job is started for them."""
    orders = [*ledger.open_orders(merchant, at_most=_COUNTED), *islice(ledger.quarantined_orders(merchant), _COUNTED)]
    if not orders:
        return None
    more = " at least" if len(orders) >= _COUNTED else ""
    what = f"there are no settings any more, and{more} {len(orders)} orders are open: {_names(orders)}"
    remedy = "Add the merchant again, paused if need be, until the orders are through: nothing is done for them."
    return Trouble(merchant, Kind.VANISHED, what, remedy, len(orders))


def _since(found: Iterable[Trouble], memories: Mapping[str, Memory]) -> list[Trouble]:
    known = {name: memory.troubles for name, memory in memories.items()}
    return [
        replace(one, since=first.since) if (first := known.get(one.merchant, {}).get(one.key)) else one for one in found
    ]


def _jobs(settings: MerchantSettings) -> list[str]:
    return [job for job in EVERY if settings.wants(job)]


def allowed(job: str) -> timedelta:
    """How long a job may go without success: three turns, and half an hour for what is slow."""
    return 3 * EVERY[job] + timedelta(minutes=30)


def _broken(merchant: str, health: Iterable[JobHealth]) -> list[Trouble]:
    remedy = "Correct the credential or setting: `orderbridge merchants check` tries each of them."
    return [
        Trouble(merchant, Kind.BROKEN, f"{job.job}: {job.error}", remedy, about=job.job)
        for job in health
        if job.error and job.kind in _BROKEN
    ]


def _overdue(
    merchant: str, since: Mapping[str, datetime], health: Mapping[str, JobHealth], now: datetime
) -> list[Trouble]:
    found = []
    for job, expected in since.items():
        seen = health.get(job, JobHealth(job, None, None, None))
        last = max(filter(None, [expected, seen.succeeded_at]))
        if now - last <= allowed(job):
            continue
        when = f"since {_text(seen.succeeded_at)}" if seen.succeeded_at else "ever"
        what = f"{job} has not succeeded {when}, and should within {_span(allowed(job))}"
        why = f": {seen.error}" if seen.error else ""
        remedy = "The error says what to fix." if seen.error else "Look for waiting messages in its queue and its log."
        found.append(Trouble(merchant, Kind.JOB_OVERDUE, what + why, remedy, about=job))
    return found


def _silent(merchant: str, days: Collection[Day], active_since: datetime, now: datetime) -> list[Trouble]:
    activity = Activity.IMPORTED
    quiet_since = max([active_since, *_lasts(days, activity)])
    silence = find_silence(_hours(days, activity), quiet_since=quiet_since, now=now, unpunctual=UNPUNCTUAL[activity])
    if silence is None:
        return []
    what = f"no order imported since {_text(quiet_since)}; there usually are {silence.usual} or more in such a time"
    remedy = "Look in Billbee whether paid orders have the order tag; `orderbridge order why` explains a single one."
    return [Trouble(merchant, Kind.ORDERS_SILENT, what, remedy)]


def _tracking_silent(
    merchant: str, days: Collection[Day], active_since: datetime, now: datetime, orders: Collection[OrderSummary]
) -> list[Trouble]:
    activity = Activity.PARCELS
    late = UNPUNCTUAL[activity]
    waiting = [o for o in orders if o.status in AT_WAREHOUSE - {Status.HELD} and now - o.shelved_at > late]
    quiet_since = max([active_since, *_lasts(days, activity)])
    silence = find_silence(_hours(days, activity), quiet_since=quiet_since, now=now, unpunctual=late)
    if silence is None or not waiting:
        return []
    what = (
        f"no parcel since {_text(quiet_since)}, though {_count(waiting)} at the warehouse; "
        f"there usually are {silence.usual} parcels or more in such a time"
    )
    remedy = "Ask the warehouse whether it ships; `orderbridge order show` says what it last reported of an order."
    return [Trouble(merchant, Kind.TRACKING_SILENT, what, remedy)]


def _drift(merchant: str, drifts: Iterable[Drift], now: datetime) -> list[Trouble]:
    """One trouble for all that a vendor has begun to send. It ends by itself: what is known by then is not news."""
    by_vendor: dict[str, list[str]] = {}
    for name in sorted(one.name for one in drifts if now - one.since <= DRIFT_TOLD_FOR):
        by_vendor.setdefault(name.split()[0], []).append(name)
    remedy = "Nothing is lost: unknown fields are ignored. Ask the vendor what it means, and tell the maintainers."
    return [
        Trouble(
            merchant,
            Kind.DRIFT,
            f"answers hold what their vendor does not document: {_listed(names)}",
            remedy,
            len(names),
            vendor,
        )
        for vendor, names in by_vendor.items()
    ]


def _late(merchant: str, orders: Iterable[OrderSummary], now: datetime) -> list[Trouble]:
    late = [o for o in _not_acknowledged(orders) if now - o.shelved_at > LATE_AFTER]
    if not late:
        return []
    what = f"{_count(late)} for more than {_span(LATE_AFTER)} to be acknowledged: {_names(late)}"
    remedy = "`orderbridge order show` says why; if the warehouse cannot be reached, it goes on by itself."
    return [Trouble(merchant, Kind.ORDERS_LATE, what, remedy, len(late))]


def _open_too_long(merchant: str, orders: Iterable[OrderSummary], now: datetime) -> list[Trouble]:
    old = open_too_long(orders, now)
    if not old:
        return []
    what = f"{_count(old)} for more than {_span(OPEN_TOO_LONG)} to be shipped: {_names(old)}"
    remedy = "`orderbridge order show` says what the warehouse last reported; ask the warehouse about the oldest."
    return [Trouble(merchant, Kind.OPEN_TOO_LONG, what, remedy, len(old))]


def _held_for_billing(
    merchant: str, billing: BillingSettings, orders: Iterable[OrderSummary], now: datetime
) -> list[Trouble]:
    longest = billing.grace + HELD_TOO_LONG
    held = [
        order
        for order in (orders if billing.holds else ())
        if order.status is Status.HELD and order.held and BillingNotice.OK not in order.notices
        if now - (order.submitted_at or order.created_at) > longest
    ]
    if not held:
        return []
    what = f"{_count(held)} on hold for more than {_span(longest)} to be billed: {_names(held)}"
    remedy = "Bill them in Abillify; `orderbridge order show` says what differs, the board lists them under Billing."
    return [Trouble(merchant, Kind.HELD_FOR_BILLING, what, remedy, len(held))]


def _unknown_prefix(merchant: str, settings: MerchantSettings, habits: Habits) -> list[Trouble]:
    prefix = settings.bibi.order_prefix
    if not habits.writes or not Numbering(prefix).is_unset(habits):
        return []
    set_to = f"is set to {prefix}" if prefix else "is not set"
    what = (
        f"the warehouse writes {habits.writes} before order numbers ({habits.example}), and bibi.order_prefix {set_to}"
    )
    remedy = f'Set "bibi": {{"order_prefix": "{habits.writes}"}}: until then no parcel of these orders is posted.'
    return [Trouble(merchant, Kind.UNKNOWN_PREFIX, what, remedy, about=habits.writes)]


def _not_written(merchant: str, refused: Collection[RefusedRecord]) -> list[Trouble]:
    """One trouble for what the table refuses, and one for each kind of error that an import met."""
    by_error: dict[str, list[str]] = {}
    for one in refused:
        by_error.setdefault(one.error, []).append(str(one.billbee_id))
    remedy = "Look at the order in Billbee for something unusual; the log has the error. Report it as a defect."
    return [
        Trouble(
            merchant,
            Kind.NOT_WRITTEN,
            f"the import of {_listed(orders)} met {error}: nothing is done for them"
            if error
            else f"the table does not take the record of {_listed(orders)}: nothing is done for them",
            remedy,
            len(orders),
            error,
        )
        for error, orders in by_error.items()
    ]


def _quarantined(merchant: str, ledger: Ledger) -> list[Trouble]:
    """One trouble for each kind of error, with the orders that met it."""
    listed = [order.billbee_id for order in ledger.quarantined_orders(merchant)]
    records = ledger.get_many(merchant, listed[:_READ])
    by_error: dict[str, list[LedgerOrder]] = {}
    for record in (records[billbee_id] for billbee_id in listed[:_READ] if billbee_id in records):
        if record.defect is not None and record.is_quarantined:  # the index lags
            by_error.setdefault(record.defect.what, []).append(record)
    remedy = (
        "Report the error as a defect. Once it is fixed: `orderbridge order retry`, with a number or --quarantined."
    )
    return [
        Trouble(merchant, Kind.QUARANTINED, f"quarantined after {what}: {_names(orders)}", remedy, len(orders), what)
        for what, orders in by_error.items()
    ]


def open_too_long(orders: Iterable[OrderSummary], now: datetime) -> list[OrderSummary]:
    """Those that are open for too long, the oldest first; not those on hold, whoever holds them knows."""
    old = [o for o in orders if o.status is not Status.HELD and now - o.shelved_at > OPEN_TOO_LONG]
    return sorted(old, key=lambda order: order.shelved_at)


def _not_acknowledged(orders: Iterable[OrderSummary]) -> list[OrderSummary]:
    return [order for order in orders if order.status in NOT_ACKNOWLEDGED]


def _hours(days: Iterable[Day], activity: Activity) -> dict[datetime, int]:
    return {
        datetime(day.date.year, day.date.month, day.date.day, hour, tzinfo=UTC): count
        for day in days
        for hour, count in day.hours.get(activity, {}).items()
    }


def _lasts(days: Iterable[Day], activity: Activity) -> list[datetime]:
    return [day.last[activity] for day in days if activity in day.last]


def _count(orders: Collection[OrderSummary]) -> str:
    return "1 order waits" if len(orders) == 1 else f"{len(orders)} orders wait"


def _names(orders: Iterable[OrderSummary]) -> str:
    return _listed([str(order.billbee_id) for order in orders])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _span(span: timedelta) -> str:
    minutes = int(span / timedelta(minutes=1))
    if minutes % (24 * 60) == 0 and minutes >= 48 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes / 60:g} hours" if minutes > 90 else f"{minutes} minutes"


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
