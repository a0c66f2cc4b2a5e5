"""How the order in Billbee differs from what the warehouse was sent (R37)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Difference:
    """
    Attributes:
        content: the hash of the content that Billbee shows.
        since: when it was first seen.
        fields: what differs, e.g. ``"products"``; never the content itself.
    """

    content: str
    since: datetime
    fields: tuple[str, ...] = ()
