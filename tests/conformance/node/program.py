"""A container for the tests: an HTTP server that does what its requests ask for.

`/ready` answers 200 or, after `/set?ready=no`, 503; `/file?path=/x` a file of its root folder; `/name` its environment's NAME;
`/exit?code=N` ends it; `/slow` answers after a while.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ready = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        status, body = 200, "ok"
        match address.path:
            case "/ready":
                status, body = (200, "ok") if ready.is_set() else (503, "not ready: it was told so")
            case "/set":
                ready.set() if query["ready"] == "yes" else ready.clear()
            case "/file":
                body = (Path(sys.argv[1]) / query["path"].lstrip("/")).read_text()
            case "/name":
                body = os.environ.get("NAME", "")
            case "/exit":
                os._exit(int(query["code"]))
            case "/slow":
                time.sleep(2)
                body = "slow"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        print(format % arguments, flush=True)  # noqa: T201


def main() -> None:
    if os.environ.get("READY") != "no":
        ready.set()
    port = json.loads((Path(sys.argv[1]) / "network.json").read_text())["listen"]["8080"]
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print("started", flush=True)  # noqa: T201 - from here on it may be asked to end
    server.serve_forever()
    print("ended", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
