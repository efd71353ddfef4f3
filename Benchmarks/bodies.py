"""The request bodies of the scenes."""

from __future__ import annotations

import json
import pathlib

SENTENCE = 'A traveller asked the keeper: "which road is short?" and wrote the answer down.\n'


def request(user: str, size: int, streaming: bool, model: str = "gpt-4o-mini") -> bytes:
    """A chat request of about `size` bytes; `user` tells the upstream what to answer."""
    body: dict = {"user": user, "model": model, "stream": streaming, "temperature": 0.7, "max_tokens": 256}
    if streaming:
        body["stream_options"] = {"include_usage": True}
    body["messages"] = [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": ""}]
    frame = len(json.dumps(body, separators=(",", ":")))
    text = ""
    while len(json.dumps(text)) - 2 < size - frame:
        text += SENTENCE
    body["messages"][1]["content"] = text[: max(0, len(text) - (len(json.dumps(text)) - 2 - (size - frame)))]
    return json.dumps(body, separators=(",", ":")).encode()


def write(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """All bodies as files, by name."""
    made = {
        "small": request("whole", 1000, False),
        "large": request("whole", 65_000, False),
        "burst": request("burst", 1000, True),
        "paced": request("paced", 1000, True),
        "brisk": request("brisk", 1000, True),
    }
    paths = {}
    for name, body in made.items():
        paths[name] = folder / f"{name}.json"
        paths[name].write_bytes(body)
    return paths
