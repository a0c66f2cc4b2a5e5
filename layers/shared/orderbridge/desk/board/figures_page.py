"""Figures of some weeks as pictures and tables: orders, times, what left on time, costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.desk.board.charts import Bar, Series, bars, lines, stacked_days
from orderbridge.desk.board.layout import choices, page, quiet, table, tile, url
from orderbridge.desk.board.markup import Markup, el
from orderbridge.figures.figures import Figures

if TYPE_CHECKING:
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.shops import Shop

STRETCHES: Final = (14, 30, 90)
"""For how many days figures can be shown."""
USUAL: Final = 30
_METHODS: Final = 8
"""How many ship methods a picture has."""


@dataclass(frozen=True)
class FiguresShown:
    """The figures of the shown merchants.

    Attributes:
        by_day: the oldest first.
        by_merchant: over all these days.
    """

    days: int
    by_day: Mapping[date, Figures]
    by_merchant: Mapping[str, Figures]

    @property
    def total(self) -> Figures:
        return sum(self.by_day.values(), Figures())


def days_asked(text: str) -> int:
    """For how many days an address asks."""
    return next((days for days in STRETCHES if str(days) == text), USUAL)


def figures_page(say: Reader, found: FiguresShown, shops: Sequence[Shop], chosen: str | None) -> str:
    """All that is counted, of the last weeks."""
    total = found.total
    return page(
        say,
        say("Figures of {merchant}", merchant=chosen) if chosen else say("Figures"),
        _choices(say, found.days, shops, chosen),
        el("ul", _tiles(say, total), class_="tiles"),
        el("div", pictures(say, found.by_day), class_="pictures"),
        el("div", _reasons(say, total), class_="pictures") if total.rejected_by_code else None,
        el("section", _merchants(say, found), class_="panel") if len(found.by_merchant) > 1 else None,
        quiet(say("Days are those of UTC. The latest figures are about a minute old.")),
    )


def pictures(say: Reader, by_day: Mapping[date, Figures]) -> list[Markup]:
    """What happened by day, how long it took, what left on time, and what it cost."""
    days = [say.day(day) for day in by_day]
    all_days = list(by_day.values())
    total = sum(all_days, Figures())
    outcomes = [
        Series(say("shipped"), "good", [one.shipped for one in all_days]),
        Series(say("cancelled"), "calm", [one.cancelled for one in all_days]),
        Series(say("rejected"), "bad", [one.rejected for one in all_days]),
    ]
    took = [
        Series(say("median"), "main", [_hours(one.to_shipped.median) for one in all_days]),
        Series(say("9 of 10"), "second", [_hours(one.to_shipped.ninth_decile) for one in all_days]),
    ]
    shares = [Series(say("on time"), "good", [_percent(one.share_on_time) for one in all_days])]
    return [
        stacked_days(say, say("Orders by day"), say("How orders ended, by day."), days, outcomes),
        lines(say, say("From paid to shipped"), say("Half of the orders, and nine of ten, took no longer."), days, took,
              "h", 1),
        lines(say, say("Share on time"), say("Of the shipped orders with a promise, by day."), days, shares, "%", 1,
              top=100),
        _costs(say, total),
    ]  # fmt: skip


def _hours(took: timedelta | None) -> float | None:
    return None if took is None else took / timedelta(hours=1)


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _costs(say: Reader, total: Figures) -> Markup:
    rows = [
        Bar(
            method.method,
            float(method.per_parcel or 0),
            say.number(method.per_parcel or 0, 2),
            more=say.number(method.parcels),
        )
        for method in total.by_method[:_METHODS]
    ]
    return bars(say, say("Cost by ship method"), (say("Ship method"), say("USD a parcel"), say("Parcels")), rows)


def _reasons(say: Reader, total: Figures) -> Markup:
    rows = [Bar(code, count, say.number(count), "bad") for code, count in total.rejected_by_code.items()]
    return bars(say, say("Why orders were rejected"), (say("Code"), say("Orders")), rows)


def _tiles(say: Reader, total: Figures) -> list[Markup]:
    share, median, cost = total.share_on_time, total.to_shipped.median, total.cost_per_order
    ninth = total.to_shipped.ninth_decile
    return [
        tile(say.number(total.shipped), say("shipped orders"),
             say.count(total.parcels, "{n} parcel", "{n} parcels"), None),
        tile(say.short(median) if median else "–", say("from paid to shipped"),
             say("9 of 10 within {span}", span=say.span(ninth)) if ninth else say("There are no figures yet."), None),
        tile(say.percent(share) if share is not None else "–", say("on time"),
             say.count(total.late, "{n} late", "{n} late") if share is not None else say("nothing is promised"), None),
        tile(say.number(cost, 2) if cost is not None else "–", say("USD an order"),
             say.count(total.costed_orders, "{n} order with costs", "{n} orders with costs"), None),
        tile(say.number(total.returns), say("returns"), say.count(total.rejected, "{n} rejected", "{n} rejected"),
             url("/returns")),
    ]  # fmt: skip


def _merchants(say: Reader, found: FiguresShown) -> Markup:
    rows = [
        (
            el("a", merchant, href=say.here(merchant=merchant)),
            _short(say, one),
            say.percent(one.share_on_time) if one.share_on_time is not None else "–",
            say.number(one.imported),
            say.number(one.shipped),
            say.number(one.rejected),
            say.number(one.cancelled),
            say.number(one.returns),
        )
        for merchant, one in sorted(found.by_merchant.items(), key=lambda pair: (-pair[1].shipped, pair[0]))
    ]
    headings = (say("Merchant"), say("Paid to shipped"), say("On time"), say("Imported"), say("Shipped"),
                say("Rejected"), say("Cancelled"), say("Returns"))  # fmt: skip
    return table(say("By merchant"), headings, rows, amounts=7)


def _short(say: Reader, one: Figures) -> str:
    median = one.to_shipped.median
    return say.short(median) if median is not None else "–"


def _choices(say: Reader, days: int, shops: Sequence[Shop], chosen: str | None) -> Markup:
    stretches = [el("option", say("last {n} days", n=one), value=one, selected=one == days) for one in STRETCHES]
    return choices(say, "/figures", say("Days"), "days", stretches, shops, chosen)
