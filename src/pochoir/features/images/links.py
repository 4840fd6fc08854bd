"""Links to stored images that need no key: signed by this installation, good for an hour."""

from __future__ import annotations

from pochoir.domain.errors import NotFound
from pochoir.infra.clock import Clock
from pochoir.infra.secrets import Sealer

LINK_SECONDS = 3600
"""As long as OpenAI's own links to images are good (60 minutes)."""


IMAGE = "img_"
"""How the ids of images begin, and nothing else that is sealed here."""


class Links:
    """A link's token is the image's id, sealed together with the time."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock

    def token(self, artifact_id: str) -> str:
        return self._sealer.ticket(artifact_id, self._now())

    def artifact_id(self, token: str) -> str:
        """The image that a token stands for. Raises NotFound when it is forged, damaged or too old."""
        found = self._sealer.holder(token, self._now(), LINK_SECONDS)
        if found is None or not found.startswith(IMAGE):  # what was sealed for something else is no link
            raise NotFound("This link is not valid any more: links to images are good for an hour. Make a new one.")
        return found

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
