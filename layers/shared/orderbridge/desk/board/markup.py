"""HTML from Python: everything that is not an element made here is text, and is escaped.

>>> str(el("a", "1 < 2", href="/?q=\\"1\\""))
'<a href="/?q=&quot;1&quot;">1 &lt; 2</a>'
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final, TypeAlias

_VOID: Final = frozenset({"input", "link", "meta"})


@dataclass(frozen=True)
class Markup:
    """HTML that needs no escaping."""

    html: str

    def __str__(self) -> str:
        return self.html


Content: TypeAlias = "Markup | str | int | Iterable[Content] | None"
"""What an element may hold: elements, text, numbers, nothing, or several of them."""


def el(tag: str, *content: Content, **attributes: str | int | bool | None) -> Markup:
    """One element. Attributes that are None or False are left out; ``class_`` is ``class``, ``aria_label`` is
    ``aria-label``.
    """
    given = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Markup(f"<{tag}{given}>")
    return Markup(f"<{tag}{given}>{join(content).html}</{tag}>")


def join(content: Content) -> Markup:
    """The content's elements and texts, one after the other."""
    if content is None:
        return Markup("")
    if isinstance(content, Markup):
        return content
    if isinstance(content, str | int):
        return Markup(escape(str(content)))
    return Markup("".join(join(part).html for part in content))


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
