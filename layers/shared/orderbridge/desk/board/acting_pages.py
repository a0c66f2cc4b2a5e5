"""The pages on which a person confirms an action, reads what came of it, and signs in and out (R44)."""

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


def sign_out_page(name: str, now: datetime) -> str:
    """Asks whether to sign out."""
    button = el("form", el("button", "Sign out", type="submit"), action="/sign-out", method="post")
    return page("Sign out?", el("p", "You are signed in as ", el("strong", name), "."), button, now=now)


def signed_out_page(now: datetime) -> str:
    """The session of this browser is over."""
    text = "You are signed out here. Your identity provider may still know you, and then sign you in again unasked."
    return page("Signed out", el("p", text), el("p", el("a", "Sign in again", href="/login")), now=now)


def not_signed_in_page(why: str, now: datetime) -> str:
    """Why somebody was not signed in, or a form was not taken."""
    text = f"Nothing was done: {why}."
    return page("Not signed in", el("p", text, role="alert"), el("p", el("a", "Sign in", href="/login")), now=now)
