"""What every plugin of the engine does: say where it listens, and end when told."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import grpc


def serve(server: grpc.Server) -> None:
    """Print the port, as the engine expects it, and serve until the engine says the end, or
    is gone."""
    ended = threading.Event()

    def end(*_: Any) -> None:
        # The engine ends its plugins with SIGINT, which is no reason for a traceback.
        ended.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    engine = os.getppid()
    # An engine that was killed says nothing, and nobody else would end us.
    while not ended.wait(1) and os.getppid() == engine:
        pass
    server.stop(None)
    if os.getppid() != engine and os.getpgrp() == os.getpid():
        # Orphaned: what we started waits for an engine that no longer answers.
        os.killpg(0, signal.SIGKILL)
    os._exit(0)
