"""Who looks at the board, and what they may see and do there (R44)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderbridge.merchants.registry import MerchantListing

MERCHANTS: Final = "orderbridge_merchants"
"""The claim or tag that names the merchants somebody may see, separated by blanks or commas; ``*`` stands for all."""
ROLE: Final = "orderbridge_role"
"""The claim or tag that says whether somebody may ``look`` or ``act``."""
_OF_COGNITO: Final = "custom:"
_EVERYTHING: Final = "*"
_NAMES: Final = ("cognito:username", "username", "preferred_username", "sub")
"""Claims that name a person, the first one that there is. In Cognito people may change their preferred name. No e-mail
address: names are kept in timelines.
"""
_LONGEST_NAME: Final = 64
_ABSENT: Final = object()
"""Instead of a claim that there is not; null is one that cannot be read."""


class May(StrEnum):
    """What somebody may do."""

    NOTHING = "nothing"
    LOOK = "look"
    ACT = "act"


@dataclass(frozen=True)
class Viewer:
    """One person, as AWS or the identity provider names them.

    Attributes:
        merchants: those that they may see; None for all.
    """

    name: str
    may: May
    merchants: frozenset[str] | None = None

    @property
    def may_act(self) -> bool:
        return self.may is May.ACT

    def sees(self, merchant: str) -> bool:
        return self.merchants is None or merchant in self.merchants

    def limited(self, listing: MerchantListing) -> MerchantListing:
        """The listing as if there were no other merchants."""
        if self.merchants is None:
            return listing
        return replace(listing, merchants={name: text for name, text in listing.merchants.items() if self.sees(name)})


EVERYTHING: Final = Viewer("nobody", May.LOOK)
"""Looks at all merchants, and acts for none."""


def viewer_of(name: str, limits: Mapping[str, object], otherwise: May) -> Viewer:
    """Who somebody is, by their claims or tags.

    A claim that cannot be read grants nothing.

    Args:
        limits: by name.
        otherwise: what those may do whom no claim gives a role.
    """
    merchants, role = _limit(limits, MERCHANTS), _limit(limits, ROLE)
    words = _words(merchants)
    seen = None if merchants is _ABSENT or words == [_EVERYTHING] else frozenset(words)
    return Viewer(tidy_name(name), otherwise if role is _ABSENT else _role(_words(role)), seen)


def limits_in(claims: Mapping[str, object]) -> dict[str, object]:
    """The claims that limit somebody, without all others."""
    names = (name for one in (MERCHANTS, ROLE) for name in (one, f"{_OF_COGNITO}{one}"))
    return {name: claims[name] for name in names if name in claims}


def name_in(claims: Mapping[str, object]) -> str:
    """The name of the person whose claims these are; empty if none names them."""
    return next((tidy_name(found) for one in _NAMES if isinstance(found := claims.get(one), str) and found), "")


def tidy_name(name: str) -> str:
    """A name for timelines: printable, and not too long."""
    return "".join(one for one in name if one.isprintable()).strip()[:_LONGEST_NAME]


def _limit(limits: Mapping[str, object], name: str) -> object:
    """The claim of this name, or the attribute that Cognito calls ``custom:…``."""
    key = name if name in limits else f"{_OF_COGNITO}{name}"
    return limits.get(key, _ABSENT)


def _words(claim: object) -> list[str]:
    """The words of a claim: a text, or a list of texts. API Gateway passes a list on as ``[one two]``."""
    texts = [one for one in (claim if isinstance(claim, list) else [claim]) if isinstance(one, str)]
    return [word for text in texts for word in re.split(r"[\s,\[\]]+", text) if word]


def _role(words: list[str]) -> May:
    return May(words[0]) if words in ([May.LOOK], [May.ACT]) else May.NOTHING
