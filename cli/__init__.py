"""The operator's tool `orderbridge`: looks at a deployment and has things done again (see docs/operator.md)."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script. Loads the tool within reach of Ctrl-C, so that it never ends in a traceback."""
    try:
        from cli.app import app

        app()
    except KeyboardInterrupt:
        sys.stderr.write("orderbridge: interrupted\n")
        sys.exit(130)
