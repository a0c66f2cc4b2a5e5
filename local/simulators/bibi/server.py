"""BiBi's API over HTTP, from its developer portal."""

import secrets
from typing import Any

from local.simulators.bibi import lists
from local.simulators.bibi.asn import AsnRoutes
from local.simulators.bibi.boms import BomRoutes
from local.simulators.bibi.labels import LabelRoutes
from local.simulators.bibi.movements import MovementRoutes
from local.simulators.bibi.orders import OrderRoutes
from local.simulators.bibi.products import ProductRoutes
from local.simulators.bibi.records import chicago_text
from local.simulators.bibi.service import Service
from local.simulators.bibi.shipments import ShipmentRoutes
from local.simulators.server import Answer


class Bibi(Service):
    """The service with all of its routes."""

    def add_routes(self) -> None:
        for method in ("GET", "POST"):
            self.route(f"{method} /", self._new_token)
            for name in lists.LISTS:
                self.route(f"{method} /{name}", self._list_route(name))
        for routes in (OrderRoutes, ProductRoutes, AsnRoutes, BomRoutes, MovementRoutes, LabelRoutes, ShipmentRoutes):
            routes(self)

    def _list_route(self, name: str) -> Any:
        return lambda: self.listed(self.account().lists[name], self.form("offset"))

    def _new_token(self) -> Answer:
        account = self.account()
        if self.readings["new-token"] == "ends-old":
            account.tokens.clear()
        token, expires = secrets.token_hex(32), self.clock() + self.token_lifetime
        account.tokens[token] = expires
        day, _, hour = chicago_text(expires).partition(" ")
        # The portal's sample writes the hour without a leading zero.
        written = f"{day} {hour.removeprefix('0')}"
        return Answer(200, {"success": True, "token": token, "expires": written})
