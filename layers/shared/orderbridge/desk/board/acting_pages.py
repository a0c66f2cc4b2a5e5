"""The pages on which a person confirms an action, and reads what came of it (R44)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from orderbridge.desk.board.layout import page
from orderbridge.desk.board.markup import el

if TYPE_CHECKING:
    from orderbridge.desk.board.acting import Proposal


def confirmation_page(proposal: Proposal, form: str, now: datetime) -> str:
    """What an action would do, and its button. ``form``: the sealed text that lets it act."""
    return page(
        proposal.title,
        [el("p", sentence) for sentence in proposal.about if sentence],
        el(
            "form",
            el("input", type="hidden", name="form", value=form),
            el("button", proposal.button, type="submit", class_="final" if proposal.is_final else None),
            action="/act",
            method="post",
        ),
        el("p", el("a", "Leave it as it is", href=proposal.back)),
        now=now,
    )


def done_page(said: str, back: str, now: datetime) -> str:
    """What was done."""
    return page("Done", el("p", said, role="status"), el("p", el("a", "Back", href=back)), now=now)


def refused_page(why: str, back: str, again: str, now: datetime) -> str:
    """Why nothing was done. ``again``: where the action can be asked for once more."""
    links = (el("p", el("a", "Look at it again", href=again)), el("p", el("a", "Back", href=back)))
    return page("Nothing was done", el("p", why, role="alert"), links, now=now)
