"""The widget's files: under an address that says what they hold, kept by browsers for a year.

`/widget.js` always gives the newest script; `/widget/<version>/widget.js` is the same one for ever,
for pages that pin it with `integrity`. The script carries the digests of all its parts, so that
pinning it pins them. There is no build step: the files are read once, at the start, and go out
without their comments, which are a third of them.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request, Response

from bot.core.errors import NotFound

FOLDER = Path(__file__).parent / "web" / "widget"
ENTRY = "widget.js"
# Comments that stand on lines of their own; those behind code stay.
_COMMENTS = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/[ \t]*)\n", re.MULTILINE | re.DOTALL)
# What widget.js holds in the place of the manifest; see there.
_PLACE = "/* manifest */ null"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_A_YEAR = "public, max-age=31536000, immutable"
# Public code that any page may load; who may talk to the API is another matter (access.py).
_FOR_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, ready to be sent."""

    body: bytes
    zipped: bytes
    media_type: str
    integrity: str

    @classmethod
    def of(cls, name: str, body: bytes) -> Asset:
        """The file's bytes as an asset."""
        return cls(body, gzip.compress(body, 9, mtime=0), _TYPES[Path(name).suffix], _sri(body))


class WidgetAssets:
    """All files of the widget by name, and the version that names this state of them."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Reads the files."""
        raw = {
            file.name: _without_comments(file.read_text(encoding="utf-8")).encode()
            for file in sorted(folder.iterdir())
            if file.suffix in _TYPES
        }
        digest = hashlib.sha256(b"\0".join(raw[name] for name in sorted(raw))).hexdigest()
        self.version = digest[:12]
        parts = {name: _sri(body) for name, body in raw.items() if name != ENTRY}
        manifest = json.dumps({"version": self.version, "parts": parts}, separators=(",", ":"))
        script = raw[ENTRY].decode()
        assert script.count(_PLACE) == 1, f"{ENTRY} must hold {_PLACE!r} once"
        raw[ENTRY] = script.replace(_PLACE, manifest).encode()
        self.files = {name: Asset.of(name, body) for name, body in raw.items()}

    @property
    def address(self) -> str:
        """The path of the script that never changes."""
        return f"/widget/{self.version}/{ENTRY}"


def add_widget(app: FastAPI) -> WidgetAssets:
    """Adds the widget's addresses to the app."""
    assets = WidgetAssets()

    def newest(request: Request) -> Response:
        return _send(request, assets.files[ENTRY], "no-cache")

    def pinned(version: str, name: str, request: Request) -> Response:
        asset = assets.files.get(name)
        if version != assets.version or asset is None:
            raise NotFound(
                f"This version of the widget is not served here; the present one is "
                f"{assets.address}. docs/embedding.md says how to move to it."
            )
        return _send(request, asset, _A_YEAR)

    def pin() -> dict[str, str]:
        return {"path": assets.address, "integrity": assets.files[ENTRY].integrity}

    app.add_api_route("/widget.js", newest, include_in_schema=False)
    app.add_api_route("/widget.json", pin, include_in_schema=False)
    app.add_api_route("/widget/{version}/{name}", pinned, include_in_schema=False)
    return assets


def _send(request: Request, asset: Asset, caching: str) -> Response:
    etag = f'"{asset.integrity[7:29]}"'
    headers = {**_FOR_ALL, "Cache-Control": caching, "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    body = asset.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = asset.zipped
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=asset.media_type, headers=headers)


def _without_comments(text: str) -> str:
    return _COMMENTS.sub("", text)


def _sri(body: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()
