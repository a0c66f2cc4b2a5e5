"""A merchant's mode: pausing and resuming change nothing else in its settings (R22)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orderbridge.platform.errors import SettingsError

if TYPE_CHECKING:
    from orderbridge.merchants.registry import Entry, Registry


def change_mode(registry: Registry, entry: Entry, mode: str, *, by: str) -> str:
    """Set the mode in a merchant's settings. Returns the previous one, which may be the same.

    Args:
        entry: as it was read; if it has changed since, nothing is written.

    Raises:
        EntryChanged: it has changed since.
        SettingsError: the settings are no JSON object.
    """
    settings = entry.fields
    if settings is None:
        raise SettingsError(entry.merchant, "settings", "are no JSON object")
    before = _mode(settings)
    if before != mode:
        text = json.dumps({"mode": mode, **settings} | {"mode": mode}, ensure_ascii=False, indent=2)
        registry.put(entry.merchant, text, by=by, expected=entry.version)
    return before


def mode_before_pause(registry: Registry, merchant: str) -> str | None:
    """The last mode before the merchant was paused, or None if the history does not show it."""
    for entry in registry.history(merchant):
        settings = entry.fields
        if settings is not None and (mode := _mode(settings)) in ("live", "test"):
            return mode
    return None


def _mode(settings: dict[str, Any]) -> str:
    return str(settings.get("mode", "live"))
