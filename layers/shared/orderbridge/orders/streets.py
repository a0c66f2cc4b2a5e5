"""Street and house number on one line, in the country's own order (R5)."""

from __future__ import annotations

import re
from typing import Final

from orderbridge.platform.tables import STREET_ORDERS


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_UNITS: Final = _set(
    """
    apartment apt appartement appt unit suite ste room rm floor fl building bldg lot wohnung whg etage stock og eg top
    tür stiege piso puerta depto interno int scala boîte bte
    """
)
_NUMBERED_ROADS: Final = _set("highway hwy route rte rt interstate km")
_ROADS: Final = _set(
    """
    road rd street st avenue ave state county us po calle cll carrera cra avenida av rue via straße strasse str weg
    platz allee
    """
)
_MONTHS: Final = _set(
    """
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
    """
)
_BEFORE_UNIT: Final = re.compile(rf"[,;]|\s(?=(?:{'|'.join(sorted(_UNITS))})\b|\#)", re.IGNORECASE)
"""Where the street ends and something else on its line begins: ``12 Main Street Apt 4``."""
_NO_NAMES: Final = _UNITS | _NUMBERED_ROADS | _ROADS
"""Words that name no street without a number: in ``Highway 12``, 12 is not the house."""
_EAST_ASIAN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""In these scripts the number is behind the street, whatever the order of the country's Latin addresses."""
_ONE_NUMBER: Final = re.compile(r"\b(\d+)\s+([a-z])\b|(?<=\d)\s*([-–/+])\s*(?=\d)")
_SIGN: Final = re.compile(r"(?:\b(?:nr|no|num|número|haus|house)\b\.?|n[°º]|№)\s*(?=\d)")


def street_line(street: str, house_number: str, country: str) -> str:
    """Street and house number in the country's own order, without writing a number twice.

    >>> street_line("Main Street", "12", "US"), street_line("Hauptstraße", "5a", "DE")
    ('12 Main Street', 'Hauptstraße 5a')
    >>> street_line("12 Main Street Apt 4", "12", "US"), street_line("Highway 12", "12", "US")
    ('12 Main Street Apt 4', '12 Highway 12')
    """
    if not any(character.isalnum() for character in house_number) or _holds(street, house_number):
        return street
    if not street:
        return house_number
    order = "{0} {1}" if _EAST_ASIAN.search(street) else STREET_ORDERS.get(country, "{0} {1}")
    return order.format(street, house_number)


def _holds(street: str, house_number: str) -> bool:
    """Whether the number already stands before or behind the name of the street."""
    number, line = _words(house_number.lstrip("# ")), _words(street)
    if len(number) > 1 and number in (line[: len(number)], line[-len(number) :]):
        return True  # more than a number, such as one with its flat: "12 Apt 4"
    parts = [words for part in _BEFORE_UNIT.split(street.lstrip("# ")) if (words := _words(part))]
    # "Haus 3" is the number of a house in a village without streets.
    is_named = len(parts) > 1 or not street.strip(" .#").isdecimal()
    return any((words == number and is_named) or _begins(words, number) or _ends(words, number) for words in parts)


def _begins(words: list[str], number: list[str]) -> bool:
    rest = words[len(number) :]
    is_date = rest[:1] == ["de"] and rest[1:2] and rest[1] in _MONTHS
    return words[: len(number)] == number and _is_name(rest) and not is_date


def _ends(words: list[str], number: list[str]) -> bool:
    rest = words[: -len(number)]
    return words[-len(number) :] == number and _is_name(rest) and rest[-1] not in _NUMBERED_ROADS


def _is_name(words: list[str]) -> bool:
    return any(word.rstrip(".") not in _NO_NAMES for word in words)


def _words(text: str) -> list[str]:
    """The words, to compare. ``12 a``, ``12a`` and ``Nr. 12a`` are one number; ``1. Mai`` does not begin with one."""
    return _ONE_NUMBER.sub(r"\1\2\3", _SIGN.sub("", text.replace("–", "-").casefold().strip(" ."))).split()
