"""Texts that may be HTML, as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_LOOKS_LIKE_HTML: Final = re.compile(r"</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|<!--|&(#\d+|#x[0-9a-f]+|[a-z]+);", re.IGNORECASE)
_NOT_SHOWN: Final = frozenset({"script", "style", "head", "title", "template"})
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
"""Control and invisible characters. The joiners (U+200C, U+200D) are not among them: words and emoji need them."""
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
