"""Who reads a page: in which language and time zone, and what was asked for. All words, times and numbers of the pages
go through it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.texts import GERMAN, MONTHS
from orderbridge.desk.wording import Words

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Language

LANGUAGES: Final[Mapping[Language, str]] = {"en": "English", "de": "Deutsch"}
ZONE: Final = "Europe/Berlin"
"""The zone of a reader who has not chosen another."""
ZONES: Final = (ZONE, "UTC", "Europe/London", "America/New_York", "America/Chicago", "America/Los_Angeles")
"""Those that a page offers. An address may name any other, too."""
_LANGUAGE: Final = "lang"
_ZONE_COOKIE: Final = "zone"
_REMEMBERED: Final = 365 * 24 * 3600
_LONGEST_ZONE: Final = 40
_ZONE_NAME: Final = re.compile(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Reader:
    """One request for a page.

    Attributes:
        now: the moment that the page shows.
        path: the page's own path.
        query: what was asked for in the address, by name.
        signed_in: who has signed in here; empty if they were let in by others.
        chosen: what the reader has just chosen, to be remembered: cookies.
    """

    now: datetime
    language: Language = "en"
    zone: str = ZONE
    path: str = "/"
    query: Mapping[str, str] = field(default_factory=dict)
    chosen: Sequence[Cookie] = ()
    signed_in: str = ""

    def __call__(self, text: str, /, **values: object) -> str:
        """A text of the board in the reader's language; ``{name}`` stands for a value."""
        said = GERMAN[text] if self.language == "de" else text
        return said.format(**values) if values else said

    def count(self, number: int, one: str, many: str) -> str:
        """``one`` or ``many``, each with ``{n}`` for the number."""
        return self(one if number == 1 else many, n=self.number(number))

    def noted(self, text: Words | str, language: Language = "en") -> Content:
        """A text from elsewhere than the board's own. If it is in another language than the page, it says so.

        Args:
            language: in which a text was noted that exists in one language only.
        """
        if isinstance(text, Words):
            if self.language == "de" and text.german:
                return (f"{text.german}: ", self.noted(text.noted)) if text.noted else text.german
            text = text.say()
        return text if self.language == language or not text else el("span", text, lang=language)

    # ---- Numbers

    def number(self, number: float | Decimal, decimals: int = 0) -> str:
        text = f"{number:,.{decimals}f}"
        return text if self.language == "en" else text.translate(str.maketrans(",.", ".,"))

    def percent(self, share: float) -> str:
        """A share of 1 as a percentage. Only a whole is 100 %."""
        shown = min(share, 0.999) if share < 1 else share
        return f"{self.number(shown * 100, 1)} %" if self.language == "de" else f"{self.number(shown * 100, 1)}%"

    def money(self, dollars: Decimal) -> str:
        return f"{self.number(dollars, 2)} USD"

    # ---- Times

    @property
    def today(self) -> date:
        return self.local(self.now).date()

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone))

    def brief(self, moment: datetime | None) -> Markup | None:
        """A time, as short as possible: only the hour for today, otherwise with the day."""
        if moment is None:
            return None
        local = self.local(moment)
        clock = f"{local:%H:%M}"
        return _time(moment, clock if local.date() == self.today else f"{self.day(local.date())}, {clock}")

    def exact(self, moment: datetime) -> Markup:
        """A time to the second."""
        local = self.local(moment)
        return _time(moment, f"{self.day(local.date(), year=True)}, {local:%H:%M:%S}")

    def day(self, day: date, *, year: bool = False) -> str:
        """A day, with its year if that is not this one."""
        month = MONTHS[self.language][day.month - 1]
        number = f"{day.day}." if self.language == "de" else str(day.day)
        return f"{number} {month} {day.year}" if year or day.year != self.today.year else f"{number} {month}"

    def span(self, length: timedelta) -> str:
        """A length of time in its largest unit, e.g. ``"45 minutes"``, ``"3 days"``."""
        minutes = max(0, int(length / timedelta(minutes=1)))
        if minutes >= 2 * 24 * 60:
            return self.count(minutes // (24 * 60), "{n} day", "{n} days")
        if minutes >= 2 * 60:
            return self.count(minutes // 60, "{n} hour", "{n} hours")
        return self.count(minutes, "{n} minute", "{n} minutes")

    def short(self, length: timedelta) -> str:
        """The same where there is little room, e.g. ``"45 min"``, ``"3 d"``."""
        minutes = max(0, int(length / timedelta(minutes=1)))
        if minutes >= 2 * 24 * 60:
            return self("{n} d", n=self.number(minutes // (24 * 60)))
        return self("{n} h", n=minutes // 60) if minutes >= 2 * 60 else self("{n} min", n=minutes)

    def age(self, since: datetime) -> str:
        return self.span(self.now - since)

    # ---- Addresses

    def here(self, **changed: str | None) -> str:
        """The address of this page with other values; None leaves one out."""
        asked = {name: value for name, value in {**self.query, **changed}.items() if value}
        return f"{self.path}?{urlencode(asked)}" if asked else self.path


def reader(now: datetime, path: str, query: Mapping[str, str], cookies: Iterable[str], accepts: str) -> Reader:
    """Who asks: language and zone are those of the address, or else the remembered ones, or else what the browser
    prefers.

    Args:
        cookies: each as ``name=value``.
        accepts: the header ``Accept-Language``.
    """
    kept = dict(cookie.split("=", 1) for cookie in cookies if "=" in cookie)
    language = _language(query.get("lang")) or _language(kept.get(_LANGUAGE)) or _preferred(accepts)
    zone = _zone(query.get("zone")) or _zone(kept.get(_ZONE_COOKIE)) or ZONE
    chosen = []
    if _language(query.get("lang")):
        chosen.append(_cookie(_LANGUAGE, language))
    if _zone(query.get("zone")):
        chosen.append(_cookie(_ZONE_COOKIE, zone))
    asked = {name: value for name, value in query.items() if name not in (_LANGUAGE, _ZONE_COOKIE)}
    return Reader(now, language, zone, path, asked, chosen)


def _cookie(name: str, value: str) -> Cookie:
    return Cookie(name, value, path="/", same_site=SameSite.LAX_MODE, max_age=_REMEMBERED, secure=False)


def _language(text: str | None) -> Language | None:
    return next((one for one in LANGUAGES if one == text), None)


def _preferred(accepts: str) -> Language:
    """The first language of the header that the board speaks; browsers list the preferred ones first."""
    for part in accepts.split(","):
        if found := _language(part.partition(";")[0].strip().lower()[:2]):
            return found
    return "en"


def _zone(text: str | None) -> str | None:
    if not text or len(text) > _LONGEST_ZONE or not _ZONE_NAME.fullmatch(text):
        return None
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _time(moment: datetime, text: str) -> Markup:
    return el("time", text, datetime=f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
