"""What is known of the objects of a collection, and their changes as they come: listed once, then watched.

Waits for the objects of one namespace share it, as long as the plugin runs. A collection counts as known once it was
listed, or its watch has sent what is there: of the rights `list` and `watch` one is enough. Without either, who waits for
the collection waits until the engine is interrupted, and nothing says why: no timeout is looked at before.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...waits import between_tries
from ..engine.provider import ProviderError
from .connection import Connection, NoAnswerError, StatusError

_FIRST_DELAY_SECONDS = 0.8
_LAST_DELAY_SECONDS = 30.0
_WATCH_SECONDS = 300
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_LOOKS_FOR_INTERRUPTION_SECONDS = 0.1


@dataclass(frozen=True)
class Event:
    """A change of one object."""

    collection: str
    type: str
    """ADDED, MODIFIED or DELETED."""
    object: dict[str, Any]


Events = queue.Queue[Event]


class Informers:
    """All of one plugin's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_collection: dict[str, _Informer] = {}
        self._lock = threading.Lock()

    def observe(self, collection: str, observer: Callable[[Event], None]) -> Callable[[], None]:
        """Tell an observer of every object and change from now on, without waiting; call the result to end that."""
        with self._lock:
            if collection not in self._by_collection:
                self._by_collection[collection] = _Informer(self._connection, collection)
            informer = self._by_collection[collection]
        informer.add(observer)
        return lambda: informer.remove(observer)

    def follow(self, collection: str, events: Events, cancelled: threading.Event) -> Callable[[], None]:
        """The same into a queue, once the collection is known or the engine interrupted."""
        end = self.observe(collection, events.put)
        known = self._by_collection[collection].known
        while not known.wait(_LOOKS_FOR_INTERRUPTION_SECONDS) and not cancelled.is_set():
            pass
        return end


class _Informer:
    def __init__(self, connection: Connection, collection: str) -> None:
        self.known = threading.Event()
        self._connection = connection
        self._collection = collection
        self._lock = threading.Lock()
        self._objects: dict[str, dict[str, Any]] = {}
        self._observers: list[Callable[[Event], None]] = []
        threading.Thread(target=self._run, daemon=True).start()

    def add(self, observer: Callable[[Event], None]) -> None:
        with self._lock:
            for each in self._objects.values():
                observer(Event(self._collection, "ADDED", each))
            self._observers.append(observer)

    def remove(self, observer: Callable[[Event], None]) -> None:
        with self._lock:
            self._observers.remove(observer)

    def _run(self) -> None:
        delay = _FIRST_DELAY_SECONDS
        while True:
            try:
                self._list_and_watch()
                delay = _FIRST_DELAY_SECONDS
            except (ProviderError, ValueError):
                time.sleep(between_tries(delay))
                delay = min(2 * delay, _LAST_DELAY_SECONDS)

    def _list_and_watch(self) -> None:
        """Returns or raises once the API server ends the watch."""
        try:
            self._watch(
                sendInitialEvents="true",
                resourceVersionMatch="NotOlderThan",
                allowWatchBookmarks="true",
            )
        except StatusError:
            listed = self._connection.request("GET", self._collection)
            kind, version = listed["kind"].removesuffix("List"), listed["apiVersion"]
            self._replace([{"apiVersion": version, "kind": kind, **each} for each in listed.get("items") or []])
            self._watch(resourceVersion=listed["metadata"]["resourceVersion"])

    def _watch(self, **query: str) -> None:
        initial: list[dict[str, Any]] | None = [] if "sendInitialEvents" in query else None
        for event in self._connection.watch(self._collection, _WATCH_SECONDS, **query):
            found = event["object"]
            if event["type"] == "ERROR":
                raise NoAnswerError(str(found.get("message")))
            if event["type"] == "BOOKMARK":
                annotations = found["metadata"].get("annotations") or {}
                if initial is not None and annotations.get(_INITIAL_EVENTS_END) == "true":
                    self._replace(initial)
                    initial = None
            elif initial is not None:
                initial.append(found)
            else:
                self._change(event["type"], found)

    def _replace(self, objects: list[dict[str, Any]]) -> None:
        there = {each["metadata"]["uid"] for each in objects}
        for uid, gone in list(self._objects.items()):
            if uid not in there:
                self._change("DELETED", gone)
        for each in objects:
            before = self._objects.get(each["metadata"]["uid"])
            if before is None or before["metadata"]["resourceVersion"] != each["metadata"]["resourceVersion"]:
                self._change("ADDED" if before is None else "MODIFIED", each)
        self.known.set()

    def _change(self, type_: str, changed: dict[str, Any]) -> None:
        with self._lock:
            if type_ == "DELETED":
                self._objects.pop(changed["metadata"]["uid"], None)
            else:
                self._objects[changed["metadata"]["uid"]] = changed
            for observer in self._observers:
                observer(Event(self._collection, type_, changed))
