"""Kinds of values that several parts of a merchant's settings have."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator

from orderbridge.platform.countries import country_code
from orderbridge.platform.tables import CURRENCIES

LARGEST: Final = 1_000_000_000
"""For numbers without a smaller limit of their own."""


def _country(value: str) -> str:
    if (code := country_code(value)) is None:
        raise ValueError("not a country: use its two-letter code, such as DE")
    return code


def _currency(value: str) -> str:
    if (code := value.strip().upper()) not in CURRENCIES:
        raise ValueError("not a currency: use its ISO 4217 code, such as EUR")
    return code


Country = Annotated[str, AfterValidator(_country)]
"""An ISO 3166-1 alpha-2 code; the country may be given by code or by name."""
Currency = Annotated[str, AfterValidator(_currency)]
"""An ISO 4217 code."""
