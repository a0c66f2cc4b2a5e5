"""board: answers requests for pages with HTML. It only reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from orderbridge.bootstrap import deployment
from orderbridge.desk.board import pages
from orderbridge.desk.board.billing_page import billing_page
from orderbridge.desk.board.layout import HEADERS, board_url, order_url, stock_url
from orderbridge.desk.board.order_board import OrderBoard, UnknownMerchant
from orderbridge.ledger.order_number import tidy_number
from orderbridge.platform.observability import logger, traced

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = APIGatewayHttpResolver()
_LONGEST_ID = 18


@app.get("/")
def board() -> Response[str]:
    merchant = _asked("merchant") or None
    return _page(pages.board_page(_board().board(merchant), refreshing=bool(_asked("refresh"))))


@app.get("/orders/<merchant>/<billbee_id>")
def order(merchant: str, billbee_id: str) -> Response[str]:
    is_number = billbee_id.isascii() and billbee_id.isdecimal() and len(billbee_id) <= _LONGEST_ID
    found = _board().order(merchant, int(billbee_id)) if is_number else None
    if found is None:
        text = (
            f"The ledger has no order {billbee_id} of {merchant}. Why it is not imported says: "
            f"orderbridge order why {billbee_id}"
        )
        return _problem("No such order", text, HTTPStatus.NOT_FOUND)
    return _page(pages.order_page(found))


@app.get("/search")
def search() -> Response[str]:
    number = tidy_number(_asked("q"))
    found = _board().search(number)
    if len(found) == 1:
        return Response(HTTPStatus.SEE_OTHER, headers=HEADERS | {"Location": order_url(found[0])})
    status = HTTPStatus.OK if found or not number else HTTPStatus.NOT_FOUND
    return _page(pages.search_page(number, found, _now()), status)


@app.get("/stock")
def stocks() -> Response[str]:
    return _page(pages.stocks_page(_board().shops(), _now()))


@app.get("/stock/<merchant>")
def stock(merchant: str) -> Response[str]:
    view = _board().stock(merchant, _asked("sku"))
    missing = view.asked and view.record is None
    return _page(pages.stock_page(view), HTTPStatus.NOT_FOUND if missing else HTTPStatus.OK)


@app.get("/billing")
def billing() -> Response[str]:
    return _page(billing_page(_board().unbilled(), _now()))


@app.get("/failed")
def failed() -> Response[str]:
    return _page(pages.failed_page(_board().failed(), _now()))


@app.not_found
def nothing_here(_: Exception) -> Response[str]:
    return _problem("There is no such page", "The address leads nowhere.", HTTPStatus.NOT_FOUND)


@app.exception_handler(UnknownMerchant)  # type: ignore[untyped-decorator]
def unknown_merchant(error: UnknownMerchant) -> Response[str]:
    here = stock_url if app.current_event.path.startswith("/stock/") else board_url
    similar = [(name, here(name)) for name in error.similar]
    text = f"{str(error).capitalize()}. A merchant that was added shows within five minutes."
    return _problem("No such merchant", text, HTTPStatus.NOT_FOUND, similar)


@app.exception_handler(Exception)  # type: ignore[untyped-decorator]
def broken(error: Exception) -> Response[str]:
    """The table or a queue cannot be read, or there is a defect. The log has the error; the page only says where to
    look.
    """
    logger.exception("Page not shown", extra={"error": type(error).__name__})
    text = (
        "Something could not be read just now. Try again in a moment; if that does not help, the function's log has "
        f"the error under the request {app.current_event.request_context.request_id}."
    )
    return _problem("This page cannot be shown", text, HTTPStatus.SERVICE_UNAVAILABLE)


def _board() -> OrderBoard:
    parts = deployment()
    return OrderBoard(parts.table, parts.registry.listing, parts.dead_letters, parts.clock)


def _asked(name: str) -> str:
    return app.current_event.query_string_parameters.get(name, "").strip()


def _now() -> datetime:
    return deployment().clock.now()


def _page(html: str, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    return Response(status, "text/html; charset=utf-8", html, headers=HEADERS)


def _problem(title: str, text: str, status: HTTPStatus, similar: Iterable[tuple[str, str]] = ()) -> Response[str]:
    return _page(pages.problem_page(title, text, _now(), similar=similar), status)


@logger.inject_lambda_context(clear_state=True)
@traced
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API request (payload format 2.0)."""
    return app.resolve(event, context)
