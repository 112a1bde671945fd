"""How busy the machine is that the tests run on."""

from __future__ import annotations

import threading
import time


class Lag:
    """How long this machine keeps a thread from running that wants to: what others load it with is not the server's."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.is_set():
            begun = time.monotonic()
            time.sleep(0.01)
            self.worst = max(self.worst, time.monotonic() - begun - 0.01)

    def take(self) -> float:
        worst, self.worst = self.worst, 0.0
        return worst

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
