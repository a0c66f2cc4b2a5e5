"""The troubles of a merchant whose orders or parcels have stopped."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.desk.troubles.silence import find_silence, first_silence
from orderbridge.desk.troubles.trouble import Trouble, TroubleKind
from orderbridge.desk.troubles.watched import some_of
from orderbridge.desk.wording import Words, in_utc, orders_wait
from orderbridge.merchants.activity import Activity

if TYPE_CHECKING:
    from orderbridge.merchants.usage import Day

UNPUNCTUAL: Final = {Activity.IMPORTED: timedelta(hours=2), Activity.PARCELS: timedelta(hours=4)}
"""How much earlier or later than in other weeks orders and parcels may come."""
_SILENCE_AHEAD: Final = timedelta(hours=6)
"""How far ahead a silence is ruled out at most."""


class Quiet:
    """Since when something has not happened, and whether that is a silence.

    Attributes:
        silent_at: the earliest time of a silence.
    """

    def __init__(self, days: Collection[Day], activity: Activity, active_since: datetime, now: datetime) -> None:
        counts = {
            datetime(day.date.year, day.date.month, day.date.day, hour, tzinfo=UTC): count
            for day in days
            for hour, count in day.hours.get(activity, {}).items()
        }
        late = UNPUNCTUAL[activity]
        self.since = max([active_since, *(day.last[activity] for day in days if activity in day.last)])
        self.silence = find_silence(counts, quiet_since=self.since, now=now, unpunctual=late)
        until = now + some_of(_SILENCE_AHEAD)
        first = first_silence(counts, quiet_since=self.since, now=now, unpunctual=late, until=until)
        self.silent_at = min(first, until)


def no_orders(merchant: str, imports: Quiet) -> list[Trouble]:
    """The trouble of a merchant whose orders have stopped."""
    if imports.silence is None:
        return []
    usual = imports.silence.usual
    what = Words(
        f"no order imported since {in_utc(imports.since)}; there usually are {usual} or more in such a time",
        f"seit {in_utc(imports.since)} kein Auftrag importiert; in solcher Zeit sind es sonst mindestens {usual}",
    )
    remedy = Words(
        "Look in Billbee whether paid orders have the order tag; `orderbridge order why` explains a single one.",
        "In Billbee nachsehen, ob bezahlte Aufträge das Auftrags-Tag haben; einen einzelnen erklärt "
        "`orderbridge order why`.",
    )
    return [Trouble(merchant, TroubleKind.ORDERS_SILENT, what, remedy)]


def no_parcels(merchant: str, parcels: Quiet, waiting: int) -> list[Trouble]:
    """The trouble of a merchant whose parcels have stopped, though orders wait at the warehouse."""
    if parcels.silence is None or not waiting:
        return []
    usual = parcels.silence.usual
    what = Words(
        f"no parcel since {in_utc(parcels.since)}, though {orders_wait(waiting)} at the warehouse; "
        f"there usually are {usual} parcels or more in such a time",
        f"seit {in_utc(parcels.since)} kein Paket; im Lager: {orders_wait(waiting, 'de')}; "
        f"in solcher Zeit sind es sonst mindestens {usual} Pakete",
    )
    remedy = Words(
        "Ask the warehouse whether it ships; `orderbridge order show` says what it last reported of an order.",
        "Das Lager fragen, ob es versendet; was es zuletzt von einem Auftrag meldete, sagt `orderbridge order show`.",
    )
    return [Trouble(merchant, TroubleKind.TRACKING_SILENT, what, remedy)]
