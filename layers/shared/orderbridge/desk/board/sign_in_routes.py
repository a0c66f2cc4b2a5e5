"""Who is let in to the board, and its routes for signing in and out (R44)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from orderbridge.desk.board import acting_pages
from orderbridge.desk.board.gate import Auth, NotAllowed, authorised_viewer, check_reader, check_sender
from orderbridge.desk.board.sign_in import ATTEMPT_LASTS, SESSION_LASTS, session_viewer
from orderbridge.desk.board.viewer import May

if TYPE_CHECKING:
    from orderbridge.desk.board.viewer import Viewer
    from orderbridge.desk.board.visit import Answer, Route, Visit

OPEN_TO_ALL: Final = frozenset({"/login", "/callback", "/signed-out"})
"""With OpenID Connect, these are open to everybody."""
_SIGN_OUT: Final = "/sign-out"
_SESSION_COOKIE, _ATTEMPT_COOKIE = "__Host-orderbridge", "__Host-orderbridge-sign-in"


def let_in(visit: Visit) -> Viewer | None:
    """Who asks, if they may do what they ask for; None on a page that is open to everybody.

    Raises:
        NotSignedIn
        NotAllowed
    """
    event, access = visit.event, visit.access
    if access.auth is not Auth.OIDC:
        viewer = authorised_viewer(event.raw_event, access)
    elif event.path in OPEN_TO_ALL:
        return None
    else:
        viewer = session_viewer(visit.seals, access, visit.cookie(_SESSION_COOKIE))
    leaves = access.auth is Auth.OIDC and event.path == _SIGN_OUT
    if viewer.may is May.NOTHING and not leaves:
        raise NotAllowed("{name} has no access to the board", name=viewer.name)
    if event.http_method == "GET":
        check_reader(event.raw_event, access)
    else:
        check_sender(event.raw_event, access)
        if not viewer.may_act and not leaves:
            raise NotAllowed("{name} may look, and not act", name=viewer.name)
    return viewer


def login(visit: Visit) -> Answer:
    """Sends a browser to the identity provider."""
    url, attempt = visit.sign_in().begin(visit.asked("to"))
    return visit.see(url, _cookie(_ATTEMPT_COOKIE, attempt, ATTEMPT_LASTS))


def callback(visit: Visit) -> Answer:
    """Where the identity provider sends a browser back."""
    signed_in = visit.sign_in().finish(visit.event.query_string_parameters, visit.cookie(_ATTEMPT_COOKIE))
    cookies = _cookie(_SESSION_COOKIE, signed_in.session, SESSION_LASTS), _cookie(_ATTEMPT_COOKIE)
    return visit.see(signed_in.back, *cookies)


def ask_to_sign_out(visit: Visit) -> Answer:
    visit.sign_in()
    return visit.page(acting_pages.sign_out_page(visit.say, visit.viewer.name))


def sign_out(visit: Visit) -> Answer:
    visit.sign_in()
    return visit.see("/signed-out", _cookie(_SESSION_COOKIE))


def signed_out(visit: Visit) -> Answer:
    visit.sign_in()
    return visit.page(acting_pages.signed_out_page(visit.say))


def _cookie(name: str, value: str = "", lasts: timedelta = timedelta()) -> Cookie:
    """A cookie that no script sees; without a value, the browser forgets it. ``Lax``, because people come back from the
    provider.
    """
    seconds = int(lasts.total_seconds())
    return Cookie(name, value, path="/", secure=True, http_only=True, same_site=SameSite.LAX_MODE, max_age=seconds)


ROUTES: Final[Sequence[Route]] = (
    ("GET", "/login", login),
    ("GET", "/callback", callback),
    ("GET", _SIGN_OUT, ask_to_sign_out),
    ("POST", _SIGN_OUT, sign_out),
    ("GET", "/signed-out", signed_out),
)
