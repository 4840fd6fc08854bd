"""LangChain's DALL-E wrapper: it knows the models of its own time only and reads links, never base64."""

import urllib.request

from langchain_community.utilities.dalle_image_generator import DallEAPIWrapper
from shared import BASE, PROMPT, digest, say

wrapper = DallEAPIWrapper(model="dall-e-3", api_key="anything", base_url=BASE, max_retries=0, size="1024x1024")
link = wrapper.run(PROMPT)
with urllib.request.urlopen(link) as answer:
    say({"made": digest(answer.read())})
