"""A merchant's rules (R40): their conditions and consequences. Only the first rule that an order meets applies;
`orderbridge.orders.deciding_rule` finds it.

A list with a rule that cannot work is refused: a rule without a consequence, bounds that no order meets, a name that is
used twice, a rule after one that takes all of its orders.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from orderbridge.merchants.setting_types import LARGEST, Country, Currency
from orderbridge.platform.patterns import matches

MOST_RULES: Final = 50
COMMENT_LIMIT: Final = 250
"""The warehouse prints an order's comment and documents no limit."""
TEXT_LIMIT: Final = 500
"""For the text of a rejection, which is a part of the message on the Billbee order."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _listed(value: object) -> object:
    """A single value counts as a list of one, and a number, such as a shop's id, as text."""
    values = value if isinstance(value, list | tuple) else [value]
    if not values:
        raise ValueError("an empty list: leave it out, or name at least one")
    return [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in values]


def _is_list(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list of rules")
    if len(value) > MOST_RULES:
        raise ValueError(f"{len(value)} rules; there may be {MOST_RULES}")
    return value


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a text of one line, without control characters")
    return text


def _text(most: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


Name = Annotated[str, _text(60), AfterValidator(_one_line)]
Code = Annotated[str, _text(60), AfterValidator(_one_line)]
_MOST_VALUES = Field(max_length=500)
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed), _MOST_VALUES]
"""One or several values; an order meets them with any of them."""
Amount = Annotated[Decimal, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Count = Annotated[Decimal, Field(ge=1, le=LARGEST, multiple_of=1)]


class _Bounds(_Strict):
    """From ``min`` to ``max``, both included; one of them may be missing."""

    min: Decimal | None = None
    max: Decimal | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs min, max, or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is larger than max, so no order meets it")
        return self

    def holds(self, amount: Decimal) -> bool:
        return (self.min is None or self.min <= amount) and (self.max is None or amount <= self.max)

    def includes(self, other: _Bounds) -> bool:
        """Whether every value within the other bounds is within these."""
        from_below = self.min is None or (other.min is not None and self.min <= other.min)
        return from_below and (self.max is None or (other.max is not None and other.max <= self.max))


class Grams(_Bounds):
    min: Amount | None = None
    max: Amount | None = None


class Quantity(_Bounds):
    min: Count | None = None
    max: Count | None = None


class Value(_Bounds):
    """An amount needs its currency: an order in another currency does not meet it."""

    min: Amount | None = None
    max: Amount | None = None
    currency: Currency

    def includes(self, other: _Bounds) -> bool:
        return isinstance(other, Value) and self.currency == other.currency and super().includes(other)


class Conditions(_Strict):
    """The conditions of a rule: it is for orders that meet all of them, and for every order if there are none.

    Attributes:
        shop: name, id or platform of the shop in Billbee.
        country: of the delivery address.
        sku: of a line, or of a component of a bundle; ``*`` means any characters.
        tag: in Billbee.
        weight_grams: of all goods, as Billbee has the weights of the products.
        value: what the order costs, with shipping and tax.
        quantity: the pieces that were ordered; a bundle is one.
    """

    shop: Names | None = None
    country: Annotated[tuple[Country, ...], BeforeValidator(_listed), _MOST_VALUES] | None = None
    sku: Names | None = None
    tag: Names | None = None
    weight_grams: Grams | None = None
    value: Value | None = None
    quantity: Quantity | None = None

    def include(self, other: Conditions) -> bool:
        """Whether every order that meets the other conditions meets these."""
        lists = (
            (self.shop, other.shop, str.casefold),
            (self.country, other.country, str),
            (self.tag, other.tag, str.casefold),
        )
        for ours, theirs, folded in lists:
            if ours is not None and (theirs is None or not set(map(folded, theirs)) <= set(map(folded, ours))):
                return False
        if self.sku is not None and not all(
            any(matches(ours, theirs) for ours in self.sku) for theirs in other.sku or ("",)
        ):
            return False
        bounds: tuple[tuple[_Bounds | None, _Bounds | None], ...] = (
            (self.weight_grams, other.weight_grams),
            (self.value, other.value),
            (self.quantity, other.quantity),
        )
        return all(ours is None or (theirs is not None and ours.includes(theirs)) for ours, theirs in bounds)


class Consequences(_Strict):
    """The consequences for an order. The other settings apply to everything that is missing here.

    Attributes:
        ship_method: the warehouse's code.
        offer_code: in place of ``bibi.source``.
        hold: the order is put on hold once the warehouse has it.
        rush: as with the rush tag.
        comment: for the warehouse, below the buyer's message.
        reject: the order is not sent, and the merchant is told this text.
    """

    ship_method: Code | None = None
    offer_code: Code | None = None
    hold: bool = False
    rush: bool = False
    comment: Annotated[str, _text(COMMENT_LIMIT), AfterValidator(_one_line)] | None = None
    reject: Annotated[str, _text(TEXT_LIMIT), AfterValidator(_one_line)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        others = [self.ship_method, self.offer_code, self.hold, self.rush, self.comment]
        if self.reject is None and not any(others):
            raise ValueError("has no consequence: name ship_method, offer_code, hold, rush, comment or reject")
        if self.reject is not None and any(others):
            raise ValueError("an order that is rejected is not sent, so reject stands alone")
        return self

    def in_words(self) -> str:
        """
        >>> Consequences(ship_method="84", hold=True).in_words()
        'ship method 84, on hold'
        """
        said = [
            f"ship method {self.ship_method}" if self.ship_method else "",
            f"offer code {self.offer_code}" if self.offer_code else "",
            "on hold" if self.hold else "",
            "rush" if self.rush else "",
            f"comment {self.comment!r}" if self.comment else "",
            f"rejected: {self.reject}" if self.reject else "",
        ]
        return ", ".join(one for one in said if one)


class Rule(_Strict):
    """``when`` has no default, because a forgotten one would be for every order."""

    name: Name
    when: Conditions
    then: Consequences


def checked_rules(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Raises ValueError for a name that is used twice, and for a rule that no order can reach."""
    for (first, earlier), (second, later) in combinations(enumerate(rules, 1), 2):
        if earlier.name.casefold() == later.name.casefold():
            raise ValueError(f"rules {first} and {second} have the same name {later.name!r}")
        if earlier.when.include(later.when):
            raise ValueError(
                f"rule {second} {later.name!r} is never used: rule {first} {earlier.name!r} takes all of its orders"
            )
    return rules


Rules = Annotated[tuple[Rule, ...], BeforeValidator(_is_list), AfterValidator(checked_rules)]


def tags_of(rules: Iterable[Rule]) -> frozenset[str]:
    """The tags that the rules ask for, folded."""
    return frozenset(tag.casefold() for rule in rules for tag in rule.when.tag or ())
