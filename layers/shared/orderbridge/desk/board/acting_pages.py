"""The pages on which a person confirms an action, reads what came of it, and signs in and out (R44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.desk.board.gate import LONGEST_NOTE
from orderbridge.desk.board.layout import page
from orderbridge.desk.board.markup import el

if TYPE_CHECKING:
    from orderbridge.desk.board.acting import Proposal
    from orderbridge.desk.board.reader import Reader


def confirmation_page(say: Reader, proposal: Proposal, form: str) -> str:
    """What an action would do, and its button. ``form``: the sealed text that lets it act."""
    note = el("input", name="note", maxlength=LONGEST_NOTE, autocomplete="off")
    return page(
        say,
        proposal.title,
        el(
            "div",
            [el("p", sentence) for sentence in proposal.about if sentence],
            el(
                "form",
                el("input", type="hidden", name="form", value=form),
                el("label", say("Note (optional)"), note) if proposal.takes_note else None,
                el("button", proposal.button, type="submit", class_="final" if proposal.is_final else None),
                action="/act",
                method="post",
            ),
            class_="panel edged bad" if proposal.is_final else "panel edged calm",
        ),
        el("p", el("a", say("Leave it as it is"), href=proposal.back)),
    )


def done_page(say: Reader, said: str, back: str) -> str:
    """What was done."""
    said_so = el("p", said, class_="note", role="status")
    return page(say, say("Done"), said_so, el("p", el("a", say("Back"), href=back)))


def refused_page(say: Reader, why: str, back: str, again: str) -> str:
    """Why nothing was done. ``again``: where the action can be asked for once more."""
    links = (el("p", el("a", say("Look at it again"), href=again)), el("p", el("a", say("Back"), href=back)))
    told = el("p", why, class_="note look", role="alert")
    return page(say, say("Nothing was done"), told, links)


def sign_out_page(say: Reader, name: str) -> str:
    """Asks whether to sign out."""
    button = el("form", el("button", say("Sign out"), type="submit"), action="/sign-out", method="post")
    return page(say, say("Sign out?"), el("p", say("You are signed in as {name}.", name=name)), button)


def signed_out_page(say: Reader) -> str:
    """The session of this browser is over."""
    text = "You are signed out here. Your identity provider may still know you, and then sign you in again unasked."
    return page(say, say("Signed out"), el("p", say(text)), el("p", el("a", say("Sign in again"), href="/login")))


def not_signed_in_page(say: Reader, why: str) -> str:
    """Why somebody was not signed in, or a form was not taken."""
    told = el("p", say("Nothing was done: {why}.", why=why), role="alert")
    return page(say, say("Not signed in"), told, el("p", el("a", say("Sign in"), href="/login")))
