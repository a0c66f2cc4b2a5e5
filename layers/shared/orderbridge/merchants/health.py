"""How each job of a merchant last went, and when the watch should look.

One item for each merchant, so that the watch reads those of a hundred merchants by one call. It stays below a kilobyte
while nothing fails, because it is written with every job.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.platform.clock import Clock
from orderbridge.platform.defects import loggable
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Item, Table, Unwritable, merchant_key, merchant_of, read_moment

_SK: Final = "HEALTH"
_OK, _FAILED, _ERROR, _KIND = ":ok", ":failed", ":error", ":kind"
"""Attributes are named by job and one of these."""


@dataclass(frozen=True)
class JobHealth:
    """One job of one merchant.

    Attributes:
        failed_at: when it failed last; None if it has succeeded since.
        error: what went wrong then.
        kind: the class of that error, e.g. ``"AuthenticationError"``.
    """

    job: str
    succeeded_at: datetime | None
    failed_at: datetime | None
    error: str | None
    kind: str | None = None


@dataclass(frozen=True)
class MerchantHealth:
    """All jobs of a merchant that have run, by name.

    Attributes:
        noted_at: when a worker last noted something that only a closer look shows.
    """

    jobs: tuple[JobHealth, ...] = ()
    noted_at: datetime | None = None


class Health:
    """The health records of all merchants. Writing how a job went never fails it."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def succeeded(self, merchant: str, job: str) -> None:
        self._write(merchant, {job + _OK: self._now().isoformat()}, [job + _FAILED, job + _ERROR, job + _KIND])

    def failed(self, merchant: str, job: str, error: Exception) -> None:
        error_text, now = loggable(error)[:500], self._now().isoformat()
        new = {job + _FAILED: now, job + _ERROR: error_text, job + _KIND: type(error).__name__}
        self._write(merchant, new)

    def look_soon(self, merchant: str) -> None:
        """Have the watch look at a merchant in its next passes. Call this before the write that it should see."""
        self._table.change(merchant_key(merchant), _SK, set={"noted_at": self._now().isoformat()})

    def jobs(self, merchant: str) -> list[JobHealth]:
        """All jobs of a merchant that have run, by name."""
        item = self._table.get(merchant_key(merchant), _SK)
        return list(_health(item).jobs) if item else []

    def of_many(self, merchants: Iterable[str]) -> dict[str, MerchantHealth]:
        """The health of many merchants, by merchant; it may be slightly stale."""
        items = self._table.get_many(((merchant_key(one), _SK) for one in merchants), consistent=False)
        return {merchant_of(item): _health(item) for item in items}

    def _write(self, merchant: str, new: Mapping[str, str], gone: Collection[str] = ()) -> None:
        try:
            self._table.change(merchant_key(merchant), _SK, set=new, remove=gone)
        except (BotoCoreError, ClientError, Unwritable) as error:
            logger.warning("Health not written", extra={"error": type(error).__name__})


def _health(item: Item) -> MerchantHealth:
    jobs = sorted({name.rpartition(":")[0] for name in item if name.endswith((_OK, _FAILED))})
    return MerchantHealth(
        tuple(
            JobHealth(
                job,
                read_moment(item.get(job + _OK)),
                read_moment(item.get(job + _FAILED)),
                item.get(job + _ERROR),
                item.get(job + _KIND),
            )
            for job in jobs
        ),
        read_moment(item.get("noted_at")),
    )
