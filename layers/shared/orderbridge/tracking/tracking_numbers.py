"""Tracking numbers in a field that a person or another system has filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orderbridge.platform.texts import without_unseen

_BETWEEN_FIELDS: Final = re.compile(r"[,;|，；、｜\t\r\n\v\f]")
_BETWEEN_NUMBERS: Final = re.compile(r"[/&+:／＆＋：]|\s(?:and|und)\s", re.IGNORECASE)
_NO_NUMBER: Final = re.compile(
    r"[\W0_]+|n\W?a\W?|none|null|nil|nothing|no(\s+tracking)?(\s+number)?|not\s+(available|yet|tracked)|unknown|untracked"
    r"|pending|tb[ad]",
    re.IGNORECASE,
)
"""Texts that mean that there is no tracking number."""
_WHOLE_NUMBER: Final = re.compile(r"(?=.*[0-9])[0-9A-Za-z-]{10,}")
"""No part of a number that is written in groups is so long."""
_IS_LONG: Final = re.compile(r"(?=.*[0-9])[0-9A-Za-z-]{8,}")
"""What stands on both sides of a sign that may be part of a number."""


def split_numbers(text: str) -> list[str]:
    """The tracking numbers of a field.

    >>> split_numbers("1Z1, 1Z2;1Z2"), split_numbers(" n/a "), split_numbers("000")
    (['1Z1', '1Z2'], [], [])
    >>> split_numbers("9400 1118 9922 3456"), split_numbers("1Z999AA10123456784 1Z999AA10123456785")
    (['9400 1118 9922 3456'], ['1Z999AA10123456784', '1Z999AA10123456785'])
    """
    found = (one for field in _BETWEEN_FIELDS.split(without_unseen(text)) for one in _numbers(" ".join(field.split())))
    return list(dict.fromkeys(found))


def _numbers(field: str) -> Iterator[str]:
    if not field or _NO_NUMBER.fullmatch(field):
        return
    parts = [part.strip() for part in _BETWEEN_NUMBERS.split(field)]
    for part in parts if all(_IS_LONG.fullmatch(part.replace(" ", "")) for part in parts) else [field]:
        words = part.split()
        yield from words if len(words) > 1 and all(map(_WHOLE_NUMBER.fullmatch, words)) else [part]
