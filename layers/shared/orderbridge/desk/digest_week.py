"""What the digest says on Mondays: the week's figures, beside those of the week before (R43)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from orderbridge.desk.digest_report import Section
from orderbridge.figures.figures import Figures

DAYS: Final = 7
_REASONS: Final = 3


@dataclass(frozen=True)
class Week:
    """Seven days, and the seven before."""

    figures: Figures
    before: Figures


def ends_a_week(day: date) -> bool:
    """Whether the digest of a day is sent on a Monday."""
    return day.isoweekday() == DAYS


def week_section(week: Week, last_day: date, *, german: bool) -> Section:
    """The section of the week. In brackets stands the week before."""
    first = last_day - timedelta(days=DAYS - 1)
    if german:
        title = f"Die Woche vom {first:%d.%m.} bis {last_day:%d.%m.%Y} (Vorwoche)"
    else:
        title = f"The week from {first:%Y-%m-%d} to {last_day:%Y-%m-%d} (the week before)"
    return Section(title, entries=tuple(_lines(week.figures, week.before, german=german)))


def _lines(now: Figures, before: Figures, *, german: bool) -> Iterator[str]:
    for words, count, earlier in (
        (("Imported", "Importiert"), now.imported, before.imported),
        (("Shipped", "Versandt"), now.shipped, before.shipped),
        (("Cancelled", "Storniert"), now.cancelled, before.cancelled),
        (("Returns", "Retouren"), now.returns, before.returns),
    ):
        yield f"{words[german]}: {count} ({earlier})"
    reasons = ", ".join(f"{code} {count}" for code, count in list(now.rejected_by_code.items())[:_REASONS])
    rejected = f"{'Abgelehnt' if german else 'Rejected'}: {now.rejected} ({before.rejected})"
    yield f"{rejected}: {reasons}" if reasons else rejected
    if now.to_shipped.count:
        median, most = _days(now.to_shipped.median), _days(now.to_shipped.ninth_decile)
        earlier_median = _days(before.to_shipped.median)
        if german:
            yield f"Von der Zahlung bis zum Versand: im Mittel {median} Tage ({earlier_median}), 9 von 10 in {most}"
        else:
            yield f"From payment to shipment: {median} days in the middle ({earlier_median}), 9 of 10 within {most}"
    if now.share_on_time is not None:
        yield f"{'Pünktlich' if german else 'On time'}: {_share(now.share_on_time)} ({_share(before.share_on_time)})"
    if now.cost_per_order is not None:
        cost = "Versandkosten je Auftrag" if german else "Cost of shipping per order"
        yield f"{cost}: {now.cost_per_order} USD ({_or_dash(before.cost_per_order)})"


def _days(took: timedelta | None) -> str:
    return "–" if took is None else f"{took / timedelta(days=1):.1f}"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _or_dash(amount: Decimal | None) -> str:
    return "–" if amount is None else str(amount)
