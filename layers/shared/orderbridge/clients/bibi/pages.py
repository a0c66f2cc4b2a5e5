"""Lists in pages: whether there are more, and an error for a list that never ends."""

from __future__ import annotations

from typing import Any, Final

from orderbridge.errors import MalformedAnswer

MOST_PAGES: Final = 5_000
_YES: Final = frozenset({"true", "1", "yes", "y", "t"})
_NO: Final = frozenset({"", "false", "0", "no", "n", "f", "none"})


class Pages:
    """Follows a list from page to page. The documents count pages from 1, and name neither a last page nor a number
    of them: without a bound, a server that ignores ``offset`` would be asked for ever.

    Args:
        operation: named by the errors.
        at_most: pages; a list that claims to have more is an error, since it would be cut.
    """

    def __init__(self, operation: str, *, at_most: int = MOST_PAGES) -> None:
        self._operation = operation
        self._at_most = at_most
        self._last: object = None

    def go_on(self, page: int, shown: object, *, more: bool) -> bool:
        """Whether another page follows on this one.

        Args:
            page: its number.
            shown: what stood on it.
            more: whether the answer says that there are more.

        Raises:
            MalformedAnswer: it shows what the page before it showed, it claims to have more but is empty, or it is
                beyond the bound.
        """
        if page > 1 and shown and shown == self._last:
            raise MalformedAnswer(self._operation, f"page {page} shows what page {page - 1} showed")
        self._last = shown
        if not more:
            return False
        if not shown:
            raise MalformedAnswer(self._operation, f"page {page} is empty, and says that there are more")
        if page >= self._at_most:
            raise MalformedAnswer(self._operation, f"the list has more than {self._at_most} pages")
        return True


def has_more(data: dict[str, Any], operation: str) -> bool:
    """What an answer says about further pages; none where it does not say. Raises MalformedAnswer."""
    said = str(data.get("hasMoreResults")).strip().casefold()
    if said not in _YES | _NO:
        raise MalformedAnswer(operation, "the answer does not say whether there are more results")
    return said in _YES
