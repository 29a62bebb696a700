"""The gateway's log on standard output: one event a line, text or JSON."""

import json
import sys
from datetime import UTC, datetime

from .settings import LOG_LEVELS, LogFormat

# `Verbose` and `Warning` are known from logs of the image; the other names are not established.
_NAMES = {"debug": "Verbose", "info": "Info", "warn": "Warning", "error": "Error", "fatal": "Fatal"}


class Log:
    """Writes events; those below its level are left out."""

    def __init__(self, log_format: LogFormat = "text", level: str = "info") -> None:
        self._format = log_format
        self._threshold = LOG_LEVELS.index(level)

    def debug(self, event: str, message: str) -> None:
        self._write("debug", event, message)

    def info(self, event: str, message: str) -> None:
        self._write("info", event, message)

    def warn(self, event: str, message: str) -> None:
        self._write("warn", event, message)

    def error(self, event: str, message: str) -> None:
        self._write("error", event, message)

    def fatal(self, event: str, message: str) -> None:
        self._write("fatal", event, message)

    def _write(self, level: str, event: str, message: str) -> None:
        if self._format == "none" or LOG_LEVELS.index(level) < self._threshold:
            return
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        text = " ".join(message.split())  # one event is one line
        if self._format == "json":
            line = json.dumps({"level": _NAMES[level], "timestamp": at, "eventType": event, "message": text})
        else:
            line = f"[{_NAMES[level]}] {at} [{event}] {text}"
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
