"""What the libraries say of countries, states and currencies, as plain Python values. One function for each table."""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pycountry
from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from babel.numbers import get_currency_precision

from orderbridge.platform.texts import bare
from reference import typed
from reference.address_data import address_data, has_us_postcodes

_NOT_IN_ISO: Final = {"XK": "XKX"}
"""Kosovo has no code in ISO 3166-1; CLDR, the EU and carriers use these, which ISO leaves to its users."""
_LANGUAGES: Final = (
    *("en", "de", "fr", "es", "it", "nl", "pt", "pl", "da", "sv", "nb", "fi", "cs", "sk", "hu", "ro", "bg", "hr", "sl"),
    *("el", "et", "lv", "lt", "tr", "ru", "uk", "ar", "he", "ja", "zh", "zh_Hant", "ko"),
)
"""The languages of the shops, those that merchants use most first: where two have one word for two countries, the
first decides.
"""
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
"""How people write them where a keyboard or a system has none."""
_LETTERS: Final = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Letters that Unicode does not take apart into a plain one and an accent."""
_NO_MONEY: Final = frozenset(
    "XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX".split()  # noqa: SIM905
)
"""Codes of ISO 4217 for metals, units of account and tests, in which no order is paid."""


def country_codes() -> list[str]:
    """ISO 3166-1 alpha-2, and Kosovo."""
    return sorted({country.alpha_2 for country in pycountry.countries} | _NOT_IN_ISO.keys())


def country_names() -> dict[str, str]:
    """Alpha-2 codes by alpha-3 code and by name, bare of signs and spaces (``texts.bare``): the names of ISO and CLDR
    in many languages, and what people type.
    """
    found = _Names()
    for code in country_codes():
        found.add(code, [_alpha_3(code)])
    for code, names in typed.COUNTRIES.items():
        found.add(code, names.split(";"))
    for code in country_codes():
        found.add(code, [*_iso_names(code), *_cldr_names(code, get_official_languages(code, de_facto=True))])
    for language in _LANGUAGES:
        for code in country_codes():
            found.add(code, [*_cldr_names(code, [language]), *_translated("iso3166-1", _iso_names(code), language)])
        for part, code in typed.PARTS.items():
            found.add(code, [part, *_cldr_names(part, [language])])
    return found.sorted()


def states(country: str) -> dict[str, str]:
    """Names by code of all that stands as a state in an address of this country."""
    data = address_data(country)
    return dict(zip(data["sub_keys"].split("~"), data["sub_names"].split("~"), strict=True))


def state_names(country: str) -> dict[str, str]:
    """Codes by name, bare of signs and spaces: in English, in other languages, and what people type."""
    found = _Names()
    named = states(country)
    for code, name in named.items():
        found.add(code, [name])
    for code, names in typed.STATES[country].items():
        found.add(code, names.split(";"))
    for language in _LANGUAGES:
        for code, name in named.items():
            found.add(code, _translated("iso3166-2", [name], language))
            if country == "US" and code in us_territories():
                found.add(code, _cldr_names(code, [language]))
    return found.sorted()


def us_territories() -> list[str]:
    """Territories of the United States that have a country code of ISO 3166-1 and stand as a state in addresses."""
    areas = (one for one in pycountry.subdivisions if one.country_code == "US" and one.type == "Outlying area")
    return sorted({area.code.removeprefix("US-") for area in areas} & states("US").keys())


def us_associated() -> list[str]:
    """Countries of their own whose mail the United States deliver, so that they stand as states in addresses too."""
    candidates = states("US").keys() & set(country_codes()) - {*us_territories()}
    return sorted(code for code in candidates if has_us_postcodes(address_data(code)))


def currencies() -> list[str]:
    """The ISO 4217 codes of what money is paid in."""
    return sorted({currency.alpha_3 for currency in pycountry.currencies} - _NO_MONEY)


def currency_digits() -> dict[str, int]:
    """How many decimals the amounts of a currency have, where it is not two."""
    digits = {code: get_currency_precision(code) for code in currencies()}
    return {code: many for code, many in digits.items() if many != 2}


class _Names:
    """Codes by bare name. A name keeps the code that it was added with first."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def add(self, code: str, names: Iterable[str]) -> None:
        for name in names:
            for written in (name, name.casefold().translate(_UMLAUTS), name.casefold().translate(_LETTERS)):
                if len(plain := bare(written)) > 1:
                    self._codes.setdefault(plain, code)

    def sorted(self) -> dict[str, str]:
        return dict(sorted(self._codes.items()))


def _alpha_3(code: str) -> str:
    country = pycountry.countries.get(alpha_2=code)
    return str(country.alpha_3) if country else _NOT_IN_ISO[code]


def _iso_names(code: str) -> list[str]:
    country = pycountry.countries.get(alpha_2=code)
    return [name for kind in ("name", "common_name", "official_name") if (name := getattr(country, kind, ""))]


def _cldr_names(code: str, languages: Iterable[str]) -> Iterator[str]:
    for language in languages:
        try:
            names = Locale.parse(language).territories
        except UnknownLocaleError:  # CLDR knows the language, but has no words of it
            continue
        if code in names:
            yield names[code]


def _translated(domain: str, names: Iterable[str], language: str) -> list[str]:
    folder = Path(pycountry.__file__).parent / "locales"
    translation = gettext.translation(domain, folder, [language], fallback=True)
    return [translation.gettext(name) for name in names]
