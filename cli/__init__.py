"""The operator's tool `orderbridge`: shows the state of a deployment and repeats work (see docs/operator.md)."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script. Loads the tool inside the handling of Ctrl-C, so that it never ends in a traceback."""
    try:
        from cli.app import app

        app()
    except KeyboardInterrupt:
        sys.stderr.write("orderbridge: interrupted\n")
        sys.exit(130)
