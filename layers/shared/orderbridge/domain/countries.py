"""Countries by code or by name."""

from __future__ import annotations

from orderbridge.domain.tables import COUNTRIES

# Names that people type and no standard lists.
_ALSO = {
    "u.s.a.": "US", "vereinigte staaten von amerika": "US",
    "america": "US", "amerika": "US", "great britain": "GB", "großbritannien": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "northern ireland": "GB", "uk": "GB", "u.k.": "GB", "brd": "DE",
    "bundesrepublik deutschland": "DE", "holland": "NL", "the netherlands": "NL", "tschechische republik": "CZ",
    "turkey": "TR", "korea": "KR", "republic of korea": "KR", "macedonia": "MK", "mazedonien": "MK",
    "swaziland": "SZ", "republic of ireland": "IE", "hongkong": "HK", "macau": "MO", "vatican": "VA", "burma": "MM",
    "ivory coast": "CI", "heard & mcdonald islands": "HM", "el": "GR", "uae": "AE",
}  # fmt: skip


def _fold(name: str) -> str:
    return " ".join(name.casefold().replace(".", " ").replace("-", " ").replace("&", "and").split())


_BY_NAME = {_fold(name): code for code, names in COUNTRIES.items() for name in names}
_BY_NAME |= {_fold(name): code for name, code in _ALSO.items()}


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country given by code or name, or None.

    >>> country_code("de"), country_code("Deutschland"), country_code("USA"), country_code("Atlantis")
    ('DE', 'DE', 'US', None)
    """
    code = text.strip().upper()
    return code if code in COUNTRIES else _BY_NAME.get(_fold(text))
