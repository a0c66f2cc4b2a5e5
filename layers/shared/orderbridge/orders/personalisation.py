"""What a buyer chose or wrote for a line, such as an engraving, as the warehouse gets it (R35).

It is part of the line's description, or of the order comment if it does not fit there. Nothing is cut.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.order import LineKind
from orderbridge.orders.problems import long_personalisation
from orderbridge.platform.patterns import matches

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order, OrderLine
    from orderbridge.ledger.problem import Problem

_WITH_TEXTS: Final = frozenset({LineKind.GOODS, LineKind.FEE})
"""What a buyer's texts are sent of: a fee may be for the work that they ask for (R34)."""


@dataclass(frozen=True)
class TextRules:
    """The merchant's settings about texts. The warehouse documents no limits.

    Attributes:
        not_sent: patterns of names of attributes that the warehouse is not told.
    """

    longest_description: int = 80
    longest_comment: int = 1000
    not_sent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Personalisation:
    """Where the warehouse reads it.

    Attributes:
        descriptions: of lines, by their index.
        comment: for lines whose description has no room; their positions, from 1, are ``in_comment``.
    """

    descriptions: Mapping[int, str] = field(repr=False)
    comment: str = field(repr=False)
    in_comment: tuple[int, ...]

    def problems(self, rules: TextRules) -> list[Problem]:
        if len(self.comment) <= rules.longest_comment:
            return []
        return [long_personalisation(self.in_comment, len(self.comment), rules.longest_comment)]

    @property
    def remarks(self) -> tuple[str, ...]:
        """In words for the order's timeline."""
        if not self.in_comment:
            return ()
        places = ", ".join(map(str, self.in_comment))
        return (f"the personalisation of line{'s' if len(self.in_comment) > 1 else ''} {places} is in the comment",)


def personalisation(order: Order, rules: TextRules, resolved: Collection[int] = ()) -> Personalisation:
    """The personalisation of an order's goods and fees. A fee has no description: what was written for "Engraving" or
    "Gift wrap" is in the comment.

    Args:
        resolved: the indexes of bundles that are sent as their components, none of which has the bundle's description.
    """
    descriptions: dict[int, str] = {}
    comment: dict[int, str] = {}
    for index, line in enumerate(order.lines):
        if line.kind not in _WITH_TEXTS or not (chosen := wording(line, rules.not_sent)):
            continue
        described = f"{line.title} ({chosen})".lstrip()
        is_described = line.kind is LineKind.GOODS and index not in resolved
        if is_described and len(described) <= rules.longest_description:
            descriptions[index] = described
        else:
            comment[index + 1] = f"{line.quantity.normalize():f} x {line.sku or line.title}: {chosen}"
    return Personalisation(descriptions, "\n".join(comment.values()), tuple(comment))


def wording(line: OrderLine, not_sent: Sequence[str] = ()) -> str:
    """A line's attributes in one line, e.g. ``"Engraving: Für Oma; Colour: red"``."""
    sent = (one for one in line.attributes if not any(matches(pattern, one.name) for pattern in not_sent))
    return "; ".join(": ".join(part for part in (one.name, one.value) if part) for one in sent)
