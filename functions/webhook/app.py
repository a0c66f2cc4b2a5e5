"""webhook: turns a verified ring of Billbee's webhook into a poll of that merchant's orders, and shows return labels to
callers with their link. It is open to the Internet, and each call carries its own proof.
"""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from orderbridge.bootstrap import deployment
from orderbridge.orders.webhook import LARGEST_BODY, LARGEST_ECHO, Ring, Unauthorized
from orderbridge.platform.observability import logger, metered, traced

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = APIGatewayHttpResolver()
_PLAIN = "text/plain; charset=utf-8"
_NEVER_KEPT = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@app.get("/webhooks/billbee/<merchant>")
@app.get("/webhooks/billbee/<merchant>/")
def echo(merchant: str) -> Response[str]:
    """Answer the echo of Billbee's registration, which tells nothing about the merchant; or accept a rule's call."""
    if "token" in app.current_event.query_string_parameters:
        return doorbell(merchant)
    text = app.current_event.query_string_parameters.get("echo", "")
    if not text or len(text) > LARGEST_ECHO:
        return _refusal()
    return Response(HTTPStatus.OK, _PLAIN, text, headers={"X-Content-Type-Options": "nosniff"})


@app.post("/webhooks/billbee/<merchant>")
@app.post("/webhooks/billbee/<merchant>/")
def doorbell(merchant: str) -> Response[str]:
    """Accept a ring that is signed with the merchant's secret or carries it as ``token``."""
    event = app.current_event
    parts = deployment()
    try:
        body = _raw_body(event)
        if len(body) > LARGEST_BODY:
            return Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _PLAIN, "The body is too large.")
        headers = {name.lower(): value for name, value in event.headers.items()}
        ring = Ring(merchant, body, headers, event.query_string_parameters.get("token"))
        parts.doorbell.ring(ring, event.request_context.request_id)
    except Unauthorized:
        logger.info("Ring refused")  # without the name, which a stranger may invent
        return _refusal()
    logger.info("Ring taken", extra={"merchant": merchant})
    return Response(HTTPStatus.ACCEPTED, _PLAIN, "")


@app.get("/labels/<link>")
def label(link: str) -> Response[Any]:
    """The label of a link; the same 404 for every wrong or expired link."""
    parts = deployment()
    opened = parts.labels.behind(link, parts.clock.now())
    if opened is None:
        return Response(HTTPStatus.NOT_FOUND, _PLAIN, "There is no such label, or it has expired.", _NEVER_KEPT)
    kind = opened.label.format
    shown = _NEVER_KEPT | {"Content-Disposition": f'{kind.disposition}; filename="return-label.{kind}"'}
    return Response(HTTPStatus.OK, kind.content_type, opened.label.content, shown)


def _raw_body(event: APIGatewayProxyEventV2) -> bytes:
    """The bytes that were signed: the HTTP API hands over binary bodies in base64."""
    raw = event.body or ""
    if not event.is_base64_encoded:
        return raw.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(raw, validate=True)
    except ValueError:
        raise Unauthorized("webhook") from None


def _refusal() -> Response[str]:
    return Response(HTTPStatus.UNAUTHORIZED, _PLAIN, "Unauthorized")


@logger.inject_lambda_context(clear_state=True)
@traced
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API request (payload format 2.0)."""
    return app.resolve(event, context)
