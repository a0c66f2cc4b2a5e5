"""BiBi's documented limits. A module of its own, because the client is slow to import."""

from __future__ import annotations

from typing import Final

TIMESTAMP_LIMIT_DAYS: Final = 30
"""orderStatus accepts no older timestamp."""
