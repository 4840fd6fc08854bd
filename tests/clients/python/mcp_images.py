"""An MCP server that makes images, driven by the MCP client: it asks for gpt-image-1, which has ended."""

import asyncio
import json
import os
import sys
from pathlib import Path

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from shared import BASE, PROMPT, say


async def main() -> None:
    environment = {**os.environ, "OPENAI_BASE_URL": BASE, "OPENAI_API_KEY": "anything", "MAX_RETRIES": "0"}
    server = StdioTransport(str(Path(sys.executable).with_name("gpt-image-mcp")), [], env=environment)
    async with Client(server) as client:
        answer = await client.call_tool("generate_image", {"prompt": PROMPT, "content_type": "general"})
    told = answer.content[0].text
    say({"told": json.loads(told) if told.startswith("{") else told[:2000]})


asyncio.run(main())
