"""A headless Chromium for the tests, driven by its DevTools protocol over two pipes: neither driver nor package needed.

with browser() as chromium:
    tab = chromium.open(url, width=375)
    assert tab.evaluate("document.title") == "orderbridge"
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""Where it is, or None. CI installs Debian's package, and says that the tests need it."""
needs_browser = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("BROWSER_TESTS") != "required",
    reason="Chromium is not installed: apt-get install chromium, or run .ci/run",
)
_PATIENCE = 60.0
_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP evil.example 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--no-proxy-server",
)


class BrowserFailed(Exception):
    """Chromium ended, did not answer, or refused a command."""


class Chromium:
    """A running browser. Its end of the pipes is file 3 for commands and file 4 for answers, each ended by a NUL."""

    def __init__(self, profile: Path) -> None:
        if CHROMIUM is None:
            raise BrowserFailed("Chromium is not installed")
        commands_read, self._commands = os.pipe()
        self._answers, answers_write = os.pipe()
        # Root may not use the sandbox, and a container's CI is root.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        wired = f'exec "$0" "$@" 3<&{commands_read} 4>&{answers_write}'
        self._process = subprocess.Popen(
            ["bash", "-c", wired, CHROMIUM, *_FLAGS, *sandbox, f"--user-data-dir={profile}"],
            pass_fds=(commands_read, answers_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands_read)
        os.close(answers_write)
        self._buffer = b""
        self._numbers = 0
        self.events: list[dict[str, Any]] = []

    def open(self, url: str, *, width: int = 1280, height: int = 800, scheme: str = "light") -> Tab:
        """A tab that has loaded a page. ``width`` and ``height`` in CSS pixels; below 600 it is a phone."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        tab = Tab(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        tab.call("Page.enable")
        tab.call("Log.enable")
        tab.call("Runtime.enable")
        tab.resize(width, height)
        tab.use_scheme(scheme)
        tab.go(url)
        return tab

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """One command and its answer. Raises BrowserFailed."""
        self._numbers += 1
        number = self._numbers
        command = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserFailed(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def wait_for(self, method: str, session: str) -> dict[str, Any]:
        """The next event of a kind that has not been waited for yet."""
        while True:
            for number, event in enumerate(self.events):
                if event.get("method") == method and event.get("sessionId") == session:
                    return self.events.pop(number)
            self.events.append(self._read())

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._commands)
        os.close(self._answers)

    def _read(self) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self._answers, 1 << 16) if ready else b""
            if not chunk:
                raise BrowserFailed("it ended" if ready else "no answer in time")
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@dataclass(frozen=True)
class Tab:
    """One page in the browser."""

    chromium: Chromium
    session: str

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.chromium.call(method, self.session, **parameters)

    def resize(self, width: int, height: int = 800) -> None:
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def use_scheme(self, scheme: str) -> None:
        """``light`` or ``dark``, as the reader's system would say."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def go(self, url: str) -> None:
        """Load a page, wait until it is there."""
        self._forget_loads()
        if error := self.call("Page.navigate", url=url).get("errorText"):
            raise BrowserFailed(f"{url}: {error}")
        self.chromium.wait_for("Page.loadEventFired", self.session)

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; of a promise, what it comes to."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserFailed(str(answer["exceptionDetails"].get("exception", {}).get("description")))
        return answer["result"].get("value")

    def follow(self, script: str) -> None:
        """Do something that leads to another page, and wait until that is there."""
        self._forget_loads()
        self.evaluate(script)
        self.chromium.wait_for("Page.loadEventFired", self.session)

    def press(self, key: str) -> None:
        """Press a key that has a name, such as ``Tab``."""
        for kind in ("keyDown", "keyUp"):
            code = {"Tab": 9, "Enter": 13, " ": 32}[key]
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def picture(self, *, whole: bool = True) -> bytes:
        """The page as PNG: all of it, or what its window shows."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(answer["data"])

    def complaints(self) -> list[str]:
        """What the browser found wrong with the page, such as a violated content security policy."""
        self.evaluate("0")  # what happened until now has arrived then
        logged = [
            event["params"]["entry"]["text"]
            for event in self.chromium.events
            if event.get("method") == "Log.entryAdded" and event.get("sessionId") == self.session
        ]
        thrown = [
            event["params"]["exceptionDetails"]["text"]
            for event in self.chromium.events
            if event.get("method") == "Runtime.exceptionThrown" and event.get("sessionId") == self.session
        ]
        return logged + thrown

    def _forget_loads(self) -> None:
        self.chromium.events[:] = [e for e in self.chromium.events if e.get("method") != "Page.loadEventFired"]


@contextmanager
def browser() -> Iterator[Chromium]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        chromium = Chromium(Path(profile))
        try:
            yield chromium
        finally:
            chromium.close()
