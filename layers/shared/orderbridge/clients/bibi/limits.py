"""What BiBi's documents say about how much may be asked for; apart from the client, which takes long to import."""

from __future__ import annotations

from typing import Final

TIMESTAMP_LIMIT_DAYS: Final = 30
"""orderStatus takes no timestamp older than this."""
