"""Postcodes as each country writes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from orderbridge.platform.tables import POSTCODES, US_TERRITORIES, US_ZIPS

_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212]")
_SEPARATORS: Final = re.compile(r"[\s.\-_/]|^\W+|\W+$|,(?=\s*[A-Z])")
_CEDEX: Final = re.compile(r"CEDEX\d{0,2}$")
"""French companies have it behind their postcode, which is theirs alone."""


class Rule(NamedTuple):
    """The postcodes of a country.

    Attributes:
        required: whether each address must have one.
        formats: how those with separators are written, with ``#`` for a letter or digit.
        prefixes: what may stand before or behind one and is no part of it: ``D-10115``, ``10001, USA``.
        zeros: with how many zeros one may begin. Spreadsheets lose them.
    """

    pattern: str
    required: bool
    formats: tuple[str, ...]
    prefixes: tuple[str, ...]
    zeros: int
    example: str

    def fits(self, text: str) -> bool:
        return re.fullmatch(self.pattern, text, re.ASCII) is not None

    def write(self, plain: str) -> str | None:
        """Letters and digits as a postcode of this country, or None."""
        for form in self.formats:
            if form.count("#") == len(plain):
                characters = iter(plain)
                written = "".join(next(characters) if place == "#" else place for place in form)
                if self.fits(written):
                    return written
        return plain if self.fits(plain) else None


def postcode_rule(country: str) -> Rule | None:
    """The rule of a country, by ISO 3166-1 alpha-2 code, or None if it has no postcodes."""
    return Rule(*POSTCODES[country]) if country in POSTCODES else None


def only_postcode(country: str) -> str | None:
    """The postcode of a country that has a single one.

    >>> only_postcode("FK"), only_postcode("US")
    ('FIQQ 1ZZ', None)
    """
    rule = postcode_rule(country)
    return rule.example if rule and rule.pattern == rule.example else None


def tidy_postcode(text: str, country: str, state: str = "") -> str | None:
    """The postcode as its country writes it, or None if it is not one of that country. Case, separators, the country
    before or behind it and lost zeros are put right.

    In the United States, zeros are added only where the state has such ZIP codes.

    Args:
        state: the two-letter code of a US state.

    >>> tidy_postcode("k1a0b1", "CA"), tidy_postcode("D-10115", "DE"), tidy_postcode("2134", "US", "MA")
    ('K1A 0B1', '10115', '02134')
    >>> tidy_postcode("2134", "US", "CA"), tidy_postcode("10115", "NL"), tidy_postcode("any", "AE")
    (None, None, 'any')
    """
    rule = postcode_rule(country)
    if rule is None:
        return text
    upper = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).upper()
    plain = _SEPARATORS.sub("", upper)
    written = rule.write(plain)
    if written is not None and written != plain:
        return written
    if rule.fits(upper):
        return upper
    return written or next(filter(None, map(rule.write, _variants(plain, rule, country, state))), None)


def _variants(plain: str, rule: Rule, country: str, state: str) -> Iterator[str]:
    around = [prefix for prefix in (*rule.prefixes, state) if prefix]
    yield from (plain.removeprefix(prefix) for prefix in around if plain.startswith(prefix))
    yield from (plain.removesuffix(suffix) for suffix in around if plain.endswith(suffix))
    yield _CEDEX.sub("", plain)
    yield from (prefix + plain for prefix in rule.prefixes if rule.pattern.startswith(prefix))
    if not plain.isdecimal():
        return
    for zeros in range(1, rule.zeros + 1):
        filled = "0" * zeros + plain
        if country not in {"US", *US_TERRITORIES} or (state in US_ZIPS and re.match(US_ZIPS[state], filled)):
            yield filled
