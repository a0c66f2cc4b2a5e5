"""Finds what is wrong with any merchant, so that nothing fails silently.

There are two ways to look. A glance reads the settings and the jobs' health, of a hundred merchants at once. A closer
look reads the open orders and the workers' notes. It also finds out when the next closer look is needed (see `watch`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from orderbridge.desk.troubles import standing
from orderbridge.desk.troubles.open_orders import Few, OpenOrders
from orderbridge.desk.troubles.silence import HISTORY
from orderbridge.desk.troubles.stopped import Quiet, no_orders, no_parcels
from orderbridge.desk.troubles.trouble import EVERYBODY, Trouble, TroubleKind
from orderbridge.desk.troubles.watched import Memory, Watched
from orderbridge.desk.wording import Words, in_utc, span
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.order_number import Habits
from orderbridge.merchants.account_numbers import habits_of_many
from orderbridge.merchants.activity import Activity
from orderbridge.merchants.breaker import Outage, outages_of_many
from orderbridge.merchants.drift import Drift, Drifts
from orderbridge.merchants.findings import Findings, Found
from orderbridge.merchants.health import Health, JobHealth, MerchantHealth
from orderbridge.merchants.refused_records import RefusedRecord, RefusedRecords
from orderbridge.merchants.settings import MerchantSettings, find_settings
from orderbridge.merchants.usage import Usage
from orderbridge.platform.defects import is_unexpected, loggable, report
from orderbridge.platform.errors import SettingsError

if TYPE_CHECKING:
    from orderbridge.merchants.registry import Pause
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table

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
GLANCED: Final = frozenset({TroubleKind.BROKEN, TroubleKind.UNKNOWN_SETTINGS, TroubleKind.JOB_OVERDUE})
"""The kinds of trouble that a glance finds; a closer look finds the others."""
NOTED: Final = frozenset(
    {TroubleKind.QUARANTINED, TroubleKind.MISPICK, TroubleKind.OUT_OF_STOCK, TroubleKind.LOW_STOCK}
)
"""The kinds of trouble that are looked for only after a worker's note, until they are over."""
_BROKEN: Final = frozenset({"SettingsError", "AuthenticationError"})
_FAILS: Final = Words("The error says what to fix.", "Der Fehler sagt, was zu beheben ist.")
_WAITS: Final = Words(
    "Look for waiting messages in its queue and its log.",
    "Nach wartenden Nachrichten in seiner Queue und im Log sehen.",
)
_COUNTED: Final = 1000
"""How many open orders of a merchant without settings are counted."""


@dataclass(frozen=True)
class Glance:
    """A merchant's state by settings and health.

    Attributes:
        settings: None if they cannot be read, or if the merchant is paused.
        jobs: since when each job is expected.
    """

    settings: MerchantSettings | None
    jobs: Mapping[str, datetime]
    troubles: Sequence[Trouble] = ()
    is_paused: bool = False


PAUSED: Final = Glance(None, {}, is_paused=True)


@dataclass(frozen=True)
class Notes:
    """The workers' notes about a merchant for the watch."""

    drifts: Collection[Drift] = ()
    habits: Habits = Habits(None, None, "")  # noqa: RUF009  frozen
    refused: Collection[RefusedRecord] = ()
    down: Collection[Outage] = ()
    found: Found = field(default_factory=Found)


@dataclass(frozen=True)
class Look:
    """The result of a closer look at a merchant; see `Memory` for the attributes."""

    troubles: Sequence[Trouble]
    waiting: Mapping[str, int]
    oldest_at: datetime | None
    look_at: datetime
    silent_at: datetime | None


def find_troubles(
    merchants: Mapping[str, str], table: Table, clock: Clock, pause: Pause | None = None
) -> list[Trouble]:
    """Everything that is wrong now, by merchant, and since when. Reads only the table.

    Args:
        merchants: settings JSON by merchant. Paused merchants have no troubles.
        pause: set while all merchants are paused, which is a trouble by itself.
    """
    if pause is not None:
        return since([all_paused(pause)], Watched(table, clock).of(EVERYBODY))
    found: list[Trouble] = []
    for merchant, text in sorted(merchants.items()):
        troubles: list[Trouble] = []
        try:
            memory = Watched(table, clock).of(merchant)
            health = Health(table, clock).of_many([merchant]).get(merchant, MerchantHealth())
            seen = glance(merchant, text, memory.jobs, health, clock.now())
            troubles += seen.troubles
            if seen.settings is not None:
                notes = notes_of([merchant], table, clock).get(merchant, Notes())
                troubles += look(merchant, seen.settings, seen.jobs, notes, table, clock).troubles
            found += since(troubles, memory)
        except Exception as error:  # noqa: BLE001  the others are looked at anyway
            found += [*troubles, not_watched(merchant, error)]
    return found


