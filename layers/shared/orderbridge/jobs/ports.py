"""What the use cases of every room are given of their merchant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.tags import Tags
    from orderbridge.merchants.activity import Activity
    from orderbridge.merchants.cursors import Cursors
    from orderbridge.merchants.health import Health
    from orderbridge.merchants.settings import MerchantSettings
    from orderbridge.platform.clock import Deadline


class Workspace(Protocol):
    """One merchant's settings, records and time.

    Each room adds what its own use cases need: its records, and its calls to the hub and the warehouse.
    `orderbridge.workspace.Workspace` implements all of them.
    """

    @property
    def merchant(self) -> str: ...
    @property
    def settings(self) -> MerchantSettings: ...
    @property
    def deadline(self) -> Deadline:
        """When the invocation ends."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def health(self) -> Health: ...
    @property
    def tags(self) -> Tags: ...
    @property
    def rehearsing(self) -> bool:
        """Whether the merchant is in mode ``test`` (R22)."""

    def now(self) -> datetime: ...

    def count(self, activity: Activity, times: int = 1, /) -> None:
        """Count an activity."""

    def note_unwritable(self, billbee_ids: Collection[int], /) -> None:
        """Note orders whose record the table refuses, which are a trouble."""
