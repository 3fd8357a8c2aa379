"""The stack that `npm run local` runs on this machine: where it is, and as whom to call it."""

import json
import os
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIMEOUT_SECONDS = 5


class NoStack(Exception):
    """Says in one line what to do instead."""


def stack_file():
    """What a stack writes when it is ready, in its data folder."""
    folder = os.environ.get("SENSORFLOW_DATA_DIR") or ".sensorflow"
    return os.path.join(ROOT, folder, "local.json")


def read_stack(file):
    """Its address and its machine client, as it wrote them. Raises NoStack."""
    try:
        with open(file, encoding="utf8") as text:
            stack = json.load(text)
        machine = stack["machine"]
        keys = ("tokenUrl", "clientId", "clientSecret", "scope")
        return stack["baseUrl"], [machine[key] for key in keys]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoStack(f"{file} names no stack: start one with npm run local.") from error


def running_stack():
    """The same, of the stack that answers on this machine now. Raises NoStack."""
    file = stack_file()
    base_url, access = read_stack(file)
    try:
        with urllib.request.urlopen(f"{base_url}/health/live", timeout=TIMEOUT_SECONDS):
            return base_url, access
    except (OSError, urllib.error.URLError) as error:
        message = f"The stack of {file} does not run: start it with npm run local."
        raise NoStack(message) from error