def find_vanished(listed: Collection[str], table: Table, clock: Clock) -> list[Trouble]:
    """The merchants with open orders and without settings.

    Args:
        listed: all merchants who have settings.
    """
    watched, ledger = Watched(table, clock), Ledger(table, clock)
    names = [name for name in watched.seen() if name not in listed]
    found = [trouble for name in names if (trouble := vanished(name, ledger))]
    return [told for trouble in found for told in since([trouble], watched.of(trouble.merchant))]


def since(found: Iterable[Trouble], memory: Memory) -> list[Trouble]:
    """The troubles of a merchant, with the time since when they exist."""
    known = memory.troubles
    return [replace(one, since=known[one.key].since) if one.key in known else one for one in found]


def not_watched(merchant: str, error: Exception) -> Trouble:
    """The trouble of a merchant whose check failed. Reports a defect."""
    why = report(error, merchant=merchant) if is_unexpected(error) else loggable(error)
    what = Words("the watch could not look at everything", "die Überwachung konnte nicht alles prüfen", why)
    remedy = Words(
        "The log of watch has the error. If it lasts, report it as a defect.",
        "Das Log von watch hat den Fehler. Bleibt er, bitte melden.",
    )
    return Trouble(merchant, TroubleKind.NOT_WATCHED, what, remedy)


def all_paused(pause: Pause) -> Trouble:
    what = Words(
        f"all merchants have been paused since {in_utc(pause.since)}, by {pause.by}: nothing is processed",
        f"alle Händler sind seit {in_utc(pause.since)} pausiert, von {pause.by}: Nichts wird verarbeitet",
    )
    remedy = Words("`orderbridge merchants resume --all` ends it.", "`orderbridge merchants resume --all` beendet das.")
    return Trouble(EVERYBODY, TroubleKind.ALL_PAUSED, what, remedy)


def vanished(merchant: str, ledger: Ledger) -> Trouble | None:
    """Orders of a merchant without settings are stuck, because no job is started for them."""
    orders = Few()
    for order in islice(ledger.open_orders(merchant), _COUNTED):
        orders.add(order)
    for order in islice(ledger.quarantined_orders(merchant), _COUNTED):
        orders.add(order)
    if not orders.count:
        return None
    counted = "1 order is" if orders.count == 1 else f"{orders.count} orders are"
    german = "1 Auftrag ist" if orders.count == 1 else f"{orders.count} Aufträge sind"
    least, mindestens = ("at least ", "mindestens ") if orders.count >= _COUNTED else ("", "")
    what = Words(
        f"there are no settings any more, and {least}{counted} open: {orders.names()}",
        f"es gibt keine Einstellungen mehr, und {mindestens}{german} offen: {orders.names('de')}",
    )
    remedy = Words(
        "Add the merchant again until the orders are through: nothing is done for them.",
        "Den Händler wieder anlegen, bis die Aufträge fertig sind: Für sie geschieht nichts.",
    )
    return Trouble(merchant, TroubleKind.VANISHED, what, remedy, orders.count)


def notes_of(
    merchants: Collection[str], table: Table, clock: Clock, with_findings: Collection[str] | None = None
) -> dict[str, Notes]:
    """The workers' notes about some merchants, by merchant.

    Args:
        with_findings: those of them who may have findings; by default all.
    """
    drifts = Drifts(table, clock).of_many(merchants)
    habits = habits_of_many(table, merchants)
    refused = RefusedRecords(table, clock).of_many(merchants)
    down = outages_of_many(table, merchants)
    found = Findings(table, clock).of_many(merchants if with_findings is None else with_findings)
    return {
        one: Notes(
            tuple(drifts.get(one, {}).values()),
            habits.get(one, Notes.habits),
            refused.get(one, ()),
            down.get(one, ()),
            found.get(one, Found()),
        )
        for one in merchants
    }


