"""The routes for acting (R44): a page that asks, a form that acts once, and a page that says what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from orderbridge.desk.board import acting_pages
from orderbridge.desk.board.acting import CannotAct, note_in
from orderbridge.desk.board.action import action_url
from orderbridge.desk.board.forms import LASTS, SentForms
from orderbridge.desk.board.gate import LONGEST_NOTE, BadForm, NotAllowed, form_of
from orderbridge.desk.board.refusals import as_sentence
from orderbridge.desk.board.seals import LONGEST
from orderbridge.platform.errors import OrderbridgeError
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from orderbridge.desk.board.visit import Answer, Route, Visit

_FORM, _DONE = "form", "done"
"""The purposes of what is sealed."""


def propose(visit: Visit, action: str) -> Answer:
    """The page that says what an action would do. It changes nothing."""
    if not visit.viewer.may_act:
        raise NotAllowed("{name} may look, and not act", name=visit.viewer.name)
    target = dict(visit.event.query_string_parameters)
    proposal = visit.acting.propose(action, target)
    asked = {"action": action, "target": target, "seen": proposal.seen}
    asked |= {"by": visit.viewer.name, "number": str(uuid.uuid4())}
    return visit.page(acting_pages.confirmation_page(visit.say, proposal, visit.seals.seal(_FORM, asked, LASTS)))


def act(visit: Visit) -> Answer:
    """Does what a form asks for, once."""
    fields = {"form": LONGEST, "note": LONGEST_NOTE}
    sent, say = form_of(visit.event.headers.get("content-type", ""), _body(visit), fields), visit.say
    asked = visit.seals.open(_FORM, sent["form"])
    if asked is None or asked["by"] != visit.viewer.name:
        raise BadForm("the form is too old, or was not made for you")
    again, forms = action_url(asked["action"], **asked["target"]), SentForms(visit.parts.table, visit.parts.clock)
    if not forms.take(asked["number"]):
        said = forms.said(asked["number"]) or say("The form was sent before. What came of it is not known yet.")
        return _see_done(visit, said, again)
    try:
        proposal = visit.acting.propose(asked["action"], asked["target"])
        if sent["note"] and not proposal.takes_note:
            raise BadForm("the form has a note where none belongs")
    except OrderbridgeError as error:  # whoever sends it again hears the same
        forms.done(asked["number"], say("Nothing was done. {why}", why=as_sentence(error, say)))
        raise
    try:
        if proposal.seen != asked["seen"]:
            raise CannotAct(say("It has changed since the page was made. {now}", now=proposal.about[0]))
        said = proposal.do(note_in(sent["note"], say))
    except CannotAct as error:
        forms.done(asked["number"], say("Nothing was done. {why}", why=error))
        return visit.page(acting_pages.refused_page(say, str(error), proposal.back, again), HTTPStatus.CONFLICT)
    logger.info("Acted", extra={"action": asked["action"], "about": asked["target"], "by": visit.viewer.name})
    forms.done(asked["number"], said)
    return _see_done(visit, said, proposal.back)


def done(visit: Visit) -> Answer:
    """What came of a form."""
    told = visit.seals.open(_DONE, visit.asked("told"))
    if told is None or told["by"] != visit.viewer.name:
        return visit.see("/")
    return visit.page(acting_pages.done_page(visit.say, told["said"], told["back"]))


def _body(visit: Visit) -> str:
    try:
        return visit.event.decoded_body or ""
    except ValueError:  # neither base64 nor a text
        raise BadForm("the form cannot be read") from None


def _see_done(visit: Visit, said: str, back: str) -> Answer:
    told = visit.seals.seal(_DONE, {"said": said, "back": back, "by": visit.viewer.name}, LASTS)
    return visit.see(f"/done?told={told}")


ROUTES: Final[Sequence[Route]] = (
    ("GET", "/act/<action>", propose),
    ("POST", "/act", act),
    ("GET", "/done", done),
)
