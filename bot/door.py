"""The door of Rasa and of the action server: they answer the gateway alone.

Both listen on loopback; that is not enough on a machine with other users, or in a cluster. So every
request but a health check must carry the secret that the three processes share. The launcher makes
one up at each start; whoever starts them one by one sets HELPDESK_INTERNAL_SECRET.
"""

from __future__ import annotations

import secrets

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.settings import INTERNAL_SECRET_HEADER, settings


def close_door(app: Sanic) -> None:
    """Makes a server refuse every request without the secret.

    Raises:
        BadInput: There is no secret, in production.
    """
    secret = settings().require_internal_secret()
    if secret is None:
        return
    expected = secret.encode()
    # What health checks ask: that the process lives, and nothing else.
    alive = {"/", "/health"}

    async def refuse_strangers(request: Request) -> HTTPResponse | None:
        if request.method == "GET" and request.path in alive:
            return None
        given = str(request.headers.get(INTERNAL_SECRET_HEADER) or "").encode()
        if secrets.compare_digest(given, expected):
            return None
        return json({"error": "This server answers the gateway alone."}, status=403)

    app.register_middleware(refuse_strangers, "request")
