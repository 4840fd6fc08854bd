"""What every script needs: the address under test, an image to send, and one line of JSON to answer with."""

import base64
import hashlib
import json
import os

BASE = os.environ["POCHOIR_BASE"]
PROMPT = "A fox in the snow"
MODEL = "gpt-image-2"
EDITOR = "gpt-image-1-mini"
IMAGE = base64.b64decode(os.environ["POCHOIR_IMAGE"])
MASK = base64.b64decode(os.environ["POCHOIR_MASK"])


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def of_base64(text: str) -> str:
    return digest(base64.b64decode(text))


def say(data: object) -> None:
    print("\n" + json.dumps(data))
