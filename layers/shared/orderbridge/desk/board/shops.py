"""The merchants whose orders the board shows."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.ledger.tags import Tags
from orderbridge.merchants.settings import MerchantSettings, find_settings
from orderbridge.platform.errors import OrderbridgeError, SettingsError

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


def language_of(text: str, shop: Shop | None) -> Language:
    """In which language a reason or an entry of a timeline was noted: messages with a code, such as OB-110, in the
    merchant's, all others in English.
    """
    if shop is None or shop.settings is None or " [OB-" not in text:
        return "en"
    return shop.settings.language


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
