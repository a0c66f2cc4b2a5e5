"""One request to the board: who asks and for what, what they are given, and the forms that answers have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from aws_lambda_powertools.event_handler import Response

from orderbridge.desk.board.acknowledgements import Acknowledgements
from orderbridge.desk.board.acting import Acting, NoSuchTarget
from orderbridge.desk.board.gate import Access, Auth, access_of, address_of, cookie_of
from orderbridge.desk.board.layout import HEADERS
from orderbridge.desk.board.list_pages import problem_page
from orderbridge.desk.board.order_board import OrderBoard
from orderbridge.desk.board.reader import Reader, reader
from orderbridge.desk.board.seals import Seals
from orderbridge.desk.board.sign_in import IdentityProvider, NotSignedIn, SignIn, own_path
from orderbridge.ledger.ledger import Ledger

if TYPE_CHECKING:
    from aws_lambda_powertools.shared.cookies import Cookie
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from orderbridge.desk.board.board_secrets import BoardSecrets
    from orderbridge.desk.board.viewer import Viewer
    from orderbridge.jobs.dead_letters import DeadLetters
    from orderbridge.jobs.publisher import Sender
    from orderbridge.merchants.registry import Registry
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table

Answer: TypeAlias = Response[str]
Route: TypeAlias = tuple[str, str, Callable[..., Answer]]
"""A method, a path, and what answers: a function of the visit and the variable parts of the path."""


class Parts(Protocol):
    """What the board is given of the deployment. Each part is made when it is first asked for."""

    clock: Clock

    @property
    def table(self) -> Table: ...

    @property
    def registry(self) -> Registry: ...

    @property
    def dead_letters(self) -> DeadLetters: ...

    @property
    def senders(self) -> Mapping[str, Sender]: ...

    @property
    def board_secrets(self) -> BoardSecrets: ...

    def identity_provider(self, issuer: str, client_id: str) -> IdentityProvider: ...


class Visit:
    """One request.

    Args:
        viewer: who sent it; None before that is known, and on the pages that are open to everybody.
    """

    def __init__(self, parts: Parts, event: APIGatewayProxyEventV2, viewer: Viewer | None) -> None:
        self.parts = parts
        self.event = event
        self._viewer = viewer

    # ---- Who asks, and for what

    @property
    def viewer(self) -> Viewer:
        """Raises NotSignedIn if nobody is known to ask."""
        if self._viewer is None:
            raise NotSignedIn("nobody is signed in")
        return self._viewer

    @property
    def access(self) -> Access:
        """Raises NotAllowed."""
        return access_of(self.event.raw_event)

    @cached_property
    def say(self) -> Reader:
        event = self.event
        asked = reader(
            self.parts.clock.now(),
            own_path(event.path),  # forms of the page lead there
            event.query_string_parameters,
            event.raw_event.get("cookies") or [],
            event.headers.get("accept-language", ""),
        )
        if self._viewer is None or self.access.auth is not Auth.OIDC:
            return asked
        return replace(asked, signed_in=self._viewer.name)

    @property
    def merchant(self) -> str | None:
        """The merchant that was chosen."""
        return self.asked("merchant") or None

    def asked(self, name: str) -> str:
        """A value of the address; empty if there is none."""
        return self.event.query_string_parameters.get(name, "").strip()

    def cookie(self, name: str) -> str:
        return cookie_of(self.event.raw_event, name)

    # ---- What they are given

    @cached_property
    def board(self) -> OrderBoard:
        parts = self.parts
        return OrderBoard(parts.table, parts.registry.listing, parts.dead_letters, parts.clock, self.viewer)

    @cached_property
    def acting(self) -> Acting:
        parts = self.parts
        ledger, seen = Ledger(parts.table, parts.clock), Acknowledgements(parts.table, parts.clock)
        return Acting(
            self.board,
            ledger,
            parts.registry,
            parts.dead_letters,
            seen,
            parts.senders,
            parts.clock,
            self.viewer,
            self.say,
        )

    @property
    def seals(self) -> Seals:
        return Seals(self.parts.board_secrets.key, self.parts.clock)

    def sign_in(self) -> SignIn:
        """Raises NoSuchTarget if people are let in by others."""
        access = self.access
        if access.auth is not Auth.OIDC:
            raise NoSuchTarget("there is no such page")
        provider = partial(self.parts.identity_provider, access.issuer, access.client)
        return SignIn(provider, self.seals, self.parts.clock, access, f"{address_of(self.event.raw_event)}/callback")

    def offered(self, actions: Callable[[Reader, Any], Sequence[Any]], about: Any) -> Sequence[Any]:
        """The actions on something, for those who may act."""
        return actions(self.say, about) if self.viewer.may_act else ()

    # ---- Answers

    def page(self, html: str, status: HTTPStatus = HTTPStatus.OK) -> Answer:
        return Response(status, "text/html; charset=utf-8", html, headers=HEADERS, cookies=list(self.say.chosen))

    def see(self, address: str, *cookies: Cookie) -> Answer:
        """Sends the browser to another page."""
        return Response(HTTPStatus.SEE_OTHER, headers=HEADERS | {"Location": address}, cookies=list(cookies))

    def problem(self, title: str, text: str, status: HTTPStatus, similar: Iterable[tuple[str, str]] = ()) -> Answer:
        """A page that says what cannot be shown or done. ``similar``: names with their addresses."""
        say = replace(self.say, query={})  # what was asked for may not be shown to everybody
        return self.page(problem_page(say, say(title), text, similar=similar), status)
