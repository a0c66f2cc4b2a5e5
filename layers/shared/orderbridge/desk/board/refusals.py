"""What the board answers to a request that it cannot or may not fulfil, by kind of error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from orderbridge.desk.board.acting import CannotAct, NoSuchTarget
from orderbridge.desk.board.acting_pages import not_signed_in_page
from orderbridge.desk.board.gate import BadForm, NotAllowed
from orderbridge.desk.board.layout import stock_url, url
from orderbridge.desk.board.refused import Refused
from orderbridge.desk.board.shops import UnknownMerchant
from orderbridge.desk.board.sign_in import NotSignedIn
from orderbridge.desk.board.sign_in_routes import OPEN_TO_ALL
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.visit import Answer, Visit
    from orderbridge.platform.errors import OrderbridgeError


def as_sentence(error: OrderbridgeError, say: Reader) -> str:
    text = (error.why(say) if isinstance(error, Refused) else str(error)).removesuffix(".")
    return f"{text[:1].upper()}{text[1:]}."


def no_such_page(visit: Visit, _: NotFoundError) -> Answer:
    return visit.problem("There is no such page", visit.say("The address leads nowhere."), HTTPStatus.NOT_FOUND)


def unknown_merchant(visit: Visit, error: UnknownMerchant) -> Answer:
    say = visit.say
    similar = [
        (name, stock_url(name) if say.path.startswith("/stock/") else url("/", merchant=name)) for name in error.similar
    ]
    text = say("There is no merchant {name}. One that was added shows within five minutes.", name=error.name)
    return visit.problem("No such merchant", text, HTTPStatus.NOT_FOUND, similar)


def nothing_to_act_on(visit: Visit, error: NoSuchTarget) -> Answer:
    return visit.problem("Nothing to act on", as_sentence(error, visit.say), HTTPStatus.NOT_FOUND)


def cannot_act(visit: Visit, error: CannotAct) -> Answer:
    return visit.problem("It cannot be done now", str(error), HTTPStatus.CONFLICT)


def bad_form(visit: Visit, error: BadForm) -> Answer:
    say = visit.say
    text = say("Nothing was done: {why}. Open the page again and confirm there.", why=error.why(say))
    return visit.problem("This form cannot be used", text, HTTPStatus.BAD_REQUEST)


def not_signed_in(visit: Visit, error: NotSignedIn) -> Answer:
    """A page that was asked for comes after signing in; a form is lost, because it was made for somebody."""
    event = visit.event
    if event.http_method == "GET" and event.path not in OPEN_TO_ALL:
        query = event.raw_query_string
        return visit.see(f"/login?{urlencode({'to': f'{event.path}?{query}' if query else event.path})}")
    logger.warning("Not signed in", extra={"reason": str(error)})
    return visit.page(not_signed_in_page(visit.say, error.why(visit.say)), HTTPStatus.UNAUTHORIZED)


def not_allowed(visit: Visit, error: NotAllowed) -> Answer:
    logger.warning("Request refused", extra={"reason": str(error)})
    text = visit.say("Nothing was done: {why}.", why=error.why(visit.say))
    return visit.problem("This is not allowed", text, HTTPStatus.FORBIDDEN)


def broken(visit: Visit, error: Exception) -> Answer:
    """The table or a queue cannot be read, or there is a defect. The log has the error; the page only says where to
    look.
    """
    logger.exception("Page not shown", extra={"error": type(error).__name__})
    text = visit.say(
        "Something could not be read just now. Try again in a moment; if that does not help, the function's log has "
        "the error under the request {request}.",
        request=visit.event.request_context.request_id,
    )
    return visit.problem("This page cannot be shown", text, HTTPStatus.SERVICE_UNAVAILABLE)


REFUSALS: Final[Mapping[type[Exception], Callable[[Visit, Any], Answer]]] = {
    NotFoundError: no_such_page,
    UnknownMerchant: unknown_merchant,
    NoSuchTarget: nothing_to_act_on,
    CannotAct: cannot_act,
    BadForm: bad_form,
    NotSignedIn: not_signed_in,
    NotAllowed: not_allowed,
    Exception: broken,
}
