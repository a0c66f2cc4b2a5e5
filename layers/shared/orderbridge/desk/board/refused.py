"""Why the board does not do what a request asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.platform.errors import OrderbridgeError

if TYPE_CHECKING:
    from orderbridge.desk.board.reader import Reader


class Refused(OrderbridgeError):
    """Nothing is shown or done.

    Args:
        text: why, as the board's texts have it; ``{name}`` stands for a value.
    """

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self._text, self._values = text, values

    def why(self, say: Reader) -> str:
        """The reason in the reader's language; the log has it in English."""
        return say(self._text, **self._values)
