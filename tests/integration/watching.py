"""Merchants without orders or vendors, the watch over them, and the subscribers of its notifications."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from orderbridge.desk.troubles.find_troubles import EVERY, find_troubles
from orderbridge.desk.troubles.trouble import Trouble
from orderbridge.desk.troubles.watch import watch
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import LedgerOrder
from orderbridge.merchants.health import Health
from orderbridge.merchants.registry import Pause
from orderbridge.platform.errors import AuthenticationError, OrderbridgeError
from orderbridge.platform.table import Table
from orderbridge.platform.topics import Topic
from testkit.aws import MemoryDynamoDB, MemorySNS
from testkit.clock import ManualClock
from testkit.records import open_order
from testkit.template import make_table

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
TABLE = "watched"
LEAST: Mapping[str, Any] = {"billbee": {"username": "shop", "order_tag": "bibi"}}


@dataclass
class Watching:
    """Merchants by name with their settings, and what was sent: subject, text and attributes."""

    merchants: dict[str, dict[str, Any]]
    clock: ManualClock = field(default_factory=lambda: ManualClock(MONDAY))
    dynamodb: MemoryDynamoDB = field(default_factory=MemoryDynamoDB)
    sent: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table = Table(self.dynamodb, make_table(self.dynamodb, TABLE))  # type: ignore[arg-type]
        self.ledger, self.health = Ledger(self.table, self.clock), Health(self.table, self.clock)
        self._topic = Topic(MemorySNS(TABLE), TABLE)

    @property
    def texts(self) -> dict[str, str]:
        return {name: json.dumps(settings) for name, settings in self.merchants.items()}

    def publish(self, subject: str, text: str, attributes: Mapping[str, str]) -> None:
        self._topic.publish(subject, text, attributes)
        self.sent.append((subject, text, dict(attributes)))

    def watch(self, pause: Pause | None = None) -> dict[str, int]:
        return watch(self.texts, self.table, self.clock, self.publish, "prod", pause)

    def troubles(self) -> list[Trouble]:
        return find_troubles(self.texts, self.table, self.clock)

    def heard(self) -> list[tuple[str, str, str]]:
        """Merchant, kind and state of what was sent since this was last asked."""
        found = [(about["merchant"], about["kind"], about["state"]) for _, _, about in self.sent]
        self.sent.clear()
        return found

    def wait(self, **how_long: float) -> None:
        self.clock.sleep(timedelta(**how_long).total_seconds())

    def succeed(self, *jobs: str, merchant: str = "") -> None:
        """These jobs of a merchant, or all of all, go well."""
        for name in [merchant] if merchant else self.merchants:
            for job in jobs or EVERY:
                self.health.succeeded(name, job)

    def fail(self, job: str, error: OrderbridgeError, merchant: str = "acme") -> None:
        self.health.failed(merchant, job, error)

    def refuse(self, job: str, merchant: str = "acme", text: str = "the API is not activated") -> None:
        self.fail(job, AuthenticationError("billbee list orders", text, status=401), merchant)

    def order(self, billbee_id: int = 1, status: Status = Status.QUEUED, merchant: str = "acme") -> LedgerOrder:
        return open_order(self.ledger, billbee_id, status, merchant=merchant)
