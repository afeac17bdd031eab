"""Which window may paint: the one that was opened last."""

from densecell.errors import OutputError


class OpenWindows:
    """Remembers the window that was opened last."""

    def __init__(self) -> None:
        self._last = ""

    def enter(self, window: str) -> str:
        """Let a window take over; return the one that was there before, if another."""
        before = self._last
        if window:
            self._last = window
        return before if before and window and before != window else ""

    def refuse_others(self, window: str | None) -> None:
        """Refuse a window that another one took over from.

        Raises
        ------
        OutputError
            With the way out.
        """
        if window and self._last and window != self._last:
            raise OutputError(
                "another window paints in this project; reload this one to take over"
            )
