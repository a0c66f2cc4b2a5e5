"""Texts that may be shown, printed or logged: without HTML, invisible characters, or possible personal data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Final

MASK: Final = "…"
"""Replaces removed words."""
_LOOKS_LIKE_HTML: Final = re.compile(r"</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|<!--|&(#\d+|#x[0-9a-f]+|[a-z]+);", re.IGNORECASE)
_NOT_SHOWN: Final = frozenset({"script", "style", "head", "title", "template"})
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\U000e0000-\U000e007f]|(?<=[\x00-\u024f])[\u200c\u200d]"
)
"""Control and invisible characters; joiners (U+200C, U+200D) only behind Latin letters, since others need them."""
_WITHIN_A_LINE: Final = frozenset(
    {"a", "abbr", "b", "big", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u"}
)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._break(tag)
        self._hidden += tag in _NOT_SHOWN

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        if tag in _NOT_SHOWN and self._hidden:
            self._hidden -= 1

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)

    def _break(self, tag: str) -> None:
        if tag not in _WITHIN_A_LINE:
            self.parts.append(" ")


def plain_text(text: str) -> str:
    """The text that HTML shows, white space folded; text without HTML keeps its characters.

    >>> plain_text("<p>Cup &amp; <b>sau</b>cer</p><ul><li>blue</li></ul>"), plain_text("length < 5 cm")
    ('Cup & saucer blue', 'length < 5 cm')
    """
    if _LOOKS_LIKE_HTML.search(text):
        parser = _Text()
        parser.feed(text)
        parser.close()
        text = "".join(parser.parts)
    return " ".join(text.split())


def without_unseen(text: str) -> str:
    """The text without control and invisible characters; white space and line breaks stay.

    >>> without_unseen("Ja\\u200bne\\x07\\nRoe")
    'Jane\\nRoe'
    """
    return _UNSEEN.sub("", text)


def one_line(text: str) -> str:
    """The text as it fits on a label: one line, without control and invisible characters.

    >>> one_line("Main\\r\\nStreet\\t12\\u200b ")
    'Main Street 12'
    """
    return " ".join(without_unseen(text).split())


def for_spreadsheet(cell: str) -> str:
    """A cell of a CSV file that no spreadsheet reads as a formula. Numbers stay numbers.

    >>> for_spreadsheet("=1+1"), for_spreadsheet("-3"), for_spreadsheet("MUG")
    ("'=1+1", '-3', 'MUG')
    """
    is_formula = cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not re.fullmatch(r"[+-]?[\d.,]+", cell)
    return f"'{cell}" if is_formula else cell


_BETWEEN_NAMES: Final = frozenset({"&", "and", "et", "the", "und"})


def bare(text: str) -> str:
    """A name to compare: letters and digits only, without case and accents, and without "and" and "the" between other
    words.

    >>> bare("The U.S.A."), bare("Bosnia & Herzegovina"), bare("São Tomé-et-Príncipe"), bare("AND")
    ('usa', 'bosniaherzegovina', 'saotomeetprincipe', 'and')
    """
    plain = unicodedata.normalize("NFKD", text.casefold()).split()
    words = [word for word in plain if word not in _BETWEEN_NAMES] or plain
    return "".join(character for word in words for character in word if character.isalnum())


# ---- Without names, addresses and secrets

_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,3}")
_LOWER_CASE: Final = re.compile(r"[a-z]{1,20}(?:[-'’][a-z]{1,20})?")
_PUNCTUATION: Final = ".,:;!?()[]{}\"'`/=*-"
#: Words that errors begin with or spell with capitals, and that are unlikely to be names.
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


def masked(text: str, known: Iterable[str] = ()) -> str:
    """A vendor's words for logs, without anything that could be a name, an address or a secret: `…` replaces each word
    that is neither lower-case, a short number, usual in errors, nor ``known``.

    A vendor's error may repeat whatever it was sent. If the order is known, its own data is removed instead
    (`orderbridge.ledger.order.scrubbed`).

    >>> masked("Cannot ship to Jane Doe, Elm Street 12345: jane@doe.example is invalid")
    'Cannot ship to … is invalid'
    >>> masked("Order is locked (Billbee error 5)")
    'Order is locked (Billbee error 5)'
    """
    kept = {one.casefold() for one in known if one}
    words = [word if _is_plain(word.strip(_PUNCTUATION), kept) else MASK for word in text.split()]
    return " ".join(word for place, word in enumerate(words) if word != MASK or words[place - 1 : place] != [MASK])


def _is_plain(word: str, known: set[str]) -> bool:
    folded = word.casefold()
    return (
        not word
        or folded in known
        or folded in _CAPITALS
        or _LOWER_CASE.fullmatch(word) is not None
        or _SHORT_NUMBER.fullmatch(word) is not None
    )
