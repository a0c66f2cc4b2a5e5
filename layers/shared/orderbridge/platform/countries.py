"""Countries and US states by code or by name; states as in USPS Publication 28, appendix B."""

from __future__ import annotations

from orderbridge.platform.tables import COUNTRIES, US_STATES

# Names that people type and that no standard has.
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

_STATE_CODES = US_STATES.keys() | {"UM"}
# Names that people type and that the table does not have.
_ALSO_STATES = {
    "armed forces americas": "AA", "armed forces europe": "AE", "armed forces pacific": "AP",
    "federated states of micronesia": "FM", "us minor outlying islands": "UM",
    "washington dc": "DC", "washington d c": "DC", "d c": "DC", "us virgin islands": "VI", "u s virgin islands": "VI",
    "california state": "CA", "new york state": "NY", "washington state": "WA",
}  # fmt: skip
_STATE_BY_NAME = {name.casefold(): code for code, name in US_STATES.items()} | _ALSO_STATES


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country given by code or name, or None.

    >>> country_code("de"), country_code("Deutschland"), country_code("USA"), country_code("Atlantis")
    ('DE', 'DE', 'US', None)
    """
    code = text.strip().upper()
    return code if code in COUNTRIES else _BY_NAME.get(_fold(text))


def state_code(state: str) -> str | None:
    """The two-letter code of a US state given by code or name, or None.

    >>> state_code("California"), state_code(" ca "), state_code("US-CA"), state_code("Bavaria")
    ('CA', 'CA', 'CA', None)
    """
    text = " ".join(state.replace(".", " ").split())
    code = text.upper().removeprefix("US-")
    return code if code in _STATE_CODES else _STATE_BY_NAME.get(text.casefold())
