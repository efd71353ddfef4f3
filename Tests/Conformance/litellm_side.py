"""Runs in an environment of its own, where LiteLLM is installed: reads requests as JSON lines from standard input, asks LiteLLM
for each, and writes what it answers as JSON lines. Knows LiteLLM by its documented interface only."""

import json
import os
import sys

os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "127.0.0.1,localhost"}

import litellm  # noqa: E402

litellm.suppress_debug_info = True
litellm.num_retries = 0
# Its documented switch for "leave out what the provider does not take", which comes nearest to what is compared here.
litellm.drop_params = True


def asked(line: dict) -> dict:
    try:
        answer = litellm.completion(**line["arguments"])
        if line["arguments"].get("stream"):
            return {"chunks": [chunk.model_dump(mode="json") for chunk in answer]}
        return {"answer": answer.model_dump(mode="json")}
    except Exception as error:
        return {"error": {"type": type(error).__name__, "status": getattr(error, "status_code", None), "message": str(error)[:400]}}


for text in sys.stdin:
    print(json.dumps(asked(json.loads(text)), default=str), flush=True)
