"""What a person may do from a page: a form that posts, with what it asks before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orderbridge.desk.board.markup import Markup, el


@dataclass(frozen=True)
class Action:
    """One button.

    Attributes:
        label: the words on it, in the reader's language.
        url: where its form is posted.
        confirmation: what it does, shown before it is sent; without it, the button sends at once.
        fields: hidden fields of the form, such as the token against forged requests.
        is_final: it cannot be undone, and looks like that.
    """

    label: str
    url: str
    confirmation: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = False


def action_list(actions: Sequence[Action]) -> Markup | None:
    """The buttons in a row. A confirmation opens below its button, without a script."""
    if not actions:
        return None
    return el("ul", [el("li", _form(action)) for action in actions], class_="actions")


def _form(action: Action) -> Markup:
    button = el("button", action.label, type="submit", class_="final" if action.is_final else None)
    hidden = [el("input", type="hidden", name=name, value=value) for name, value in action.fields.items()]
    form = el("form", hidden, button, action=action.url, method="post")
    if not action.confirmation:
        return form
    return el("details", el("summary", action.label, class_="button"), el("p", action.confirmation), form)
