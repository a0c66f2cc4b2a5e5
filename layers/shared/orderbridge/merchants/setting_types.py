"""Kinds of values that several parts of a merchant's settings have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from orderbridge.platform.countries import country_code
from orderbridge.platform.tables import CURRENCIES

LARGEST: Final = 1_000_000_000
"""For numbers without a smaller limit of their own."""


_NEVER_IMPORTED: Final[Mapping[int, str]] = {
    4: "shipped, which is over: it would be shipped again",
    5: "complaint, which was shipped: it would be shipped again",
    6: "deleted, which must not be shipped",
    7: "closed, which is over: it would be shipped again",
    8: "cancelled, which must not be shipped",
    9: "archived, which accepts neither tags nor parcels",
    10: "10, which Billbee does not use",
    14: "offered, which nobody has ordered yet",
}
"""The states of Billbee from which an import makes no sense, with the reasons."""
_IMPORTED: Final = "1, 2, 3, 11, 12, 13, 15, 16"
"""The documented states from which orders may be imported."""


def _import_state(state: int) -> int:
    if (why := _NEVER_IMPORTED.get(state)) is not None:
        raise ValueError(f"no order is imported in the state {why}. Possible are {_IMPORTED}")
    return state


def _country(value: str) -> str:
    if (code := country_code(value)) is None:
        raise ValueError("not a country: use its two-letter code, such as DE")
    return code


def _currency(value: str) -> str:
    if (code := value.strip().upper()) not in CURRENCIES:
        raise ValueError("not a currency: use its ISO 4217 code, such as EUR")
    return code


ImportState = Annotated[int, Field(ge=1, le=17), AfterValidator(_import_state)]
"""A state of Billbee's from which orders may be imported (R1)."""
Country = Annotated[str, AfterValidator(_country)]
"""An ISO 3166-1 alpha-2 code; the country may be given by code or by name."""
Currency = Annotated[str, AfterValidator(_currency)]
"""An ISO 4217 code."""
