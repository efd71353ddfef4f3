"""The rows of the matrix: what is asked and what the provider answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import chat_requests
from intents import Call, Document, Intent, Picture, PictureURL, Result, Tool, Turn
from provider_answers import Block, Spent, call, text

CITY = {"type": "object", "properties": {"city": {"type": "string", "description": "Its name."}}, "required": ["city"]}
ZONE = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
TOOLS = (Tool("weather", "Tells the weather.", json.dumps(CITY)), Tool("clock", "Tells the time.", json.dumps(ZONE)))
PERSON = chat_requests.PERSON
ADA = '{"name": "Ada", "age": 36}'
HELLO = [text("Grüezi, «Ada» 👋\nHow are you?")]
ASK = (Turn.user("What is the weather in Zürich? 👋"),)
ONE = [call("weather", '{"city": "Zürich"}', "call_Wx01")]
TWO = [*ONE, call("clock", '{"zone": "CET"}', "call_Ck02")]
SIGNATURE = "RXJ0dXJucGlrZS1zaWduYXR1cmUtb2YtdGhlLXByb3ZpZGVyLTAxMjM0NTY3ODk="
PLAIN = Spent(fresh=11, output=7)


@dataclass(frozen=True)
class Feature:
    """`kind`: ask (a request and its answer), replay, count, error, broken, strict, headers. `detail` is the kind's own."""

    name: str
    title: str
    group: str
    intent: Intent
    blocks: tuple[Block, ...] = tuple(HELLO)
    stop: str | None = None
    spent: Spent = PLAIN
    kind: str = "ask"
    detail: str = ""

    @property
    def thinks(self) -> bool:
        return self.intent.effort is not None


def _loop(failed: bool) -> tuple[Turn, ...]:
    made = Turn.assistant("Let me look.", Call("weather", {"city": "Zürich"}, "call_Wx01"), Call("clock", {"zone": "CET"}, "call_Ck02"))
    results = (
        Result("weather", "no such city" if failed else "sunny, 21 °C", failed, "call_Wx01"), Result("clock", "noon", False, "call_Ck02"),
    )  # fmt: skip
    return (*ASK, made, Turn("tool", results))


