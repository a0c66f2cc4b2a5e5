"""BiBi's wire format: the order we send, strict, and the status it answers, lenient (numbers often come as text)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_pascal

from orderbridge.vendors.http import whole

_LARGEST: Final = Decimal(1_000_000)

# BiBi's sample shows these as JSON numbers; two decimals survive the way through a float exactly.
Dollars = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


class _Sent(BaseModel):
    model_config = ConfigDict(
        defer_build=True,  # each function uses a few of them, and building one takes milliseconds
        alias_generator=AliasGenerator(serialization_alias=to_pascal),
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )


class SentHeader(_Sent):
    order_number: str
    entry_date: str
    future_date: str = ""
    source: str
    prod_dollars: Dollars
    ph_amt: Annotated[Dollars, Field(serialization_alias="PHAmt")]
    tax_amt: Dollars
    rush_processing: str
    pay_method: str
    comment: str = ""


class SentDiscount(_Sent):
    code: str
    amount: str
    type: str = "fixed_amount"


class SentAddress(_Sent):
    first_name: str
    middle_initial: str = ""
    last_name: str
    company_name: str
    address1: str
    address2: str
    address3: str
    city: str
    state: str
    zip_code: str
    country_cd: str
    day_phone: str
    email: str


class SentLine(_Sent):
    line_no: str
    item_no: str
    amount: str
    quantity: int
    description: str
    ship_meth_cd: Annotated[int | str, Field(serialization_alias="Ship-Meth-Cd")]


class SentOrder(_Sent):
    header: SentHeader
    discounts: tuple[SentDiscount, ...]
    bill_to: SentAddress
    ship_to: SentAddress
    lines: tuple[SentLine, ...]

    @property
    def coupon(self) -> dict[str, str] | None:
        """All discounts as the one coupon of updateOrder's sample; None without discounts."""
        reductions = [one for one in self.discounts if Decimal(one.amount) > 0]
        if not reductions:
            return None
        amount = sum((Decimal(one.amount) for one in reductions), Decimal(0))
        codes = ", ".join(one.code for one in reductions)
        return {
            "CouponType": "",
            "CouponNumber": codes[:40].rstrip(", "),
            "DollarDiscountAmount": str(amount),
            "PercentageDiscount": "",
        }

    def wire(self, *, as_coupon: bool = False) -> dict[str, Any]:
        """The nesting of BiBi's documented example; with ``as_coupon``, that of updateOrder. A negative coupon is not
        documented, so fees are part of the processing and handling there.
        """
        header = self.header
        if as_coupon:
            fees = -sum((Decimal(one.amount) for one in self.discounts if Decimal(one.amount) < 0), Decimal(0))
            header = header.model_copy(update={"ph_amt": header.ph_amt + fees})
        order: dict[str, Any] = {"Header": {"HeaderGroup": _dump(header)}}
        if as_coupon and self.coupon is not None:
            order["Coupons"] = {"Coupon": self.coupon}
        elif self.discounts and not as_coupon:
            order["Discounts"] = [_dump(discount) for discount in self.discounts]
        order["Billing"] = {"Billto": _dump(self.bill_to)}
        order["ProductManifest"] = {"Product": [_dump(line) for line in self.lines]}
        order["Shipping"] = {"Shipto": _dump(self.ship_to)}
        return {"Order": order}


def _dump(part: _Sent) -> dict[str, Any]:
    return part.model_dump(mode="json", by_alias=True)


NOTHING: Final[tuple[object, ...]] = (None, "", [], {})
"""A result without content, in the forms in which BiBi sends it."""


class Unreadable(ValueError):
    """A field of an answer has unexpected content: its entry is left out and read again later."""


def text_of(value: object) -> str:
    """A text, which may come as a number; empty if missing. Raises Unreadable."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unreadable
    return str(value).strip()


def text_or_empty(value: object) -> str:
    """The same, but empty if it cannot be read."""
    try:
        return text_of(value)
    except Unreadable:
        return ""


def rows(value: object) -> Iterator[dict[str, Any]]:
    """The objects of a list or of a map, whichever BiBi sends."""
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))
    elif isinstance(value, dict):
        yield from (entry for entry in value.values() if isinstance(entry, dict))


def whole_number(value: object) -> int:
    """A count that may come as text; 0 if it is not a number or is impossibly large."""
    return whole(value) or 0


def amount(value: object) -> Decimal | None:
    """Money or a weight, which come as text; None if it is not a number, negative, or impossibly large."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not found.is_finite() or not 0 <= found <= _LARGEST:
        return None
    return min(found, round(found, 4), key=lambda one: len(str(one)))  # "9.36" stays as it is
