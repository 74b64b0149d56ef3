"""The action server: our logs and a ready index, then the SDK's own server.

python -m actions --port 5055
"""

import sys

from rasa_sdk.__main__ import main_from_args
from rasa_sdk.endpoint import create_argument_parser

from bot import logs
from bot.wiring import services

if __name__ == "__main__":
    logs.configure()
    # The first question would wait for the index otherwise.
    services().search.warm()
    main_from_args(create_argument_parser().parse_args(["--actions", "actions", *sys.argv[1:]]))
