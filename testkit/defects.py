"""A deliberate defect: the processing of some orders raises an unexpected error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch


class Defective(Exception):
    """An error that the layer does not know."""


@contextmanager
def defective(where: str, billbee_id: Callable[..., int], *orders: int) -> Iterator[list[int]]:
    """While this lasts, a function raises when it is called for one of these orders; gives the calls that raised.

    Args:
        where: the function, e.g. ``"orderbridge.orders.push_orders.prepare"``.
        billbee_id: which order a call is about, by the function's arguments.
    """
    raised: list[int] = []
    real = resolve_name(where)

    def broken(*arguments: Any, **rest: Any) -> Any:
        order = billbee_id(*arguments, **rest)
        if order in orders:
            raised.append(order)
            raise Defective(f"Jane Doe, Elm Street 12 of order {order}")
        return real(*arguments, **rest)

    with patch(where, broken):
        yield raised


def defective_orders(*orders: int) -> Any:
    """Orders that cannot be prepared for the warehouse."""
    return defective("orderbridge.orders.push_orders.prepare", lambda workspace, order: order.id, *orders)
