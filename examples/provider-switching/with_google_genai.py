"""An agent written for Gemini with google-genai. It knows nothing of Turnpike: GOOGLE_GEMINI_BASE_URL and GEMINI_API_KEY, which
the SDK reads itself, say where it goes."""

import base64
import json

from google import genai
from google.genai import types

MODEL = "gemini-2.5-flash"
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
WEATHER = types.FunctionDeclaration(
    name="get_weather",
    description="Tells the weather in a city.",
    parameters_json_schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}

client = genai.Client()

chunks = list(client.models.generate_content_stream(model=MODEL, contents="Tell me a story in one sentence."))
story = "".join(chunk.text or "" for chunk in chunks)
assert story and chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
print("stream:", story)

tools = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[WEATHER])])
question = types.Content(role="user", parts=[types.Part(text="What is the weather in Zürich?")])
answer = client.models.generate_content(model=MODEL, contents=[question], config=tools)
assert answer.function_calls, "the model did not call the tool"
results = [
    types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": "sunny, 21 °C"}))
    for call in answer.function_calls
]
history = [question, answer.candidates[0].content, types.Content(role="user", parts=results)]
told = client.models.generate_content(model=MODEL, contents=history, config=tools)
assert told.text
print("tools:", answer.function_calls[0].name, answer.function_calls[0].args, "→", told.text)

picture = types.Part.from_bytes(data=PIXEL, mime_type="image/png")
seen = client.models.generate_content(model=MODEL, contents=["What colour is this?", picture])
assert seen.text
print("image:", seen.text)

form = types.GenerateContentConfig(response_mime_type="application/json", response_json_schema=PERSON)
ada = json.loads(client.models.generate_content(model=MODEL, contents="Ada is 36 years old.", config=form).text)
assert set(ada) == {"name", "age"} and isinstance(ada["name"], str) and isinstance(ada["age"], int)
print("schema:", ada)
