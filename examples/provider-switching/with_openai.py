"""An agent written for OpenAI with openai. It knows nothing of Turnpike: OPENAI_BASE_URL and OPENAI_API_KEY, which the SDK
reads itself, say where it goes."""

import json

from openai import OpenAI

MODEL = "gpt-4o-mini"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Tells the weather in a city.", "parameters": PARAMETERS}}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}

client = OpenAI()


def user(content):
    return {"role": "user", "content": content}


story, finish = "", None
for chunk in client.chat.completions.create(model=MODEL, messages=[user("Tell me a story in one sentence.")], stream=True):
    for choice in chunk.choices:
        story += choice.delta.content or ""
        finish = choice.finish_reason or finish
assert story and finish == "stop"
print("stream:", story)

question = user("What is the weather in Zürich?")
asked = client.chat.completions.create(model=MODEL, messages=[question], tools=[WEATHER]).choices[0].message
assert asked.tool_calls, "the model did not call the tool"
results = [{"role": "tool", "tool_call_id": call.id, "content": "sunny, 21 °C"} for call in asked.tool_calls]
told = client.chat.completions.create(model=MODEL, messages=[question, asked, *results], tools=[WEATHER]).choices[0].message.content
assert told
print("tools:", asked.tool_calls[0].function.name, asked.tool_calls[0].function.arguments, "→", told)

picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
shown = user([{"type": "text", "text": "What colour is this?"}, picture])
seen = client.chat.completions.create(model=MODEL, messages=[shown]).choices[0].message.content
assert seen
print("image:", seen)

form = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": PERSON}}
said = client.chat.completions.create(model=MODEL, messages=[user("Ada is 36 years old.")], response_format=form)
ada = json.loads(said.choices[0].message.content)
assert set(ada) == {"name", "age"} and isinstance(ada["name"], str) and isinstance(ada["age"], int)
print("schema:", ada)
