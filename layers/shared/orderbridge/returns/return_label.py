"""Return labels: what counts as one, how long it is kept, and the form of its link (R24).

A label holds the buyer's address. Its content is only in the stack's encrypted bucket.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

KEPT_DAYS: Final = (7, 14, 30, 60, 90)
"""For how many days a label may be kept; the bucket has a rule for each."""
LARGEST: Final = 4_000_000
"""Bytes of a label: a function cannot answer with more than six million, in base64."""
_DATA_URL: Final = re.compile(r"data:[a-z0-9.+/-]{1,60};base64,", re.IGNORECASE)


class LabelFormat(StrEnum):
    """The types of a label; the value is the ending of its file name."""

    PNG = "png"
    GIF = "gif"
    JPEG = "jpg"
    PDF = "pdf"

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self]

    @property
    def disposition(self) -> str:
        """How a browser treats it: it shows a picture and saves a document."""
        return "attachment" if self is LabelFormat.PDF else "inline"


_CONTENT_TYPES: Final = {
    LabelFormat.PNG: "image/png",
    LabelFormat.GIF: "image/gif",
    LabelFormat.JPEG: "image/jpeg",
    LabelFormat.PDF: "application/pdf",
}
_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", LabelFormat.PNG),
    (b"GIF87a", LabelFormat.GIF),
    (b"GIF89a", LabelFormat.GIF),
    (b"\xff\xd8\xff", LabelFormat.JPEG),
    (b"%PDF-", LabelFormat.PDF),
)


class UnusableLabel(ValueError):
    """The warehouse's answer holds no printable label. The text says why and repeats nothing of the answer.

    Attributes:
        german: the same in German.
    """

    def __init__(self, text: str, german: str) -> None:
        super().__init__(text)
        self.german = german


@dataclass(frozen=True)
class ReturnLabel:
    """A label that can be printed."""

    format: LabelFormat
    content: bytes = field(repr=False)


def read_label(text: object) -> ReturnLabel:
    """The label in a base64 text, which may have line breaks or be a ``data:`` URL.

    Raises:
        UnusableLabel: it is neither an image nor a PDF, or too large.
    """
    if not isinstance(text, str) or not text.strip():
        raise UnusableLabel("its answer holds no label", "die Antwort enthält kein Etikett")
    if len(text) > LARGEST * 3 // 2:
        raise _too_large()
    try:
        content = base64.b64decode("".join(_DATA_URL.sub("", text, count=1).split()), validate=True)
    except (binascii.Error, ValueError):
        raise UnusableLabel("what it sent is not base64", "das Gesendete ist kein Base64") from None
    if len(content) > LARGEST:
        raise _too_large()
    found = next((form for beginning, form in _BEGINNINGS if content.startswith(beginning)), None)
    if found is None:
        raise UnusableLabel(
            "what it sent is neither PNG, GIF, JPEG nor PDF", "das Gesendete ist weder PNG, GIF, JPEG noch PDF"
        )
    return ReturnLabel(found, content)


def _too_large() -> UnusableLabel:
    size = LARGEST // 1_000_000
    return UnusableLabel(f"what it sent has more than {size} MB", f"das Gesendete hat mehr als {size} MB")
