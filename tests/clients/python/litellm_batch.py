"""LiteLLM as a client of files and batches."""

import json
import time

import litellm
from shared import BASE, MODEL, PROMPT, of_base64, say

URL = "/v1/images/generations"
there = {"api_base": BASE, "api_key": "anything", "custom_llm_provider": "openai"}
body = {"model": MODEL, "prompt": PROMPT, "size": "1024x1024", "quality": "low"}
line = json.dumps({"custom_id": "good", "method": "POST", "url": URL, "body": body}).encode()
file = litellm.create_file(file=("in.jsonl", line), purpose="batch", **there)
batch = litellm.create_batch(completion_window="24h", endpoint=URL, input_file_id=file.id, **there)
while batch.status not in {"completed", "failed", "expired", "cancelled"}:
    time.sleep(0.05)
    batch = litellm.retrieve_batch(batch_id=batch.id, **there)
row = json.loads(litellm.file_content(file_id=batch.output_file_id, **there).content)
counts = batch.request_counts
say(
    {
        "purpose": file.purpose,
        "status": batch.status,
        "counts": [counts.total, counts.completed, counts.failed],
        "made": of_base64(row["response"]["body"]["data"][0]["b64_json"]),
    }
)
