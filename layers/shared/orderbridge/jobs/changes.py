"""Processes what the table's stream delivers: reads the moves in it, and gives them to those who follow them.

Readers turn a change into moves of one kind: an order moved, a trouble ended. A reader is pure and belongs to the room
whose records it reads. Followers do something with the moves of a batch, each in its own way: they count, or tell. A
follower gets some moves again, so it either recognises them by their place in the stream, or does no harm twice.

One change must not hold up the others of its shard:

- A change that no reader understands is reported as a defect, and left out.
- A change that only a newer release understands is handed back, with those behind it, until that release is there or
  the change is too old. Those before it are processed.
- If a follower fails because AWS was not there, the whole batch comes again. If it fails at a move, which is a defect,
  it gets the halves, down to that move, which is reported and left out. If a follower names the change from which it
  could not go on, that one and those behind it come again; the other followers have had them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from orderbridge.platform.defects import is_defect, report
from orderbridge.platform.errors import NewerRelease, OrderbridgeError
from orderbridge.platform.observability import logger
from orderbridge.platform.stream import Change, changes_in, shard_of

M = TypeVar("M")


@dataclass(frozen=True)
class Move(Generic[M]):
    """A move, and the change that it was read from."""

    what: M
    change: Change


class NotTaken(OrderbridgeError):
    """A follower could not process a change now. ``number``: the change; those before it are done."""

    def __init__(self, number: str, why: str) -> None:
        super().__init__(why)
        self.number = number


Reader = Callable[[Change], Iterable[M]]
Follower = Callable[[str, Sequence[Move[M]]], None]
"""Called with a shard and moves of that shard, in their sequence."""


def follow(event: Mapping[str, Any], readers: Sequence[Reader[M]], followers: Sequence[Follower[M]]) -> dict[str, Any]:
    """Process a batch of the stream. Returns which changes must come again, each with those behind it."""
    moves: list[Move[M]] = []
    again: list[str] = []
    for change in changes_in(event):
        try:
            moves += [Move(what, change) for reader in readers for what in reader(change)]
        except NewerRelease as error:
            logger.warning("Handed back", extra={"error": str(error), "record": change.sk})
            again = [change.number]
            break
        except Exception as error:  # noqa: BLE001  a defect of ours: the next change is another record
            report(error, record=change.sk, sequence=change.number)
    for follower in followers if moves else ():
        try:
            _tell(follower, shard_of(event), moves)
        except NotTaken as error:
            logger.warning("Handed back", extra={"error": str(error)})
            again.append(error.number)
    # Without a state, Lambda takes the answer of a function with a window for a failure.
    return {"state": {}, "batchItemFailures": [{"itemIdentifier": number} for number in again]}


def _tell(follower: Follower[M], shard: str, moves: Sequence[Move[M]]) -> None:
    try:
        follower(shard, moves)
    except NotTaken:
        raise
    except Exception as error:
        if not is_defect(error):
            raise
        if len(moves) == 1:
            report(error, record=moves[0].change.sk, sequence=moves[0].change.number)
            return
        middle = len(moves) // 2
        _tell(follower, shard, moves[:middle])
        _tell(follower, shard, moves[middle:])
