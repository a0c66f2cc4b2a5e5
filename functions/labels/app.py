"""labels: shows a return label to whoever has its link."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from orderbridge.bootstrap import deployment
from orderbridge.domain.return_labels import LabelKind
from orderbridge.observability import logger, meter, metrics, traced

if TYPE_CHECKING:
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


@app.get("/labels/<link>")
def show(link: str) -> Response[Any]:
    """The label behind a link; the same 404 for whatever is wrong with one, or too late."""
    parts = deployment()
    opened = parts.labels.behind(link, parts.clock.now())
    if opened is None:
        meter.count("LabelsRefused")
        return Response(HTTPStatus.NOT_FOUND, _PLAIN, "There is no such label, or it has expired.", _NEVER_KEPT)
    meter.count("LabelsShown")
    kind = opened.label.kind
    where = "attachment" if kind is LabelKind.PDF else "inline"
    shown = _NEVER_KEPT | {"Content-Disposition": f'{where}; filename="return-label.{kind}"'}
    return Response(HTTPStatus.OK, kind.content_type, opened.label.content, shown)


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API request (payload format 2.0)."""
    return app.resolve(event, context)
