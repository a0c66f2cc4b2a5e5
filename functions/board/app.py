"""board: answers requests for pages with HTML. Only a form that somebody confirms changes anything (R44)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from orderbridge.bootstrap import deployment
from orderbridge.desk.board import acting_pages, list_pages
from orderbridge.desk.board.acknowledgements import Acknowledgements
from orderbridge.desk.board.acting import Acting, CannotAct, NoSuchTarget, note_in
from orderbridge.desk.board.action import action_url, bench_actions, entry_actions, letter_actions, order_actions
from orderbridge.desk.board.digest_pages import day_of, digest_page, digests_page
from orderbridge.desk.board.figures_page import USUAL, days_asked, figures_page, pictures
from orderbridge.desk.board.forms import LASTS, SentForms
from orderbridge.desk.board.gate import (
    LONGEST_NOTE,
    Auth,
    BadForm,
    NotAllowed,
    access_of,
    address_of,
    authorised_viewer,
    check_reader,
    check_sender,
    cookie_of,
    form_of,
)
from orderbridge.desk.board.home_page import home_page
from orderbridge.desk.board.jobs_page import jobs_page
from orderbridge.desk.board.layout import HEADERS, order_url, stock_url, url
from orderbridge.desk.board.order_board import OrderBoard
from orderbridge.desk.board.order_page import order_page
from orderbridge.desk.board.orders_page import orders_page, search_page
from orderbridge.desk.board.reader import Reader, reader
from orderbridge.desk.board.seals import LONGEST, Seals
from orderbridge.desk.board.shops import UnknownMerchant
from orderbridge.desk.board.sign_in import ATTEMPT_LASTS, SESSION_LASTS, NotSignedIn, SignIn, own_path, session_viewer
from orderbridge.desk.board.stock_page import stock_page, stocks_page
from orderbridge.desk.board.viewer import May, Viewer
from orderbridge.desk.board.workbench import FEW
from orderbridge.ledger.ledger import Ledger
from orderbridge.platform.errors import OrderbridgeError
from orderbridge.platform.observability import logger, traced

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = APIGatewayHttpResolver()
_LONGEST_ID = 18
_FORM, _DONE = "form", "done"
"""The purposes of what is sealed."""


_SESSION_COOKIE, _ATTEMPT_COOKIE = "__Host-orderbridge", "__Host-orderbridge-sign-in"
_SIGN_IN_PAGES = frozenset({"/login", "/callback", "/signed-out"})
"""With OpenID Connect, these are open to everybody."""


def guard(app: APIGatewayHttpResolver, proceed: Callable[[APIGatewayHttpResolver], Response[str]]) -> Response[str]:
    """Runs before every route: finds out who asks, and lets nobody act who may not."""
    event = app.current_event.raw_event
    access = access_of(event)
    if access.auth is not Auth.OIDC:
        viewer = authorised_viewer(event, access)
    elif app.current_event.path in _SIGN_IN_PAGES:
        return proceed(app)
    else:
        viewer = session_viewer(_seals(), access, cookie_of(event, _SESSION_COOKIE))
    leaves = access.auth is Auth.OIDC and app.current_event.path == "/sign-out"
    if viewer.may is May.NOTHING and not leaves:
        raise NotAllowed(f"{viewer.name} has no access to the board")
    if app.current_event.http_method == "GET":
        check_reader(event, access)
    else:
        check_sender(event, access)
        if not viewer.may_act and not leaves:
            raise NotAllowed(f"{viewer.name} may look, and not act")
    app.append_context(viewer=viewer)  # type: ignore[no-untyped-call]
    return proceed(app)


app.use(middlewares=[guard])


# ---- Signing in


@app.get("/login")
def login() -> Response[str]:
    """Sends a browser to the identity provider."""
    url, attempt = _sign_in().begin(_asked("to"))
    return _see(url, _cookie(_ATTEMPT_COOKIE, attempt, ATTEMPT_LASTS))


@app.get("/callback")
def callback() -> Response[str]:
    """Where the identity provider sends a browser back."""
    query, event = app.current_event.query_string_parameters, app.current_event.raw_event
    signed_in = _sign_in().finish(query, cookie_of(event, _ATTEMPT_COOKIE))
    cookies = _cookie(_SESSION_COOKIE, signed_in.session, SESSION_LASTS), _cookie(_ATTEMPT_COOKIE)
    return _see(signed_in.back, *cookies)


@app.get("/sign-out")
def ask_to_sign_out() -> Response[str]:
    _sign_in()
    return _page(acting_pages.sign_out_page(_reader(), _viewer().name))


@app.post("/sign-out")
def sign_out() -> Response[str]:
    _sign_in()
    return _see("/signed-out", _cookie(_SESSION_COOKIE))


@app.get("/signed-out")
def signed_out() -> Response[str]:
    _sign_in()
    return _page(acting_pages.signed_out_page(_reader()))


# ---- Pages


@app.get("/")
def home() -> Response[str]:
    say, board, chosen = _reader(), _board(), _merchant()
    bench = board.workbench(chosen)
    shown = board.figures(chosen, USUAL).by_day if bench.shown and len(bench.shown) <= FEW else {}
    html = home_page(
        say,
        bench,
        refreshing=bool(_asked("refresh")),
        actions=lambda entry: _offered(entry_actions, entry),
        pictures=pictures(say, shown) if shown else None,
    )
    return _page(html)


@app.get("/orders")
def orders() -> Response[str]:
    board = _board()
    return _page(orders_page(_reader(), board.orders(_merchant(), _asked("show"), _asked("begin")), board.shops()))


@app.get("/orders/<merchant>/<billbee_id>")
def order(merchant: str, billbee_id: str) -> Response[str]:
    is_number = billbee_id.isascii() and billbee_id.isdecimal() and len(billbee_id) <= _LONGEST_ID
    found = _board().order(merchant, int(billbee_id)) if is_number else None
    if found is None:
        say = _reader()
        text = say("The ledger has no order {number} of {merchant}.", number=billbee_id, merchant=merchant)
        why = say("Why an order is not imported says:")
        return _problem("No such order", f"{text} {why} orderbridge order why {billbee_id}", HTTPStatus.NOT_FOUND)
    return _page(order_page(_reader(), found, _offered(order_actions, found.order)))


@app.get("/search")
def search() -> Response[str]:
    board = _board()
    found = board.search(_asked("q"))
    if len(found.orders) == 1 and not found.skus:
        return _see(order_url(found.orders[0]))
    if len(found.skus) == 1 and not found.orders:
        return _see(stock_url(*found.skus[0]))
    nothing = found.asked and not found.orders and not found.skus
    html = search_page(_reader(), found, many=len(board.shops()) > 1)
    return _page(html, HTTPStatus.NOT_FOUND if nothing else HTTPStatus.OK)


@app.get("/stock")
def stocks() -> Response[str]:
    shops = _board().shops()
    return _see(stock_url(shops[0].name)) if len(shops) == 1 else _page(stocks_page(_reader(), shops))


@app.get("/stock/<merchant>")
def stock(merchant: str) -> Response[str]:
    view = _board().stock(merchant, _asked("sku"))
    missing = view.asked and view.record is None
    return _page(stock_page(_reader(), view), HTTPStatus.NOT_FOUND if missing else HTTPStatus.OK)


@app.get("/jobs")
def jobs() -> Response[str]:
    bench = _board().workbench(_merchant())
    theirs = bench.chosen or _viewer().merchants is None  # only those who see all act for all
    return _page(jobs_page(_reader(), bench, _offered(bench_actions, bench) if theirs else ()))


@app.get("/figures")
def figures() -> Response[str]:
    board, chosen = _board(), _merchant()
    found = board.figures(chosen, days_asked(_asked("days")))
    return _page(figures_page(_reader(), found, board.shops(), chosen))


@app.get("/billing")
def billing() -> Response[str]:
    return _page(list_pages.billing_page(_reader(), _board().unbilled()))


@app.get("/failed")
def failed() -> Response[str]:
    letters = _board().failed()
    actions = {letter.message_id: _offered(letter_actions, letter) for letter in letters} if _viewer().may_act else None
    return _page(list_pages.failed_page(_reader(), letters, actions))


@app.get("/returns")
def returns() -> Response[str]:
    board, chosen = _board(), _merchant()
    found = board.returns(chosen, _asked("begin"))
    return _page(list_pages.returns_page(_reader(), found, board.shops(), chosen))


@app.get("/inbound")
def inbound() -> Response[str]:
    board, chosen = _board(), _merchant()
    found = board.inbound(chosen, _asked("begin"))
    return _page(list_pages.inbound_page(_reader(), found, board.shops(), chosen))


@app.get("/products")
def products() -> Response[str]:
    board, chosen = _board(), _merchant()
    found = board.refused_products(chosen, _asked("begin"))
    return _page(list_pages.products_page(_reader(), found, board.shops(), chosen))


@app.get("/usage")
def usage() -> Response[str]:
    board, chosen = _board(), _merchant()
    return _page(list_pages.usage_page(_reader(), board.calls(chosen), board.shops(), chosen))


@app.get("/digests")
def digests() -> Response[str]:
    board, chosen = _board(), _merchant()
    return _page(digests_page(_reader(), board.digests(chosen), board.shops(), chosen))


@app.get("/digests/<merchant>/<day>")
def digest(merchant: str, day: str) -> Response[str]:
    board, asked = _board(), day_of(day)
    report = board.digest(merchant, asked) if asked else None
    if asked is None or report is None:
        text = _reader()("{merchant} has no digest of that day, or it is not kept any more.", merchant=merchant)
        return _problem("No such digest", text, HTTPStatus.NOT_FOUND)
    return _page(digest_page(_reader(), merchant, asked, report))


# ---- Actions


@app.get("/act/<action>")
def propose(action: str) -> Response[str]:
    """The page that says what an action would do. It changes nothing."""
    if not _viewer().may_act:
        raise NotAllowed(f"{_viewer().name} may look, and not act")
    target = dict(app.current_event.query_string_parameters)
    proposal = _acting().propose(action, target)
    asked = {"action": action, "target": target, "seen": proposal.seen}
    asked |= {"by": _viewer().name, "number": str(uuid.uuid4())}
    return _page(acting_pages.confirmation_page(_reader(), proposal, _seals().seal(_FORM, asked, LASTS)))


@app.post("/act")
def act() -> Response[str]:
    """Does what a form asks for, once."""
    fields = {"form": LONGEST, "note": LONGEST_NOTE}
    sent = form_of(app.current_event.headers.get("content-type", ""), _body(), fields)
    asked = _seals().open(_FORM, sent["form"])
    if asked is None or asked["by"] != _viewer().name:
        raise BadForm("the form is too old, or was not made for you")
    again, forms = action_url(asked["action"], **asked["target"]), SentForms(deployment().table, deployment().clock)
    if not forms.take(asked["number"]):
        said = forms.said(asked["number"]) or _reader()("The form was sent before. What came of it is not known yet.")
        return _done(said, again)
    try:
        proposal = _acting().propose(asked["action"], asked["target"])
        if sent["note"] and not proposal.takes_note:
            raise BadForm("the form has a note where none belongs")
    except OrderbridgeError as error:  # whoever sends it again hears the same
        forms.done(asked["number"], _reader()("Nothing was done. {why}", why=_sentence(error)))
        raise
    try:
        if proposal.seen != asked["seen"]:
            raise CannotAct(_reader()("It has changed since the page was made. {now}", now=proposal.about[0]))
        said = proposal.do(note_in(sent["note"]))
    except CannotAct as error:
        forms.done(asked["number"], _reader()("Nothing was done. {why}", why=error))
        html = acting_pages.refused_page(_reader(), str(error), proposal.back, again)
        return _page(html, HTTPStatus.CONFLICT)
    logger.info("Acted", extra={"action": asked["action"], "about": asked["target"], "by": _viewer().name})
    forms.done(asked["number"], said)
    return _done(said, proposal.back)


@app.get("/done")
def done() -> Response[str]:
    """What came of a form."""
    told = _seals().open(_DONE, _asked("told"))
    if told is None or told["by"] != _viewer().name:
        return _see("/")
    return _page(acting_pages.done_page(_reader(), told["said"], told["back"]))


# ---- What cannot be shown


@app.not_found
def nothing_here(_: Exception) -> Response[str]:
    return _problem("There is no such page", _reader()("The address leads nowhere."), HTTPStatus.NOT_FOUND)


@app.exception_handler(UnknownMerchant)  # type: ignore[untyped-decorator]
def unknown_merchant(error: UnknownMerchant) -> Response[str]:
    say = _reader()
    similar = [
        (name, stock_url(name) if say.path.startswith("/stock/") else url("/", merchant=name)) for name in error.similar
    ]
    text = say("There is no merchant {name}. One that was added shows within five minutes.", name=error.name)
    return _problem("No such merchant", text, HTTPStatus.NOT_FOUND, similar)


@app.exception_handler(NoSuchTarget)  # type: ignore[untyped-decorator]
def nothing_to_act_on(error: NoSuchTarget) -> Response[str]:
    return _problem("Nothing to act on", _sentence(error), HTTPStatus.NOT_FOUND)


@app.exception_handler(CannotAct)  # type: ignore[untyped-decorator]
def cannot_act(error: CannotAct) -> Response[str]:
    return _problem("It cannot be done now", str(error), HTTPStatus.CONFLICT)


@app.exception_handler(BadForm)  # type: ignore[untyped-decorator]
def bad_form(error: BadForm) -> Response[str]:
    text = f"Nothing was done: {error}. Open the page again and confirm there."
    return _problem("This form cannot be used", text, HTTPStatus.BAD_REQUEST)


@app.exception_handler(NotSignedIn)  # type: ignore[untyped-decorator]
def not_signed_in(error: NotSignedIn) -> Response[str]:
    """A page that was asked for comes after signing in; a form is lost, because it was made for somebody."""
    event = app.current_event
    if event.http_method == "GET" and event.path not in _SIGN_IN_PAGES:
        query = event.raw_query_string
        return _see(f"/login?{urlencode({'to': f'{event.path}?{query}' if query else event.path})}")
    logger.warning("Not signed in", extra={"reason": str(error)})
    return _page(acting_pages.not_signed_in_page(_reader(), str(error)), HTTPStatus.UNAUTHORIZED)


@app.exception_handler(NotAllowed)  # type: ignore[untyped-decorator]
def not_allowed(error: NotAllowed) -> Response[str]:
    logger.warning("Request refused", extra={"reason": str(error)})
    return _problem("This is not allowed", f"Nothing was done: {error}.", HTTPStatus.FORBIDDEN)


@app.exception_handler(Exception)  # type: ignore[untyped-decorator]
def broken(error: Exception) -> Response[str]:
    """The table or a queue cannot be read, or there is a defect. The log has the error; the page only says where to
    look.
    """
    logger.exception("Page not shown", extra={"error": type(error).__name__})
    text = _reader()(
        "Something could not be read just now. Try again in a moment; if that does not help, the function's log has "
        "the error under the request {request}.",
        request=app.current_event.request_context.request_id,
    )
    return _problem("This page cannot be shown", text, HTTPStatus.SERVICE_UNAVAILABLE)


# ---- Parts


def _viewer() -> Viewer:
    found: Viewer = app.context["viewer"]
    return found


def _board() -> OrderBoard:
    parts = deployment()
    return OrderBoard(parts.table, parts.registry.listing, parts.dead_letters, parts.clock, _viewer())


def _acting() -> Acting:
    parts = deployment()
    ledger, seen = Ledger(parts.table, parts.clock), Acknowledgements(parts.table, parts.clock)
    return Acting(
        _board(), ledger, parts.registry, parts.dead_letters, seen, parts.senders, parts.clock, _viewer(), _reader()
    )


def _seals() -> Seals:
    return Seals(deployment().board_secrets.key, deployment().clock)


def _sign_in() -> SignIn:
    """Raises NoSuchTarget if people are let in by others."""
    event, parts = app.current_event.raw_event, deployment()
    access = access_of(event)
    if access.auth is not Auth.OIDC:
        raise NoSuchTarget("there is no such page")
    provider = partial(parts.identity_provider, access.issuer, access.client)
    return SignIn(provider, _seals(), parts.clock, access, f"{address_of(event)}/callback")


def _cookie(name: str, value: str = "", lasts: timedelta = timedelta()) -> Cookie:
    """A cookie that no script sees; without a value, the browser forgets it. ``Lax``, because people come back from the
    provider.
    """
    seconds = int(lasts.total_seconds())
    return Cookie(name, value, path="/", secure=True, http_only=True, same_site=SameSite.LAX_MODE, max_age=seconds)


def _offered(actions: Callable[[Reader, Any], Any], about: Any) -> Any:
    return actions(_reader(), about) if _viewer().may_act else ()


def _merchant() -> str | None:
    return _asked("merchant") or None


def _asked(name: str) -> str:
    return app.current_event.query_string_parameters.get(name, "").strip()


def _body() -> str:
    try:
        return app.current_event.decoded_body or ""
    except ValueError:  # neither base64 nor a text
        raise BadForm("the form cannot be read") from None


def _reader() -> Reader:
    event, viewer = app.current_event, app.context.get("viewer")
    asked = reader(
        deployment().clock.now(),
        own_path(event.path),  # forms of the page lead there
        event.query_string_parameters,
        event.raw_event.get("cookies") or [],
        event.headers.get("accept-language", ""),
    )
    if viewer is None or access_of(event.raw_event).auth is not Auth.OIDC:
        return asked
    return replace(asked, signed_in=viewer.name)


def _page(html: str, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    return Response(status, "text/html; charset=utf-8", html, headers=HEADERS, cookies=list(_reader().chosen))


def _see(address: str, *cookies: Cookie) -> Response[str]:
    return Response(HTTPStatus.SEE_OTHER, headers=HEADERS | {"Location": address}, cookies=list(cookies))


def _sentence(error: OrderbridgeError) -> str:
    text = str(error).removesuffix(".")
    return f"{text[:1].upper()}{text[1:]}."


def _done(said: str, back: str) -> Response[str]:
    told = _seals().seal(_DONE, {"said": said, "back": back, "by": _viewer().name}, LASTS)
    return _see(f"/done?told={told}")


def _problem(title: str, text: str, status: HTTPStatus, similar: Iterable[tuple[str, str]] = ()) -> Response[str]:
    say = replace(_reader(), query={})  # what was asked for may not be shown to everybody
    return _page(list_pages.problem_page(say, say(title), text, similar=similar), status)


@logger.inject_lambda_context(clear_state=True)
@traced
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API request (payload format 2.0)."""
    return app.resolve(event, context)
