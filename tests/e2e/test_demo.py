"""The demo as a person meets it: in a terminal of 80 columns."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from local import demo_orders
from local.stack import PROJECT

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group(__name__)]

WIDTH = 80


def in_a_terminal(*command: str) -> tuple[int, list[str]]:
    """The exit status of a program and the lines that it wrote, without colours."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, WIDTH, 0, 0))
    bare = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=its, stdout=its, stderr=its, env=bare | {"TERM": "xterm"}, close_fds=True
    ) as process:
        os.close(its)
        written = b""
        while chunk := _read(ours):
            written += chunk
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;]*m", "", written.decode())
    return process.returncode, [line.rstrip() for line in text.splitlines()]


def _read(file: int) -> bytes:
    try:
        return os.read(file, 1 << 16)
    except OSError:  # the other end is closed
        return b""


def test_at_80_columns_no_line_is_longer_and_no_sku_is_cut() -> None:
    status, lines = in_a_terminal(sys.executable, "-m", "local", "run")
    assert status == 0, lines[-20:]
    assert lines[-1] == "Every order ended as it should."
    assert [line for line in lines if len(line) > WIDTH and "/" not in line] == []  # a path is not broken
    words = set(" ".join(lines).split())
    skus = {sku for sku, *_ in (*demo_orders.ACME_PRODUCTS, *demo_orders.NORDLICHT_PRODUCTS)}
    assert skus | {demo_orders.KIT, demo_orders.ONLY_AT_THE_WAREHOUSE, "partially_shipped,", "acknowledged"} <= words
    assert not [line for line in lines if "…" in line and not re.search(r" s  … |/labels/…", line)]
