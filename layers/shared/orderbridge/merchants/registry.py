"""The registry of merchants: their settings, who changed them and when, and the switch that pauses all of them.

All entries share a key, so that one query lists every merchant together with the switch. Earlier settings are items of
another key, which no listing reads. Secrets are never here; they are in SSM (``merchants/secrets.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from boto3.dynamodb.conditions import Attr

from orderbridge.merchants.settings import MerchantSettings, find_settings
from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import ConditionFailed, NewerRelease, OrderbridgeError, SettingsError
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Item, Table, is_newer

REGISTRY: Final = "REGISTRY"
"""The key of all entries, and of the switch."""
CACHE_SECONDS: Final = 300
_SWITCH: Final = "PAUSE"
_ENTRY: Final = "MERCHANT#"
_VERSION: Final = "VERSION#"


class EntryChanged(OrderbridgeError):
    """The merchant's entry was changed at the same moment; nothing was written."""


@dataclass(frozen=True)
class Entry:
    """One version of a merchant's settings, or the removal of the merchant.

    Attributes:
        settings: the JSON as it was written, unchecked; None if the merchant was removed.
        changed_by: the operator, as AWS or the machine names them.
    """

    merchant: str
    version: int
    settings: str | None
    changed_at: datetime
    changed_by: str

    @property
    def fields(self) -> dict[str, Any] | None:
        """The settings by name, unchecked; None if they are no JSON object."""
        try:
            settings = json.loads(self.settings or "")
        except ValueError:
            return None
        return settings if isinstance(settings, dict) else None


@dataclass(frozen=True)
class Pause:
    """All merchants are paused: since when, and by whom."""

    since: datetime
    by: str


@dataclass(frozen=True)
class MerchantListing:
    """All merchants at one moment.

    Attributes:
        merchants: the settings JSON by merchant, as text and unchecked. It is empty if the entry has the form of a
            newer release, which `find_settings` reports for this merchant only.
        pause: set while all merchants are paused.
    """

    merchants: dict[str, str]
    pause: Pause | None


@dataclass(frozen=True)
class _Known:
    """What was last read for one merchant, and until when that is good enough (by the monotonic clock). `settings` is
    None if there is no entry.
    """

    until: float
    settings: str | None
    pause: Pause | None


