"""A message to a merchant about an order, a product or a file, with what to do, in English and German.

Each kind has a stable code, so that documentation and people can refer to it. The texts of each topic are in the
``problems`` module of its room. They name fields and SKUs, never the content of an address: they are kept in the
ledger.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["en", "de"]
_CODE: Final = re.compile(r"\[(OB-\d+)\]")


@dataclass(frozen=True)
class Problem:
    """One thing to tell.

    Attributes:
        code: stable, e.g. ``"OB-101"``.
        text: what is wrong and what to do, in one or two sentences.
        german: the same in German.
        passes: it ends by itself, so the order waits for that.
    """

    code: str
    text: str
    german: str
    passes: bool = False

    def say(self, language: Language = "en") -> str:
        """The text with its code, e.g. ``"The order has no goods … [OB-110]"``."""
        return f"{self.german if language == 'de' else self.text} [{self.code}]"

    def __str__(self) -> str:
        return self.say()


def codes_in(text: str) -> tuple[str, ...]:
    """The codes of the problems that a text tells, each once."""
    return tuple(dict.fromkeys(_CODE.findall(text)))
