"""A vendor's words without anything that could be somebody's name, address or secret.

What a vendor says in an error may repeat whatever it was sent. Where the order is at hand, its own data is taken out
(`Order.personal_data`); this is for everywhere else, and above all for logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderbridge.domain.order import Order

MASK: Final = "…"
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,3}")
_LOWER_CASE: Final = re.compile(r"[a-z]{1,20}(?:[-'’][a-z]{1,20})?")
_PUNCTUATION: Final = ".,:;!?()[]{}\"'`/=*-"
#: Words that errors begin with or spell with capitals. A name is hardly one of them.
_CAPITALS: Final = frozenset(
    re.findall(
        "[a-z]+",
        """
        a access account active address allowed already an and another answer api application are argument at
        authentication authorization bad be been bibi billbee billing body call cancelled cannot carrier city code
        comment company conflict could country currency customer data date decline declined denied duplicate ean
        empty entry error exceeded exception expected expired failed field for forbidden format found gateway get
        gone has header hold html http https id in incomplete internal invalid is item items json key limit line
        locked malformed many message method missing more must name no not number object occurred of offset on only
        or order orders page parameter password payment permission please post price processed product products put
        quantity rate received reference refused rejected request required resource result server service shipment
        shipped shipping sku source state status stock submitted success tag tags temporarily test that the there
        this timeout timestamp to token too tracking type unable unauthorized unavailable unexpected unknown
        unsupported update upstream url user username valid value warehouse was webhook while with wrong you your
        zip
        """,
    )
)


def plain_words(text: str, known: Iterable[str] = ()) -> str:
    """The text with `…` for each word that is neither lower-case, a short number, usual in errors, nor ``known``.

    >>> plain_words("Cannot ship to Jane Doe, Elm Street 12345: jane@doe.example is invalid")
    'Cannot ship to … is invalid'
    >>> plain_words("Order is locked (Billbee error 5)")
    'Order is locked (Billbee error 5)'
    """
    kept = {one.casefold() for one in known if one}
    words = [word if _is_plain(word.strip(_PUNCTUATION), kept) else MASK for word in text.split()]
    return " ".join(word for place, word in enumerate(words) if word != MASK or words[place - 1 : place] != [MASK])


def scrubbed(text: str, order: Order | None) -> str:
    """A vendor's words without the buyer's data, fit for the ledger and the logs.

    A vendor may repeat what it was sent in another case or with other white space.
    """
    for personal in order.personal_data() if order is not None else ():
        words = (re.escape(word).replace("ß", "(?:ß|ss)") for word in personal.split())
        text = re.sub(r"\s+".join(words), "…", text, flags=re.IGNORECASE)
    return text


def _is_plain(word: str, known: set[str]) -> bool:
    folded = word.casefold()
    return (
        not word
        or folded in known
        or folded in _CAPITALS
        or _LOWER_CASE.fullmatch(word) is not None
        or _SHORT_NUMBER.fullmatch(word) is not None
    )
