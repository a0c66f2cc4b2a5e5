"""The daily digests as pages. SNS sends text only, so whoever wants to read them laid out reads them here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from orderbridge.desk.board.layout import merchant_chooser, page, quiet, url
from orderbridge.desk.board.markup import Markup, el

if TYPE_CHECKING:
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.shops import Shop
    from orderbridge.desk.digest_report import Report, Section


def digests_page(say: Reader, digests: Mapping[str, Sequence[date]], shops: Sequence[Shop], chosen: str | None) -> str:
    """The digests of the last weeks. ``digests``: their days by merchant, the latest first."""
    lists = [
        el(
            "section",
            el("h2", merchant),
            el("ul", [el("li", el("a", say.day(day, year=True), href=digest_url(merchant, day))) for day in days]),
            class_="panel",
        )
        for merchant, days in digests.items()
        if days
    ]
    nothing = el("div", quiet(say("There are none.")), class_="panel")
    return page(say, say("Digests"), merchant_chooser(say, shops, chosen), lists or nothing)


def digest_page(say: Reader, merchant: str, report: Report) -> str:
    """One digest, in the language in which it was sent."""
    counts = el("ul", [el("li", line) for line in report.counts])
    return page(
        say,
        report.title,
        el("section", counts, class_="panel"),
        [_section(one) for one in report.sections],
        el("p", el("a", say("All digests"), href=url("/digests", merchant=merchant))),
    )


def day_of(text: str) -> date | None:
    """A day as `digest_url` writes it; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if f"{day}" == text else None


def digest_url(merchant: str, day: date) -> str:
    return f"/digests/{quote(merchant, safe='')}/{day}"


def _section(section: Section) -> Markup:
    entries = el("ul", [el("li", entry) for entry in section.entries]) if section.entries else None
    more = quiet(section.more) if section.more else None
    return el("section", el("h2", section.heading), entries, more, class_="panel")
