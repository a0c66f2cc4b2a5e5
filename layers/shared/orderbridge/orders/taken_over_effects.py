"""The Billbee order's state, once the warehouse has the order (R9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.effects.saying import NotBegun, Outcome
from orderbridge.platform.errors import NotFound, UpstreamError
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from collections.abc import Collection

    from orderbridge.effects.saying import About
    from orderbridge.ledger.effects import Effect
    from orderbridge.orders.ports import Hub
    from orderbridge.platform.errors import Refused


class TakenOver:
    """The state may be set again. An order that its merchant has brought to another state meanwhile, such as cancelled,
    keeps that.

    Args:
        states: those from which orders are imported.
    """

    repeatable = True

    def __init__(self, hub: Hub, states: Collection[int]) -> None:
        self._hub = hub
        self._states = states

    def look(self, about: About, effect: Effect) -> Outcome | None:
        return None

    def say(self, about: About, effect: Effect) -> Outcome:
        try:
            order = about.read_again(self._hub)
        except NotFound:
            return Outcome()
        except UpstreamError as error:
            raise NotBegun(error) from error
        if order.state not in self._states or order.archived:
            return Outcome()
        state = int(effect.body["state"])
        self._hub.set_state(order.id, state)
        return Outcome(f"brought to state {state} in Billbee", "billbee set state")

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        logger.warning("State not set", extra={"order_id": about.record.billbee_id, "error": str(error)})
        return Outcome(f"Billbee did not take the state {effect.body['state']}", "billbee set state")
