"""Countries and states by code or by name, in many languages and as shops write them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from orderbridge.platform.tables import COUNTRIES, US_STATES
from orderbridge.platform.texts import bare

_STATES: Final = US_STATES.keys() | {"UM"}
_WITH_STATES: Final = frozenset({"US", "CA", "AU"})
_BETWEEN_PARTS: Final = re.compile(r"[(),/;|]|\s[-–]\s|(?<=^[A-Za-z]{2})-")
_LONGEST_CODE: Final = 3


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country given by code or name, or None.

    >>> country_code("de"), country_code("Weißrussland"), country_code("United States (US)"), country_code("Atlantis")
    ('DE', 'BY', 'US', None)
    """
    code = text.strip().upper()
    if code in COUNTRIES or not code:
        return code or None
    from orderbridge.platform.place_names import COUNTRY_NAMES  # noqa: PLC0415  large, and most orders have codes

    return _find(text, COUNTRIES, COUNTRY_NAMES)


def state_code(text: str, country: str = "US") -> str | None:
    """The code of a state or province given by code or name, or None. Those of the United States, Canada and Australia
    are known, where labels have codes.

    >>> state_code("N.Y."), state_code("US-CA"), state_code("Washington, DC"), state_code("Bavaria")
    ('NY', 'CA', 'DC', None)
    >>> state_code("Québec", "CA"), state_code("New South Wales", "AU"), state_code("Bayern", "DE")
    ('QC', 'NSW', None)
    """
    code = text.strip().upper()
    if country == "US" and code in _STATES:
        return code
    if not code or country not in _WITH_STATES:
        return None
    from orderbridge.platform.place_names import COUNTRY_NAMES, STATE_NAMES  # noqa: PLC0415  as above

    names = STATE_NAMES[country]
    parts = _BETWEEN_PARTS.split(text)
    without_country = [part for part in parts if country not in (bare(part).upper(), COUNTRY_NAMES.get(bare(part)))]
    return _find(", ".join(without_country), set(names.values()), names)


def _find(text: str, codes: Collection[str], names: Mapping[str, str]) -> str | None:
    """The code of the whole text, else the one that its parts agree on."""

    def find(part: str) -> str | None:
        plain = bare(part)
        return plain.upper() if plain.upper() in codes else names.get(plain)

    if (found := find(text)) is not None:
        return found
    parts = {part: find(part) for part in _BETWEEN_PARTS.split(text) if bare(part)}
    named = set(parts.values()) - {None}
    # "Korea (North)" is not Korea: a name with a part that is not understood counts only beside a code.
    sure = all(parts.values()) or any(found for part, found in parts.items() if len(bare(part)) <= _LONGEST_CODE)
    return named.pop() if sure and len(named) == 1 else None
