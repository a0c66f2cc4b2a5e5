"""board: answers requests for pages with HTML. Only a form that somebody confirms changes anything (R44)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from orderbridge.bootstrap import deployment
from orderbridge.desk.board import acting_routes, page_routes, sign_in_routes
from orderbridge.desk.board.refusals import REFUSALS
from orderbridge.desk.board.visit import Visit
from orderbridge.platform.observability import logger, traced

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = APIGatewayHttpResolver()


def visit() -> Visit:
    return Visit(deployment(), app.current_event, app.context.get("viewer"))


def guard(app: APIGatewayHttpResolver, proceed: Callable[[APIGatewayHttpResolver], Response[str]]) -> Response[str]:
    """Runs before every route: finds out who asks, and lets nobody act who may not."""
    app.append_context(viewer=sign_in_routes.let_in(visit()))  # type: ignore[no-untyped-call]
    return proceed(app)


def add_route(method: str, path: str, answer: Callable[..., Response[str]]) -> None:
    @app.route(path, method)
    def route(**parts: str) -> Response[str]:
        return answer(visit(), **parts)


def add_refusal(kind: type[Exception], answer: Callable[[Visit, Any], Response[str]]) -> None:
    @app.exception_handler(kind)  # type: ignore[untyped-decorator]
    def refusal(error: Exception) -> Response[str]:
        return answer(visit(), error)


app.use(middlewares=[guard])
for one in (*page_routes.ROUTES, *acting_routes.ROUTES, *sign_in_routes.ROUTES):
    add_route(*one)
for kind, answer in REFUSALS.items():
    add_refusal(kind, answer)


@logger.inject_lambda_context(clear_state=True)
@traced
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API request (payload format 2.0)."""
    return app.resolve(event, context)
