"""An agent written for Bedrock with boto3. It knows nothing of Turnpike: AWS_ENDPOINT_URL_BEDROCK_RUNTIME and the credentials in
the environment, which the SDK reads itself, say where it goes."""

import base64
import json

import boto3

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"toolSpec": {"name": "get_weather", "description": "Tells the weather in a city.", "inputSchema": {"json": SCHEMA}}}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}

client = boto3.client("bedrock-runtime", region_name="us-east-1")


def user(*content):
    return {"role": "user", "content": list(content)}


def text(answer):
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


story, stop = "", None
for event in client.converse_stream(modelId=MODEL, messages=[user({"text": "Tell me a story in one sentence."})])["stream"]:
    story += event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
    stop = event.get("messageStop", {}).get("stopReason", stop)
assert story and stop == "end_turn"
print("stream:", story)

question = user({"text": "What is the weather in Zürich?"})
tools = {"tools": [WEATHER]}
asked = client.converse(modelId=MODEL, messages=[question], toolConfig=tools)
calls = [block["toolUse"] for block in asked["output"]["message"]["content"] if "toolUse" in block]
assert calls and asked["stopReason"] == "tool_use", "the model did not call the tool"
results = [{"toolResult": {"toolUseId": call["toolUseId"], "content": [{"text": "sunny, 21 °C"}]}} for call in calls]
told = text(client.converse(modelId=MODEL, messages=[question, asked["output"]["message"], user(*results)], toolConfig=tools))
assert told
print("tools:", calls[0]["name"], calls[0]["input"], "→", told)

picture = {"image": {"format": "png", "source": {"bytes": PIXEL}}}
seen = text(client.converse(modelId=MODEL, messages=[user({"text": "What colour is this?"}, picture)]))
assert seen
print("image:", seen)

structure = {"jsonSchema": {"name": "person", "schema": json.dumps(PERSON)}}
form = {"textFormat": {"type": "json_schema", "structure": structure}}
ada = json.loads(text(client.converse(modelId=MODEL, messages=[user({"text": "Ada is 36 years old."})], outputConfig=form)))
assert set(ada) == {"name", "age"} and isinstance(ada["name"], str) and isinstance(ada["age"], int)
print("schema:", ada)
