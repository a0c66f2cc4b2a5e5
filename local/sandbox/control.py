"""The sandbox over HTTP: JSON for the command line, forms for the page. It answers this machine alone.

A page of another site can make a browser call loopback. So a form must come from the page itself, and JSON must be sent
as JSON, which a browser does not do for another site. The server answers no other host (`local.http`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from local.sandbox import shop, warehouse
from local.sandbox.act import Act, perform
from local.sandbox.page import HEADERS, PATH, sandbox_page, with_link
from local.sandbox.places import Places, Refusal

ACTS: Final[dict[str, type[Act]]] = {
    **{f"shop/{name}": kind for name, kind in shop.ACTS.items()},
    **{f"warehouse/{name}": kind for name, kind in warehouse.ACTS.items()},
}
CALLS: Final = f"{PATH}/acts/"
_LONGEST_BODY: Final = 100_000


class Control:
    """Answers what is below `/sandbox`, and has the board's pages link there."""

    def __init__(self, here: Places, now: Callable[[], datetime]) -> None:
        self._here = here
        self._now = now

    def answer(self, request: Request) -> Response | None:
        """None for what is not the sandbox's."""
        if request.path != PATH and not request.path.startswith(f"{PATH}/"):
            return None
        if (request.content_length or 0) > _LONGEST_BODY:
            return _refused("The request is too long.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if request.path.startswith(CALLS) and request.method == "POST":
            return self._call(request, request.path.removeprefix(CALLS))
        if request.path == PATH and request.method == "GET":
            return self._page(request)
        if request.path == PATH and request.method == "POST":
            return self._form(request)
        return _refused("There is nothing here.", HTTPStatus.NOT_FOUND)

    @staticmethod
    def linked(response: Response) -> Response:
        """The board's page with a link to the sandbox."""
        if response.mimetype == "text/html":
            response.set_data(with_link(response.get_data(as_text=True)))
        return response

    def _call(self, request: Request, act: str) -> Response:
        given = request.get_json(silent=True) if request.is_json and not _is_foreign(request) else None
        if not isinstance(given, dict):
            return _refused("Send a JSON object, as application/json.", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            done = perform(ACTS, act, given, self._here)
        except Refusal as refusal:
            return _refused(str(refusal), HTTPStatus.CONFLICT)
        return _json({"said": done.said, **done.fields}, HTTPStatus.OK)

    def _form(self, request: Request) -> Response:
        if "Origin" not in request.headers or _is_foreign(request):
            return _refused("The form does not come from the sandbox's own page.", HTTPStatus.FORBIDDEN)
        given: dict[str, Any] = {name: value for name, value in request.form.items() if value.strip()}
        try:
            perform(ACTS, given.pop("act", ""), given, self._here)
        except Refusal as refusal:
            return self._page(request, str(refusal))
        order = request.args.get("order")
        query = f"?{urlencode({'order': order})}" if order else ""
        return Response("", HTTPStatus.SEE_OTHER, {"Location": f"{PATH}{query}", **HEADERS})

    def _page(self, request: Request, refusal: str = "") -> Response:
        with self._here.held():
            text = sandbox_page(self._here, self._now(), order=request.args.get("order"), refusal=refusal)
        status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
        return Response(with_link(text, here=True), status, HEADERS, content_type="text/html; charset=utf-8")


def _is_foreign(request: Request) -> bool:
    """Whether a browser sends it for a page of another site. Other programs name no origin."""
    return request.headers.get("Origin", request.host_url.rstrip("/")) != request.host_url.rstrip("/")


def _refused(why: str, status: HTTPStatus) -> Response:
    return _json({"refused": why}, status)


def _json(value: Any, status: HTTPStatus) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, content_type="application/json")