class Registry:
    """Reads and writes the registry.

    What functions read (`listing`, `merchants`, `settings`, `is_paused`) is kept for five minutes. What a change
    depends on (`entry`, `history`, `put` …) is read each time.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._listing: tuple[float, MerchantListing] | None = None  # with the time when it was read
        self._known: dict[str, _Known] = {}
        self._reported: set[str] = set()

    # -- what functions ask

    def listing(self, *, consistent: bool = False, kept: float = CACHE_SECONDS) -> MerchantListing:
        """All merchants, by one query. It may be slightly stale, because a worker reads its merchant's entry again.

        Args:
            kept: for how many seconds an earlier listing is good enough.
        """
        now = self._clock.monotonic()
        if self._listing is None or self._listing[0] + kept < now:
            self._listing = (now, self._list(consistent=consistent))
        return self._listing[1]

    def merchants(self) -> dict[str, str]:
        """The settings JSON of every merchant, as text and unchecked, by merchant."""
        return self.listing().merchants

    def settings(self, merchant: str) -> MerchantSettings:
        """A merchant's settings, without keys that this release does not know.

        Raises:
            SettingsError: there is no such merchant, or its settings are unusable.
            NewerRelease: the entry has a form of a newer release.
        """
        text = self._text(merchant)
        found = find_settings(merchant, text)
        if found.unknown and text not in self._reported:
            self._reported.add(text)
            logger.warning("Unknown settings", extra={"merchant": merchant, "keys": list(found.unknown)})
        return found.settings

    def unknown_settings(self, merchant: str) -> tuple[str, ...]:
        """The keys of a merchant's settings that this release does not know. Raises as `settings`."""
        return find_settings(merchant, self._text(merchant)).unknown

    def is_paused(self, merchant: str) -> bool:
        """Whether a merchant is paused, or all are (R22). Raises as `settings`."""
        return self._read(merchant).pause is not None or self.settings(merchant).mode == "paused"

    # -- what the operator's tool asks and changes

    def entry(self, merchant: str) -> Entry | None:
        """A merchant's entry as it is now. Raises NewerRelease."""
        item = self._table.get(REGISTRY, f"{_ENTRY}{merchant}")
        return None if item is None else _entry(merchant, item)

    def entries(self) -> list[Entry]:
        """Every merchant's entry as it is now, by name; not those of a newer form, which `listing` reports."""
        items = (item for item in self._table.all_of(REGISTRY) if item["sk"].startswith(_ENTRY) and not is_newer(item))
        return [_entry(item["sk"].removeprefix(_ENTRY), item) for item in items]

    def history(self, merchant: str) -> list[Entry]:
        """The versions of a merchant's settings, the latest first; also of a merchant that was removed."""
        found = {item["version"]: item for item in self._table.query(_history_key(merchant), _VERSION)}
        current = self._table.get(REGISTRY, f"{_ENTRY}{merchant}")
        if current is not None:
            found[current["version"]] = current
        return [_entry(merchant, found[version]) for version in sorted(found, reverse=True)]

    def put(self, merchant: str, settings: str, *, by: str, expected: int | None = None) -> Entry:
        """Add a merchant, or replace its settings.

        Args:
            settings: the new JSON, not checked here.
            by: who changes it.
            expected: the version to be replaced, 0 for a new merchant; None for any.

        Raises:
            EntryChanged: there is another version, or one was written meanwhile.
        """
        current = self._table.get(REGISTRY, f"{_ENTRY}{merchant}")
        version = 0 if current is None else int(current["version"])
        if expected not in (None, version):
            raise EntryChanged(f"the settings of {merchant} have version {version}, and {expected} was expected")
        now = self._clock.now()
        if current is None:
            latest = max((entry.version for entry in self.history(merchant)), default=0)
        else:
            self._keep(merchant, current)
            latest = version
        only_if = Attr("pk").not_exists() if current is None else Attr("version").eq(version)
        changed = {"settings": settings, "version": latest + 1, "changed_at": now.isoformat(), "changed_by": by}
        try:
            self._table.change(REGISTRY, f"{_ENTRY}{merchant}", set=changed, only_if=only_if)
        except ConditionFailed:
            raise EntryChanged(f"the settings of {merchant} were changed by another user at the same moment") from None
        self._known.pop(merchant, None)
        self._listing = None
        return Entry(merchant, latest + 1, settings, now, by)

    def remove(self, merchant: str, *, by: str) -> None:
        """Remove a merchant's entry; its history stays, and says who removed it. Raises EntryChanged."""
        current = self._table.get(REGISTRY, f"{_ENTRY}{merchant}")
        if current is None:
            raise EntryChanged(f"there is no merchant {merchant}")
        self._keep(merchant, current)
        end = {"version": current["version"] + 1, "changed_at": self._clock.now().isoformat(), "changed_by": by}
        self._keep(merchant, end)
        try:
            self._table.delete(REGISTRY, current["sk"], only_if=Attr("version").eq(current["version"]))
        except ConditionFailed:
            raise EntryChanged(f"the settings of {merchant} were changed by another user at the same moment") from None
        self._known.pop(merchant, None)
        self._listing = None

    def pause(self) -> Pause | None:
        """Since when and by whom all merchants are paused; None if they are not."""
        item = self._table.get(REGISTRY, _SWITCH)
        return None if item is None else _pause(item)

    def pause_all(self, *, by: str) -> None:
        """Pause all merchants. Their own modes stay unchanged."""
        self._switch(on=True, by=by)

    def resume_all(self, *, by: str) -> None:
        """Resume all merchants that are not paused individually."""
        self._switch(on=False, by=by)

    def _switch(self, *, on: bool, by: str) -> None:
        switch = {"paused": on, "changed_at": self._clock.now().isoformat(), "changed_by": by}
        self._table.change(REGISTRY, _SWITCH, set=switch)
        self._known.clear()
        self._listing = None

    def _keep(self, merchant: str, version: Mapping[str, Any]) -> None:
        """Write a version into the history. It may be there already, from an interrupted change."""
        item = {**version, "pk": _history_key(merchant), "sk": f"{_VERSION}{version['version']:06d}"}
        self._table.put(item, only_if=Attr("pk").not_exists() | Attr("version").eq(version["version"]))

    def _list(self, *, consistent: bool) -> MerchantListing:
        merchants, pause = {}, None
        for item in self._table.all_of(REGISTRY, consistent=consistent):
            if item["sk"] == _SWITCH:
                pause = _pause(item)
            elif item["sk"].startswith(_ENTRY):
                merchants[item["sk"].removeprefix(_ENTRY)] = "" if is_newer(item) else str(item["settings"])
        return MerchantListing(merchants, pause)

    def _text(self, merchant: str) -> str:
        text = self._read(merchant).settings
        if text is None:
            raise SettingsError(merchant, "settings", "there is no such merchant in the registry")
        return text

    def _read(self, merchant: str) -> _Known:
        """A merchant's entry and the switch, by one call, at most five minutes old."""
        known = self._known.get(merchant)
        if known is None or known.until < self._clock.monotonic():
            keys = [(REGISTRY, f"{_ENTRY}{merchant}"), (REGISTRY, _SWITCH)]
            items = {item["sk"]: item for item in self._table.get_many(keys, consistent=False)}
            if keys[0][1] not in items:  # a merchant who was just added may not show in a stale read
                items = {item["sk"]: item for item in self._table.get_many(keys)}
            entry, switch = items.get(keys[0][1]), items.get(_SWITCH)
            known = _Known(
                self._clock.monotonic() + CACHE_SECONDS,
                None if entry is None else str(entry["settings"]),
                None if switch is None else _pause(switch),
            )
            if known.settings is not None:  # an unknown merchant may be added at any moment
                self._known[merchant] = known
        return known


def _history_key(merchant: str) -> str:
    return f"{REGISTRY}#{merchant}"


def _entry(merchant: str, item: Item) -> Entry:
    if is_newer(item):
        raise NewerRelease(f"the entry of {merchant} has a form of a newer release")
    changed_at = datetime.fromisoformat(item["changed_at"])
    return Entry(merchant, int(item["version"]), item.get("settings"), changed_at, str(item["changed_by"]))


def _pause(item: Item) -> Pause | None:
    if not item["paused"]:
        return None
    return Pause(datetime.fromisoformat(item["changed_at"]), str(item["changed_by"]))
