"""An agent written for Claude with anthropic. It knows nothing of Turnpike: ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY, which the
SDK reads itself, say where it goes."""

import json

from anthropic import Anthropic

MODEL = "claude-sonnet-5"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "description": "Tells the weather in a city.", "input_schema": SCHEMA}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}

client = Anthropic()


def user(content):
    return {"role": "user", "content": content}


def text(message):
    return "".join(block.text for block in message.content if block.type == "text")


with client.messages.stream(model=MODEL, max_tokens=500, messages=[user("Tell me a story in one sentence.")]) as stream:
    story = "".join(stream.text_stream)
    assert story and stream.get_final_message().stop_reason == "end_turn"
print("stream:", story)

question = user("What is the weather in Zürich?")
asked = client.messages.create(model=MODEL, max_tokens=500, messages=[question], tools=[WEATHER])
calls = [block for block in asked.content if block.type == "tool_use"]
assert calls and asked.stop_reason == "tool_use", "the model did not call the tool"
results = user([{"type": "tool_result", "tool_use_id": call.id, "content": "sunny, 21 °C"} for call in calls])
history = [question, {"role": "assistant", "content": asked.content}, results]
told = text(client.messages.create(model=MODEL, max_tokens=500, messages=history, tools=[WEATHER]))
assert told
print("tools:", calls[0].name, calls[0].input, "→", told)

picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
shown = user([{"type": "text", "text": "What colour is this?"}, picture])
seen = text(client.messages.create(model=MODEL, max_tokens=500, messages=[shown]))
assert seen
print("image:", seen)

form = {"format": {"type": "json_schema", "schema": PERSON}}
said = client.messages.create(model=MODEL, max_tokens=500, messages=[user("Ada is 36 years old.")], output_config=form)
ada = json.loads(text(said))
assert set(ada) == {"name", "age"} and isinstance(ada["name"], str) and isinstance(ada["age"], int)
print("schema:", ada)
