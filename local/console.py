"""Lines for people: they fit the width, break between words only, and continue under their text."""

from __future__ import annotations

import os
import textwrap

from rich.console import Console

#: The width if no terminal and no variable says it.
_WIDTH = 80


def console(*, as_json: bool) -> Console:
    """Standard output, or standard error beside JSON. Away from a terminal COLUMNS says how wide it is, else 80."""
    made = Console(stderr=as_json)
    if not made.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        made.width = _WIDTH
    return made


def folded(line: str, width: int, indent: int = 2) -> str:
    """`line` in lines of at most `width`, but for words that are longer; `indent` is that of all but the first."""
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
        expand_tabs=False,
    )
