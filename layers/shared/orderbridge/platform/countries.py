"""Countries and states by code or by name, in many languages and as shops write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Final

from orderbridge.platform.tables import COUNTRIES, US_STATES
from orderbridge.platform.texts import bare

_STATES: Final = US_STATES.keys() | {"UM"}
_WITH_STATES: Final = frozenset({"US", "CA", "AU"})
_BETWEEN_PARTS: Final = re.compile(r"[(),/;|]|\s[-–]\s|(?<=^[A-Za-z]{2})-")
_LONGEST_CODE: Final = 3
_INVERTED: Final = re.compile(
    r"([^,(]+)[,(]([^,()]+\b(?:of|de|du|della|di|van|von)(?:\s+(?:the|der))?|[^,()]*(?:republi[ckq]|repúbli|république)\w*)"
    r"\s*\)?\s*",
    re.IGNORECASE,
)
"""A name in front of the form of state that belongs before it. "Korea (North)" is none: that is not guessed."""
_FORM: Final = (
    r"(?:the\s+)?(?:federal\s+)?(?:republic|rep|republik|republiek|république|república|repubblica|kingdom|königreich"
    r"|koninkrijk|royaume|reino|regno|principality|fürstentum|principauté|principado|sultanate|emirate|commonwealth"
    r"|grand\s+duchy)\b\.?"
)
"""What a state may call itself before or behind its name."""
_OF: Final = r"\s+(?:of|de|du|della|di|van)(?:\s+the)?"
_OFFICIAL: Final = re.compile(
    rf"{_FORM}(?:{_OF})?\s+(?P<name>\w.*)|(?P<inverted>.*?\w)\s*[,(]\s*{_FORM}(?:{_OF})?\s*\)?", re.IGNORECASE
)
_SHORT: Final = {r"\brep\b\.?": "Republic", r"\bdem\b\.?": "Democratic"}
_NAMESAKES: Final = frozenset({"CD", "CG", "CN", "DM", "DO", "KP", "KR", "TW"})
"""Countries that only the form of state tells apart from another: "China, Republic of" is Taiwan."""
_MILITARY: Final = re.compile(r"\b[AFD]\.?P\.?O\b\.?", re.IGNORECASE)
"""Post offices of the armed forces, which stand before or behind the state: ``APO AE``."""


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country given by code or name, or None.

    >>> country_code("de"), country_code("Weißrussland"), country_code("United States (US)"), country_code("Atlantis")
    ('DE', 'BY', 'US', None)
    """
    code = text.strip().upper()
    if not code or (code in COUNTRIES and text.isascii()):
        return code or None
    from orderbridge.platform.place_names import COUNTRY_NAMES  # noqa: PLC0415  large, and most orders have codes

    return _find(text, COUNTRIES, COUNTRY_NAMES) or _find_official(text, COUNTRY_NAMES)


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
    if country == "US":
        text = _MILITARY.sub(" ", text)
    parts = _BETWEEN_PARTS.split(text)
    without_country = [part for part in parts if country not in (bare(part).upper(), COUNTRY_NAMES.get(bare(part)))]
    return _find(", ".join(without_country), set(names.values()), names)


def _find(text: str, codes: Collection[str], names: Mapping[str, str]) -> str | None:
    """The code of the whole text, else the one that its parts agree on."""

    def find(part: str) -> str | None:
        plain = bare(part)
        letters = (one for one in unicodedata.normalize("NFKC", part) if one.isalnum())
        is_code = plain.upper() in codes and all(map(str.isascii, letters))  # "ß" is not SS
        return plain.upper() if is_code else names.get(plain)

    if (found := find(text)) is not None:
        return found
    if (inverted := _INVERTED.fullmatch(text)) and (found := names.get(bare(inverted[2]) + bare(inverted[1]))):
        return found
    parts = {part: find(part) for part in _BETWEEN_PARTS.split(text) if bare(part)}
    named = set(parts.values()) - {None}
    # "Korea (North)" is not Korea: a name with a part that is not understood counts only beside a code.
    sure = all(parts.values()) or any(found for part, found in parts.items() if len(bare(part)) <= _LONGEST_CODE)
    return named.pop() if sure and len(named) == 1 else None


def _find_official(text: str, names: Mapping[str, str]) -> str | None:
    """The code of a country that is given with its form of state, in a form that no standard has.

    >>> country_code("Ireland, Republic of"), country_code("Rep. of Italy"), country_code("Republic of Utopia")
    ('IE', 'IT', None)
    """
    spelled = text
    for short, word in _SHORT.items():
        spelled = re.sub(short, word, spelled, flags=re.IGNORECASE)
    if spelled != text and (known := _find(spelled, (), names)) is not None:
        return known
    official = _OFFICIAL.fullmatch(text.strip())
    found = names.get(bare(official["name"] or official["inverted"])) if official else None
    return found if found not in _NAMESAKES else None