def _features() -> list[Feature]:
    plain = Intent(ASK)
    tools = Intent(ASK, tools=TOOLS)
    thinking = [Block("thinking", "Let me think about it.", SIGNATURE)]
    picture, paper = Picture(chat_requests.PNG), Document(chat_requests.PDF)
    several = (Turn.user("One?"), Turn.assistant("Uno."), Turn.user("Two?"), Turn.assistant("Due."), Turn.user("Three?"))
    mid = (Turn.user("One?"), Turn.assistant("Uno."), Turn("system", Turn.user("From now on German.").parts), Turn.user("Two?"))
    made = [
        Feature("text", "Text", "Conversation", plain),
        Feature("stream", "Stream", "Conversation", replace(plain, stream=True)),
        Feature("system", "System message", "Conversation", replace(plain, system="Be brief.")),
        Feature("mid-system", "System message between the turns", "Conversation", Intent(mid)),
        Feature("turns", "Several turns", "Conversation", Intent(several, system="Be brief.")),
        Feature("tools", "Tool call", "Tools", tools, tuple(ONE)),
        Feature("tools-stream", "Streamed tool call", "Tools", replace(tools, stream=True), tuple(ONE)),
        Feature("tools-parallel", "Parallel calls", "Tools", tools, (text("Both, then."), *TWO)),
        Feature("tools-parallel-stream", "Streamed parallel calls", "Tools", replace(tools, stream=True), (text("Both, then."), *TWO)),
        Feature("tool-results", "Results of tools", "Tools", Intent(_loop(False), tools=TOOLS)),
        Feature("tool-error", "Failed tool", "Tools", Intent(_loop(True), tools=TOOLS)),
        Feature("tools-forced", "Forced call", "Tools", replace(tools, choice="required"), tuple(ONE)),
        Feature("tools-named", "Call of a named tool", "Tools", replace(tools, choice="clock"), tuple(TWO[1:])),
        Feature("tools-none", "Calls forbidden", "Tools", replace(tools, choice="none")),
        Feature("one-call", "One call at a time", "Tools", replace(tools, parallel=False), tuple(ONE)),
        Feature("image", "Image bytes", "Media", Intent((Turn.user("What is this?", picture),))),
        Feature("image-url", "Image by address", "Media", Intent((Turn.user("What is this?", PictureURL("https://images.invalid/a.png")),))),
        Feature("document", "PDF", "Media", Intent((Turn.user("Summarise.", paper),))),
        Feature("schema", "Answer by JSON Schema", "Structure", replace(plain, schema=PERSON), (text(ADA),)),
        Feature("schema-stream", "Streamed answer by schema", "Structure", replace(plain, schema=PERSON, stream=True), (text(ADA),)),
        Feature("json-object", "JSON object", "Structure", Intent((Turn.user("Answer in JSON."),), json_object=True), (text(ADA),)),
        Feature("reasoning", "Reasoning", "Reasoning", replace(plain, effort="medium"), (*thinking, *HELLO), spent=Spent(11, output=17, reasoning=9)),
        Feature("reasoning-stream", "Streamed reasoning", "Reasoning", replace(plain, effort="medium", stream=True), (*thinking, *HELLO),
                spent=Spent(11, output=17, reasoning=9)),
        Feature("replay", "Signed reasoning comes back", "Reasoning", replace(tools, effort="medium"), (*thinking, *ONE), kind="replay"),
        Feature("replay-stream", "… from a stream", "Reasoning", replace(tools, effort="medium", stream=True), (*thinking, *ONE), kind="replay"),
        Feature("replay-recorded", "A recorded turn comes back", "Reasoning", replace(tools, effort="medium"), kind="recorded"),
        Feature("stop", "Stop sequences", "Parameters", replace(plain, stop=("END", "###")), (text("Once"),), stop="stop_sequence"),
        Feature("temperature", "Temperature", "Parameters", replace(plain, temperature=0.5)),
        Feature("top-p", "Top-p", "Parameters", replace(plain, top_p=0.75)),
        Feature("top-k", "Top-k", "Parameters", replace(plain, top_k=20)),
        Feature("seed", "Seed", "Parameters", replace(plain, seed=7)),
        Feature("penalties", "Penalties", "Parameters", replace(plain, frequency_penalty=0.5, presence_penalty=0.25)),
        Feature("limit", "Output limit and its stop reason", "Parameters", replace(plain, limit=64), (text("Once upon"),), stop="length"),
        Feature("limit-stream", "… in a stream", "Parameters", replace(plain, limit=64, stream=True), (text("Once upon"),), stop="length"),
        Feature("cached-usage", "Usage with cache reads", "Usage", plain, spent=Spent(fresh=11, read=100, written=30, output=7)),
        Feature("cached-usage-stream", "… in a stream", "Usage", replace(plain, stream=True), spent=Spent(fresh=11, read=100, written=30, output=7)),
        Feature("count", "Token counting", "Usage", replace(plain, system="Be brief."), kind="count"),
        Feature("error-400", "Bad request (400)", "Errors", plain, kind="error", detail="bad"),
        Feature("error-401", "Upstream's credential refused (401, 403)", "Errors", plain, kind="error", detail="auth"),
        Feature("error-404", "Unknown model upstream (404)", "Errors", plain, kind="error", detail="missing"),
        Feature("error-429", "Too many requests (429)", "Errors", plain, kind="error", detail="rate"),
        Feature("error-529", "Overloaded (503, 529)", "Errors", plain, kind="error", detail="overloaded"),
        Feature("error-context", "Context too long", "Errors", plain, kind="error", detail="context"),
        Feature("error-in-stream", "Error inside a stream", "Errors", replace(plain, stream=True), kind="broken", detail="error"),
        Feature("cut", "Stream cut off", "Errors", replace(plain, stream=True), kind="broken", detail="cut"),
        Feature("strict", "Strict: refused instead of dropped", "Gateway", plain, kind="strict"),
        Feature("headers", "The client's headers stay behind", "Gateway", plain, kind="headers"),
    ]  # fmt: skip
    return made


FEATURES = _features()
