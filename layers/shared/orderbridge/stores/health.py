"""How each job of a merchant went last: for whoever asks why nothing happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.clock import Clock
from orderbridge.defects import told
from orderbridge.observability import logger
from orderbridge.stores.table import Table, Unwritable, merchant_key, read_moment


@dataclass(frozen=True)
class JobHealth:
    """One job of one merchant.

    Attributes:
        error: what went wrong when it failed last; None if it has succeeded since.
        kind: the class of that error, e.g. ``"AuthenticationError"``.
    """

    job: str
    succeeded_at: datetime | None
    failed_at: datetime | None
    error: str | None
    kind: str | None = None


class Health:
    """The health records of all merchants. Writing one never fails a job."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def succeeded(self, merchant: str, job: str) -> None:
        self._set(merchant, job, "SET succeeded_at = :now REMOVE job_error, error_kind", {})

    def failed(self, merchant: str, job: str, error: Exception) -> None:
        values = {":error": told(error)[:500], ":kind": type(error).__name__}
        self._set(merchant, job, "SET failed_at = :now, job_error = :error, error_kind = :kind", values)

    def jobs(self, merchant: str) -> list[JobHealth]:
        """All jobs of a merchant that have run, by name."""
        return [
            JobHealth(
                item["sk"].removeprefix("HEALTH#"),
                read_moment(item.get("succeeded_at")),
                read_moment(item.get("failed_at")),
                item.get("job_error"),
                item.get("error_kind"),
            )
            for item in self._table.query(merchant_key(merchant), "HEALTH#")
        ]

    def _set(self, merchant: str, job: str, expression: str, values: dict[str, str]) -> None:
        values = {":now": self._now().isoformat(), **values}
        try:
            self._table.update(merchant_key(merchant), f"HEALTH#{job}", expression, values)
        except (BotoCoreError, ClientError, Unwritable) as error:
            logger.warning("Health not written", extra={"error": type(error).__name__})
