"""Which troubles of a merchant began and ended, read from how the memory of the watch was before and after a write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orderbridge.desk.troubles.trouble import Known
from orderbridge.desk.troubles.watched import WATCHED, memory_of
from orderbridge.platform.stream import Change
from orderbridge.platform.table import check_release


@dataclass(frozen=True)
class TroubleMoved:
    """A trouble was told as new, or as over."""

    trouble: Known
    is_over: bool


def trouble_moves(change: Change) -> Iterator[TroubleMoved]:
    """The troubles that began and ended.

    Raises:
        NewerRelease: only a newer release can read the record.
    """
    if change.sk != WATCHED or change.after is None:
        return
    check_release(change.after)
    before = memory_of(change.before).troubles if change.before is not None else {}
    after = memory_of(change.after).troubles
    for key in before.keys() - after.keys():
        yield TroubleMoved(before[key], is_over=True)
    for key in after.keys() - before.keys():
        yield TroubleMoved(after[key], is_over=False)
