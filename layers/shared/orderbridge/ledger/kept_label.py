"""What an order's record holds of its return label, never its content (R24)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class KeptLabel:
    """A return label as the ledger knows it.

    Attributes:
        key: where it is kept, or will be.
        asked_at: when the warehouse was about to be asked for it.
        stored: whether it certainly is there. If not, it is not known whether the warehouse has created one.
    """

    key: str
    asked_at: datetime
    expires_at: datetime
    stored: bool

    def is_good(self, now: datetime) -> bool:
        """Whether it is there and may still be shown."""
        return self.stored and now < self.expires_at