def glance(merchant: str, text: str, expected: Mapping[str, datetime], health: MerchantHealth, now: datetime) -> Glance:
    """What settings and health show.

    Args:
        text: the settings JSON.
        expected: since when each job has been expected. A new, resumed or newly enabled job gets its full time.
    """
    try:
        read = find_settings(merchant, text)
    except SettingsError as error:
        what = Words("", "die Einstellungen sind nicht brauchbar", str(error))
        remedy = Words(
            "Correct the settings with `orderbridge merchants set`.",
            "Die Einstellungen mit `orderbridge merchants set` korrigieren.",
        )
        return Glance(None, expected, [Trouble(merchant, TroubleKind.BROKEN, what, remedy, about="settings")])
    if read.settings.mode == "paused":
        return PAUSED
    jobs = {job: expected.get(job, now) for job in EVERY if read.settings.wants(job)}
    found = []
    if read.unknown:
        keys = ", ".join(read.unknown)
        what = Words(
            f"the settings have unknown keys, which are ignored: {keys}",
            f"die Einstellungen haben unbekannte Schlüssel, die nicht beachtet werden: {keys}",
        )
        remedy = Words(
            "Correct them with `orderbridge merchants set`, or deploy the release that knows the keys.",
            "Mit `orderbridge merchants set` korrigieren, oder das Release aufspielen, das die Schlüssel kennt.",
        )
        found.append(Trouble(merchant, TroubleKind.UNKNOWN_SETTINGS, what, remedy))
    found += _broken(merchant, health.jobs)
    found += _overdue(merchant, jobs, {job.job: job for job in health.jobs}, now)
    return Glance(read.settings, jobs, found)


def look(
    merchant: str,
    settings: MerchantSettings,
    jobs: Mapping[str, datetime],
    notes: Notes,
    table: Table,
    clock: Clock,
    silent_at: datetime | None = None,
    *,
    in_quarantine: bool = True,
) -> Look:
    """A closer look at a merchant who is not paused.

    Args:
        silent_at: the earliest time of a silence; None if not known.
        in_quarantine: whether there may be orders in quarantine.
    """
    now, ledger = clock.now(), Ledger(table, clock)
    orders = OpenOrders(settings.billing, now)
    for order in ledger.open_orders(merchant):
        orders.add(order)
    found: list[Trouble] = []
    if settings.mode != "live":  # a rehearsal imports nothing
        silent_at = None
    elif silent_at is None or silent_at <= now:
        days = Usage(table, clock).days(merchant, (now - HISTORY).date())
        imports = Quiet(days, Activity.IMPORTED, jobs["poll-orders"], now)
        parcels = Quiet(days, Activity.PARCELS, jobs["pull-tracking"], now)
        found += no_orders(merchant, imports)
        found += no_parcels(merchant, parcels, orders.at_warehouse)
        silent_at = None if imports.silence or parcels.silence else min(imports.silent_at, parcels.silent_at)
    found += standing.down(merchant, notes.down, now)
    found += standing.drift(merchant, notes.drifts, now)
    found += orders.troubles(merchant)
    found += standing.unknown_prefix(merchant, settings, notes.habits)
    found += standing.not_written(merchant, notes.refused)
    found += standing.mispicks(merchant, notes.found)
    found += standing.low_stock(merchant, notes.found.low_stock) if settings.stock.tell_low else []
    found += standing.quarantined(merchant, ledger) if in_quarantine else []
    look_at = orders.next_at if silent_at is None else min(orders.next_at, silent_at)
    return Look(found, orders.waiting, orders.oldest_at, look_at, silent_at)


def allowed(job: str) -> timedelta:
    """How long a job may go without success: three turns and half an hour."""
    return 3 * EVERY[job] + timedelta(minutes=30)


def _broken(merchant: str, health: Iterable[JobHealth]) -> list[Trouble]:
    remedy = Words(
        "Correct the credential or setting: `orderbridge merchants check` tries each of them.",
        "Zugangsdaten oder Einstellung korrigieren: `orderbridge merchants check` probiert jede.",
    )
    return [
        Trouble(merchant, TroubleKind.BROKEN, Words(job.job, job.job, job.error), remedy, about=job.job)
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
        longest = span(allowed(job)), span(allowed(job), "de")
        at = in_utc(seen.succeeded_at) if seen.succeeded_at else None
        what = Words(
            f"{job} has not succeeded {f'since {at}' if at else 'ever'}, and should within {longest[0]}",
            f"{job} ist {f'seit {at} nicht' if at else 'noch nie'} gelungen und sollte es binnen {longest[1]}",
            seen.error or "",
        )
        found.append(Trouble(merchant, TroubleKind.JOB_OVERDUE, what, _FAILS if seen.error else _WAITS, about=job))
    return found
