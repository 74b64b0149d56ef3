"""The action server: our logs, a ready index and a closed door, then the SDK's own server.

python -m actions --port 5055
"""

import sys

import pluggy
from rasa_sdk.__main__ import main_from_args
from rasa_sdk.endpoint import create_argument_parser
from rasa_sdk.plugin import plugin_manager
from sanic import Sanic

from bot import logs
from bot.door import close_door
from bot.wiring import services

# Longer than Rasa keeps an idle connection: one that closes just as Rasa uses it loses the call.
KEEP_ALIVE_S = 120


class Door:
    """What the SDK calls with its server before it starts."""

    @pluggy.HookimplMarker("rasa_sdk")
    def attach_sanic_app_extensions(self, app: Sanic) -> None:
        """Closes the door, and keeps connections open."""
        app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_S
        close_door(app)


if __name__ == "__main__":
    logs.configure()
    # The first question would wait for the index otherwise.
    services().search.warm()
    plugin_manager().register(Door())
    main_from_args(create_argument_parser().parse_args(["--actions", "actions", *sys.argv[1:]]))
