"""Lists in pages: whether there is another page, and an error for a list that does not end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from orderbridge.platform.errors import MalformedAnswer

MOST_PAGES: Final = 5_000
_YES: Final = frozenset({"true", "1", "yes", "y", "t"})
_NO: Final = frozenset({"", "false", "0", "no", "n", "f", "none"})


class Pages:
    """Follows lists from page to page. The documents count pages from 1 and name neither the last page nor their
    number. Without a bound, a server that ignores ``offset`` would be asked for ever.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[object, int, bytes]] = {}

    def go_on(
        self, operation: str, page: int, data: Mapping[str, Any], *, asked: object = "", at_most: int = MOST_PAGES
    ) -> bool:
        """Whether another page follows this one.

        Args:
            page: its number.
            data: the answer, with ``result`` and ``hasMoreResults``.
            asked: distinguishes this list from others of the same call.
            at_most: pages; a list with more is an error, because it would be cut.

        Raises:
            MalformedAnswer: it equals the page before it, it is empty but says that there are more, it does not say
                whether there are, or it is beyond the bound.
        """
        shown = data.get("result")
        print_of_page = hashlib.sha256(repr(shown).encode()).digest()
        if shown and self._last.get(operation) == (asked, page - 1, print_of_page):
            raise MalformedAnswer(operation, f"page {page} shows what page {page - 1} showed")
        self._last[operation] = (asked, page, print_of_page)
        if not _has_more(data, operation):
            return False
        if not shown:
            raise MalformedAnswer(operation, f"page {page} is empty, and says that there are more")
        if page >= at_most:
            raise MalformedAnswer(operation, f"the list has more than {at_most} pages")
        return True


def _has_more(data: Mapping[str, Any], operation: str) -> bool:
    """Whether an answer says that there are further pages. Raises MalformedAnswer if it does not say."""
    said = str(data.get("hasMoreResults")).strip().casefold()
    if said not in _YES | _NO:
        raise MalformedAnswer(operation, "the answer does not say whether there are more results")
    return said in _YES
