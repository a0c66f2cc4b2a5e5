"""`orderbridge mcp`: serve assistants over standard input and output."""

from __future__ import annotations

from cli.failures import BadInput
from cli.tool import Tool


def mcp(tool: Tool) -> None:
    """Serve an assistant over standard input and output, by the Model Context Protocol; it can only read.

    The assistant starts it: docs/mcp.md says how to add it. It ends with its input.
    """
    try:
        from cli.mcp_server import server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise BadInput("the server for assistants is not installed", "make mcp, or pip install '.[mcp]'") from None
    server(tool).run("stdio")
