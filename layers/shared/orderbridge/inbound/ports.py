"""The warehouse as far as goods on their way go (R23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.stock import ports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from orderbridge.inbound.notice import Notice, NoticeLine, WarehouseNotice
    from orderbridge.inbound.notice_records import InboundNotices
    from orderbridge.products.product_records import ProductRecords
    from orderbridge.stock.movements import Movement


class Notices(Protocol):
    """The warehouse's advance shipping notices, by tracking number."""

    def create(self, notice: Notice) -> str:
        """Announce goods. Gives the warehouse's number of the notice, which may be empty. Not repeatable."""

    def get(self, tracking_number: str) -> WarehouseNotice | None: ...
    def list(self) -> dict[str, WarehouseNotice]: ...
    def add_product(self, tracking_number: str, line: NoticeLine) -> None: ...
    def delete_product(self, tracking_number: str, sku: str) -> None: ...
    def close(self, tracking_number: str) -> None: ...
    def delete(self, tracking_number: str) -> None: ...


class Movements(ports.Movements, Protocol):
    def transactions(
        self,
        since: datetime,
        until: datetime,
        products: Sequence[str] | None = None,
        types: Sequence[str] | None = None,
    ) -> Iterator[Movement]:
        """All movements in a period. None stands for all products or types."""


class Warehouse(ports.Warehouse, Protocol):
    @property
    def notices(self) -> Notices: ...
    @property
    def movements(self) -> Movements: ...


class Workspace(ports.Workspace, Protocol):
    @property
    def warehouse(self) -> Warehouse: ...
    @property
    def notices(self) -> InboundNotices: ...
    @property
    def products(self) -> ProductRecords: ...
