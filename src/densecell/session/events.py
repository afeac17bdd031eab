"""What happens in a session, told to every window that listens."""

import queue
import threading
from typing import Any, NamedTuple

WAITING = 500  # events that a slow listener may be behind


class Event(NamedTuple):
    """Something that happened."""

    kind: str
    values: dict[str, Any]


class Events:
    """Passes events on to all listeners; a listener that is too slow loses old ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[queue.Queue[Event]] = []

    def listen(self) -> "queue.Queue[Event]":
        """A queue that receives every event from now on."""
        mine: queue.Queue[Event] = queue.Queue(WAITING)
        with self._lock:
            self._listeners.append(mine)
        return mine

    def leave(self, listener: "queue.Queue[Event]") -> None:
        """Stop a queue from receiving events."""
        with self._lock:
            self._listeners.remove(listener)

    def tell(self, kind: str, /, **values: Any) -> None:
        """Send an event to everyone."""
        with self._lock:
            for listener in self._listeners:
                if listener.full():
                    listener.get_nowait()
                listener.put_nowait(Event(kind, values))
