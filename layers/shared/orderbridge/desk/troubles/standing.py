"""The troubles of a merchant by what workers have noted, and by what is in quarantine."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.desk.troubles.trouble import Trouble, TroubleKind
from orderbridge.desk.wording import Words, in_utc, listed
from orderbridge.ledger.order_number import Habits, Numbering

if TYPE_CHECKING:
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.merchants.breaker import Outage
    from orderbridge.merchants.drift import Drift
    from orderbridge.merchants.findings import Found, LowStock
    from orderbridge.merchants.refused_records import RefusedRecord
    from orderbridge.merchants.settings import MerchantSettings

DOWN_FOR: Final = timedelta(minutes=5)
"""How long a vendor may go without an answer."""
DRIFT_TOLD_FOR: Final = timedelta(days=3)
"""How long undocumented content is a trouble, from when it was first noticed."""
_READ: Final = 200
"""For how many orders in quarantine the error is named."""


def down(merchant: str, down: Iterable[Outage], now: datetime) -> list[Trouble]:
    """A vendor that does not answer for a short time is no trouble."""
    return [
        Trouble(
            merchant,
            TroubleKind.VENDOR_DOWN,
            Words(
                f"{outage.name} has not answered since {in_utc(outage.since)} ({outage.error})",
                f"{outage.german_name} antwortet seit {in_utc(outage.since)} nicht ({outage.error})",
            ),
            Words(
                "Ask the vendor. When it answers again, everything that waits continues by itself within minutes.",
                "Den Anbieter fragen. Antwortet er wieder, geht alles Wartende binnen Minuten von selbst weiter.",
            ),
            about=outage.vendor,
        )
        for outage in down
        if now - outage.since > DOWN_FOR
    ]


def drift(merchant: str, drifts: Iterable[Drift], now: datetime) -> list[Trouble]:
    """One trouble for all undocumented content of a vendor. It ends by itself, because it is known by then."""
    by_vendor: dict[str, list[str]] = {}
    for name in sorted(one.name for one in drifts if now - one.since <= DRIFT_TOLD_FOR):
        by_vendor.setdefault(name.split()[0], []).append(name)
    remedy = Words(
        "Nothing is lost: unknown fields are ignored. Ask the vendor what it means, and tell the maintainers.",
        "Nichts ist verloren: Unbekannte Felder werden nicht beachtet. Den Anbieter fragen, was sie bedeuten, und es "
        "den Betreuern sagen.",
    )
    return [
        Trouble(
            merchant,
            TroubleKind.DRIFT,
            Words(
                f"answers hold undocumented content: {listed(names)}",
                f"Antworten enthalten Undokumentiertes: {listed(names, language='de')}",
            ),
            remedy,
            len(names),
            vendor,
        )
        for vendor, names in by_vendor.items()
    ]


def unknown_prefix(merchant: str, settings: MerchantSettings, habits: Habits) -> list[Trouble]:
    prefix = settings.bibi.order_prefix
    if not habits.writes or not Numbering(prefix).is_unset(habits):
        return []
    set_to = f"is set to {prefix}" if prefix else "is not set"
    german = f"ist auf {prefix} gesetzt" if prefix else "ist nicht gesetzt"
    what = Words(
        f"the warehouse writes {habits.writes} before order numbers ({habits.example}), and bibi.order_prefix {set_to}",
        f"das Lager schreibt {habits.writes} vor Auftragsnummern ({habits.example}), und bibi.order_prefix {german}",
    )
    setting = f'"bibi": {{"order_prefix": "{habits.writes}"}}'
    remedy = Words(
        f"Set {setting}: until then no parcel of these orders is posted.",
        f"{setting} setzen: Bis dahin wird kein Paket dieser Aufträge gemeldet.",
    )
    return [Trouble(merchant, TroubleKind.UNKNOWN_PREFIX, what, remedy, about=habits.writes)]


def not_written(merchant: str, refused: Collection[RefusedRecord]) -> list[Trouble]:
    """One trouble for refused records, and one for each kind of error of an import."""
    by_error: dict[str, list[str]] = {}
    for one in refused:
        by_error.setdefault(one.error, []).append(str(one.billbee_id))
    remedy = Words(
        "Look at the order in Billbee for something unusual; the log has the error. Report it as a defect.",
        "Den Auftrag in Billbee auf Ungewöhnliches prüfen; das Log hat den Fehler. Bitte melden.",
    )
    return [
        Trouble(
            merchant,
            TroubleKind.NOT_WRITTEN,
            Words(
                f"the import of {listed(orders)} met {error}: nothing is done for them",
                f"der Import von {listed(orders, language='de')} traf auf {error}: Für sie geschieht nichts",
            )
            if error
            else Words(
                f"the table does not take the record of {listed(orders)}: nothing is done for them",
                f"die Tabelle nimmt den Eintrag von {listed(orders, language='de')} nicht: Für sie geschieht nichts",
            ),
            remedy,
            len(orders),
            error,
        )
        for error, orders in by_error.items()
    ]


def mispicks(merchant: str, found: Found) -> list[Trouble]:
    """One trouble for each order, so that each is told (R46)."""
    remedy = Words(
        "Ask the warehouse what it packed. If it is right, correct the products' weights in Billbee.",
        "Das Lager fragen, was es gepackt hat. Stimmt es, die Gewichte der Artikel in Billbee korrigieren.",
    )
    orders = [(str(one.billbee_id), one.what) for one in found.mispicks]
    return [
        Trouble(merchant, TroubleKind.MISPICK, Words(order, order, what), remedy, about=order) for order, what in orders
    ]


def low_stock(merchant: str, low: LowStock) -> list[Trouble]:
    """One trouble for products of which orders wait, and one for those that run low (R45)."""
    found = [
        (
            TroubleKind.OUT_OF_STOCK,
            low.waiting,
            low.worst_waiting,
            Words("out of stock with orders waiting", "ausverkauft, und Aufträge warten"),
        ),
        (TroubleKind.LOW_STOCK, low.low, low.worst_low, Words("low", "knapp")),
    ]
    remedy = Words(
        f"Have goods sent to the warehouse; `orderbridge stock low --merchant {merchant}` lists all.",
        f"Ware ans Lager senden lassen; `orderbridge stock low --merchant {merchant}` nennt alle.",
    )
    return [
        Trouble(
            merchant,
            kind,
            Words(
                f"{count} {'SKU is' if count == 1 else 'SKUs are'} {what.english}",
                f"{count} {'SKU ist' if count == 1 else 'SKUs sind'} {what.german}",
                "; ".join(worst),
            ),
            remedy,
            count,
        )
        for kind, count, worst, what in found
        if count
    ]


def quarantined(merchant: str, ledger: Ledger) -> list[Trouble]:
    """One trouble for each kind of error, with the orders that met it."""
    quarantined = [order.billbee_id for order in ledger.quarantined_orders(merchant)]
    records = ledger.get_many(merchant, quarantined[:_READ])
    by_error: dict[str, list[str]] = {}
    for record in (records[billbee_id] for billbee_id in quarantined[:_READ] if billbee_id in records):
        if record.defect is not None and record.is_quarantined:  # the index lags
            by_error.setdefault(record.defect.what, []).append(str(record.billbee_id))
    remedy = Words(
        "Report the error as a defect. Once it is fixed: `orderbridge order retry`, with a number or --quarantined.",
        "Den Fehler melden. Nach der Behebung: `orderbridge order retry`, mit einer Nummer oder --quarantined.",
    )
    return [
        Trouble(
            merchant,
            TroubleKind.QUARANTINED,
            Words(
                f"quarantined after {what}: {listed(orders)}",
                f"in Quarantäne nach {what}: {listed(orders, language='de')}",
            ),
            remedy,
            len(orders),
            what,
        )
        for what, orders in by_error.items()
    ]
