"""Abillify's wire format: the fields of an order that are compared. Addresses are never read."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_LARGEST: Final = Decimal(10) ** 12
_SMALLEST: Final = -30
"""Limits the exponent: 1e-999999999 is a short text, but too large to be written out."""


def _number(value: object) -> Decimal:
    """A number, which may come as text. Raises ValueError if it is too large for an amount or quantity."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal | float):
        raise ValueError("is no number")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError("is no number") from None
    if not number.is_finite() or number.copy_abs() > _LARGEST or (number and number.adjusted() < _SMALLEST):
        raise ValueError("is beyond all amounts")
    return number


def _text(value: object) -> object:
    """A text, which may come as a number."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _listed(value: object) -> object:
    return [] if value is None else value


Number = Annotated[Decimal, BeforeValidator(_number)]
Text = Annotated[str, BeforeValidator(_text)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class WireItem(_Wire):
    product_number: Text = ""
    quantity: Number
    kind: Text = "principal"


class WireOrder(_Wire):
    """The answer has ``cancellationdate``; the request spells it with one l, so both are read."""

    id: Text = ""
    reference: Text = ""
    ordernumber: Text = ""
    currency: Text
    total: Number
    tax: Number
    net: Number
    netbased: bool | None = Field(default=None, strict=True)
    cancellationdate: str | None = None
    cancelationdate: str | None = None
    state: Text = ""
    items: Annotated[tuple[WireItem, ...], BeforeValidator(_listed)] = ()

    def answers(self, reference: str) -> bool:
        """Whether this is the order that was asked for."""
        names: tuple[Any, ...] = (self.reference, self.ordernumber, self.id)
        return reference.casefold() in {str(name).strip().casefold() for name in names}
