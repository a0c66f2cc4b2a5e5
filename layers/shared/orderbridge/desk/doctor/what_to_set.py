"""Proposes values for settings that name an entry that a vendor's list does not have."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from orderbridge.desk.wording import listed

SHOWN: Final = 6
"""How many entries of a list are proposed, the nearest first."""
_SURE: Final = 0.8
"""How similar two names must be for one to be proposed as the right one."""
_LONGEST: Final = 60


def setting(*keys: str, value: object) -> str:
    """A part of the settings in its notation.

    >>> setting("bibi", "ship_methods", "DHL Paket", value="84")
    '"bibi": {"ship_methods": {"DHL Paket": "84"}}'
    """
    text = json.dumps(value, ensure_ascii=False)
    for key in reversed(keys):
        text = f"{{{json.dumps(key, ensure_ascii=False)}: {text}}}"
    return text[1:-1]


def proposal(*keys: str, near: Sequence[str], names: Mapping[str, str], number: bool = False) -> str:
    """What to set, with the most similar entries of the list.

    Args:
        keys: of the setting.
        near: what is known of the intended entry: the code that was set, a name.
        names: the list, names by code.
        number: whether the setting is a number.

    >>> proposal("bibi", "pay_method", near=["pp"], names={"VI": "Visa", "PP": "Pre-Paid"})
    'set "bibi": {"pay_method": "PP"} for Pre-Paid; the others are VI Visa'
    >>> proposal("bibi", "pay_method", near=["XX"], names={"VI": "Visa", "PP": "Pre-Paid"})
    'set "bibi": {"pay_method": "…"} to one of VI Visa, PP Pre-Paid'
    """
    ranked, is_sure = nearest(near, names)
    labels = [entry(code, names[code]) for code in ranked]
    if not is_sure and len(ranked) > 1:
        return f"set {setting(*keys, value='…')} to one of {listed(labels, SHOWN)}"
    others = f"; the others are {listed(labels[1:], SHOWN)}" if labels[1:] else ""
    value = int(ranked[0]) if number else ranked[0]
    return f"set {setting(*keys, value=value)} for {names[ranked[0]][:_LONGEST]}{others}"


def nearest(near: Sequence[str], names: Mapping[str, str]) -> tuple[list[str], bool]:
    """The codes of a list, the most similar first, and whether the first is very likely the intended one.

    >>> nearest(["Grund"], {"UPS Ground": "UPS Ground", "Ground": "Ground"})
    (['Ground', 'UPS Ground'], True)
    """
    ranked = sorted(names, key=lambda code: _likeness(near, code, names[code]), reverse=True)
    return ranked, bool(ranked) and _likeness(near, ranked[0], names[ranked[0]])[1] >= _SURE


def entry(code: str, name: str) -> str:
    """An entry of a list, for people.

    >>> entry("84", "DHL"), entry("R1", "R1")
    ('84 DHL', 'R1')
    """
    return (code if name in (code, "") else f"{code} {name}")[:_LONGEST]


def fold(text: str) -> str:
    """Without regard to case and spaces."""
    return " ".join(text.casefold().split())


def _likeness(near: Sequence[str], code: str, name: str) -> tuple[bool, float]:
    """Whether they share a word, and how similar they are. Codes are similar only if they are equal."""
    best = (False, 0.0)
    for wanted in (fold(one[:_LONGEST]) for one in near):
        if wanted and wanted.lstrip("0") == fold(code).lstrip("0"):
            best = max(best, (True, 1.0))
        if wanted:
            shares = not set(wanted.split()).isdisjoint(fold(name[:_LONGEST]).split())
            best = max(best, (shares, SequenceMatcher(None, wanted, fold(name[:_LONGEST])).ratio()))
    return best
