"""The merchants whose orders the board shows."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.desk.wording import Words
from orderbridge.ledger.tags import Tags
from orderbridge.merchants.settings import MerchantSettings, find_settings
from orderbridge.platform.errors import OrderbridgeError, SettingsError
from orderbridge.tracking.problems import BY_REPORT

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Language


class UnknownMerchant(OrderbridgeError):
    """There is no such merchant.

    Attributes:
        similar: names of merchants with a similar spelling.
    """

    def __init__(self, name: str, similar: list[str]) -> None:
        super().__init__(f"there is no merchant {name!r}")
        self.name = name
        self.similar = similar


@dataclass(frozen=True)
class Shop:
    """A merchant. ``settings`` is None if they cannot be read."""

    name: str
    settings: MerchantSettings | None

    @property
    def mode(self) -> str:
        return self.settings.mode if self.settings else "bad settings"

    @property
    def tags(self) -> Tags | None:
        return Tags(self.settings.billbee.order_tag) if self.settings else None

    @property
    def rehearses(self) -> bool:
        return self.mode == "test"


def as_noted(text: str, shop: Shop | None) -> tuple[Words | str, Language]:
    """A reason or an entry of a timeline, and in which language it was noted.

    What the warehouse reported is noted in English and known in German. Other messages with a code, such as OB-110, are
    noted in the merchant's language, all else in English.
    """
    rest, german = text, text
    for problem in BY_REPORT:
        rest, german = rest.replace(str(problem), ""), german.replace(str(problem), problem.say("de"))
    if rest != text:
        return (text if rest.strip() else Words(text, german)), "en"
    if shop is None or shop.settings is None or " [OB-" not in text:
        return text, "en"
    return text, shop.settings.language


def all_shops(merchants: Mapping[str, str]) -> list[Shop]:
    """All merchants, by name. ``merchants``: settings JSON by merchant."""
    return [_shop(name, text) for name, text in sorted(merchants.items())]


def shop_named(merchant: str, merchants: Mapping[str, str]) -> Shop:
    """One merchant. Raises UnknownMerchant."""
    if merchant not in merchants:
        raise UnknownMerchant(merchant, difflib.get_close_matches(merchant, merchants, n=3))
    return _shop(merchant, merchants[merchant])


def _shop(name: str, text: str) -> Shop:
    try:
        return Shop(name, find_settings(name, text).settings)
    except SettingsError:  # the troubles name the wrong key
        return Shop(name, None)
