"""What merchants are told of orders that were merged in Billbee (R38)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orderbridge.ledger.problem import Problem


def merged(parent: int) -> Problem:
    """``parent``: the order that Billbee names."""
    return Problem(
        "OB-411",
        f"This order was merged into order {parent} in Billbee, and cancelled at the warehouse. Its goods are shipped"
        f" with order {parent}, once the warehouse has the change of that order.",
        f"Diese Bestellung wurde in Billbee mit der Bestellung {parent} zusammengeführt und im Lager storniert. Ihre"
        f" Artikel werden mit der Bestellung {parent} versendet, sobald das Lager deren Änderung hat.",
    )


def merged_and_shipped(shipped: Mapping[int, str], cancelled: Mapping[int, Mapping[str, int]]) -> Problem:
    """``shipped``: the orders that were merged into one, with their statuses. ``cancelled``: the pieces of others."""
    english, german = _shipped_by_themselves(shipped)
    also, auch = _cancelled_too(cancelled, "are shipped with this order", "werden mit dieser Bestellung versendet")
    return Problem(
        "OB-132",
        f"{english}{also} Remove {'its' if len(shipped) == 1 else 'their'} positions from this order, or cancel this"
        " order if nothing else is left.",
        f"{german}{auch} Bitte {'ihre' if len(shipped) == 1 else 'deren'} Positionen hier entfernen, oder diese"
        " Bestellung stornieren, wenn nichts bleibt.",
    )


def merged_too_late(
    shipped: Mapping[int, str], cancelled: Mapping[int, Mapping[str, int]], received: str, *, same: bool = False
) -> Problem:
    """
    Args:
        shipped: the orders that were merged into one and that the warehouse ships by themselves, with their statuses.
        cancelled: the pieces of others that were merged into it, which nothing ships as long as it is not changed.
        received: the tag.
        same: the warehouse has the order as it is in Billbee, with as many pieces of the same products.
    """
    english, german = _shipped_by_themselves(shipped)
    if same:
        english += " It ships this order too, as it was sent, so their goods may be shipped twice: ask the warehouse."
        german += (
            " Auch diese Bestellung versendet es, so wie sie gesendet wurde; dabei können Artikel doppelt versendet"
            " werden: bitte beim Lager nachfragen."
        )
    else:
        english += (
            " This order was not changed at the warehouse and is shipped as it was, because goods would be shipped"
            " twice."
        )
        german += (
            " Diese Bestellung wurde im Lager nicht geändert und wird wie zuvor versendet, sonst würden Artikel doppelt"
            " versendet."
        )
    if cancelled:
        also, auch = _cancelled_too(cancelled, "are not shipped yet", "werden noch nicht versendet")
        one = len(shipped) == 1
        english += (
            f"{also} Take the goods of {'order' if one else 'orders'} {_listed(shipped, 'and')} out of this order and"
            f" remove the tag {received}; the warehouse then ships the rest with it."
        )
        german += (
            f"{auch} Bitte die Artikel der {'Bestellung' if one else 'Bestellungen'} {_listed(shipped, 'und')} aus"
            f" dieser Bestellung nehmen und den Tag {received} entfernen; der Rest wird dann mit ihr versendet."
        )
    return Problem("OB-412", english, german)


def _shipped_by_themselves(shipped: Mapping[int, str]) -> tuple[str, str]:
    if len(shipped) == 1:
        ((number, status),) = shipped.items()
        return (
            f"Order {number} was merged into this one, but the warehouse ships it by itself: there it is {status!r}.",
            f"Die Bestellung {number} wurde mit dieser zusammengeführt, das Lager versendet sie aber einzeln: dort"
            f" steht sie auf {status!r}.",
        )
    there = [f"{number} ({status!r})" for number, status in shipped.items()]
    return (
        f"Orders {_listed(there, 'and')} were merged into this one, but the warehouse ships each of them by itself.",
        f"Die Bestellungen {_listed(there, 'und')} wurden mit dieser zusammengeführt, das Lager versendet sie aber"
        " einzeln.",
    )


def _cancelled_too(cancelled: Mapping[int, Mapping[str, int]], english: str, german: str) -> tuple[str, str]:
    """What became of the goods of orders that were cancelled at the warehouse; nothing if there are none."""
    if not cancelled:
        return "", ""
    goods = [f"{number} ({_counted(pieces)})" if pieces else str(number) for number, pieces in cancelled.items()]
    if len(goods) == 1:
        return (
            f" Order {goods[0]} was merged into it too and is cancelled at the warehouse: its goods {english}.",
            f" Auch die Bestellung {goods[0]} wurde mit ihr zusammengeführt und ist im Lager storniert: ihre Artikel"
            f" {german}.",
        )
    return (
        f" Orders {_listed(goods, 'and')} were merged into it too and are cancelled at the warehouse: their goods"
        f" {english}.",
        f" Auch die Bestellungen {_listed(goods, 'und')} wurden mit ihr zusammengeführt und sind im Lager storniert:"
        f" ihre Artikel {german}.",
    )


def _counted(pieces: Mapping[str, int]) -> str:
    return ", ".join(f"{count} × {sku}" for sku, count in pieces.items())


def _listed(things: Iterable[object], last: str) -> str:
    """
    >>> _listed([1, 2, 3], "and")
    '1, 2 and 3'
    """
    *before, end = map(str, things)
    return f"{', '.join(before)} {last} {end}" if before else end
