"""A model hub of a page: takes what ``huggingface_hub`` sends, and keeps it in a dictionary."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hub(ThreadingHTTPServer):
    """Keeps files by name, and what was asked of it."""

    def __init__(self, *, refuse: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refuse = refuse
        self.files: dict[str, bytes] = {}
        self.blobs: dict[str, bytes] = {}
        self.made: list[dict[str, Any]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return

    def _answer(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self) -> None:
        self._answer({"siblings": [], "id": "team/model", "sha": "0" * 40})

    def do_PUT(self) -> None:
        self.server.blobs[self.path.rpartition("/")[2]] = self._body()
        self._answer({})

    def do_POST(self) -> None:
        body = self._body()
        if self.server.refuse:
            self._answer({"error": "You may not write here"}, 403)
        elif self.path == "/api/repos/create":
            self.server.made.append(json.loads(body))
            self._answer({"url": f"{self.server.address}/team/model", "name": "team/model"})
        elif "/preupload/" in self.path:
            files = json.loads(body)["files"]
            self._answer({"files": [self._mode(file["path"]) for file in files]})
        elif self.path.endswith("/objects/batch"):
            self._answer(self._batch(json.loads(body)))
        elif "/commit/" in self.path:
            self._commit(body)
            url = f"{self.server.address}/team/model/commit/{'1' * 40}"
            self._answer({"commitUrl": url, "commitOid": "1" * 40, "hookOutput": ""})
        else:
            self._answer({})

    def _mode(self, path: str) -> dict[str, Any]:
        kind = "lfs" if path.endswith(".safetensors") else "regular"
        return {"path": path, "uploadMode": kind, "shouldIgnore": False}

    def _batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        def object_of(entry: dict[str, Any]) -> dict[str, Any]:
            upload = {"href": f"{self.server.address}/blob/{entry['oid']}"}
            return {"oid": entry["oid"], "size": entry["size"], "actions": {"upload": upload}}

        return {"transfer": "basic", "objects": [object_of(entry) for entry in asked["objects"]]}

    def _commit(self, body: bytes) -> None:
        for line in body.decode().splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                self.server.files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                self.server.files[value["path"]] = self.server.blobs[value["oid"]]


@contextmanager
def tiny_hub(*, refuse: bool = False) -> Iterator[Hub]:
    """Serve until the block ends."""
    hub = Hub(refuse=refuse)
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()
