"""Work that may go on without its client: what nobody foresaw is in the log, though nobody waits any more."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from pochoir.domain.errors import InvalidValue
from pochoir.openai_api import ongoing


@pytest.mark.parametrize(("error", "logged"), [(RuntimeError("broken"), 1), (InvalidValue("Change it."), 0)])
async def test_what_nobody_foresaw_is_logged_with_its_trace(error: Exception, logged: int) -> None:
    async def work() -> None:
        raise error

    with capture_logs() as lines:
        task = ongoing.begin(work())
        await asyncio.wait([task])
        await ongoing.finish()
    assert [line["exc_info"] for line in lines] == [error] * logged
