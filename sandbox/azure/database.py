"""The emulator's state: JSON documents by kind and key in one SQLite file."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Database:
    """Documents by kind and key. Keys are compared as ARM compares ids: without case."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, key))"
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside, or none."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def get(self, kind: str, key: str) -> Document | None:
        """One document, or None."""
        row = self._connection.execute(
            "SELECT body FROM documents WHERE kind = ? AND key = ?", (kind, key.lower())
        ).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str) -> list[Document]:
        """Every document of a kind, in the order of their making."""
        rows = self._connection.execute("SELECT body FROM documents WHERE kind = ? ORDER BY rowid", (kind,))
        return [json.loads(row[0]) for row in rows]

    def put(self, kind: str, key: str, body: Document) -> None:
        """Insert or replace a document."""
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind, key.lower(), json.dumps(body)),
        )

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; whether there was one."""
        cursor = self._connection.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key.lower()))
        return cursor.rowcount > 0

    def clear(self) -> None:
        """Remove everything."""
        self._connection.execute("DELETE FROM documents")
