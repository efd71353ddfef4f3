"""Decides one cell of the matrix: runs the feature with the client's SDK through the gateway and compares what arrived at the
provider, and what came back, with what was meant."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

import provider_errors
import provider_replies
import provider_requests
import published_types
from features import SIGNATURE, Feature
from intents import Broken, Call, Got, Intent, NotExpressible, Picture, Refused, Result, Text, Thinking, Turn, Usage
from provider_answers import Block, call
from recorded_turns import recorded
from scripted_upstream import ScriptedUpstream, answer
from targets import Target, lacking

WORKS, EMULATED, REFUSED, POWERLESS, UNSAID, UNBUILT, FAILS = "works", "emulated", "refused", "powerless", "unsaid", "unbuilt", "fails"


@dataclass(frozen=True)
class Cell:
    status: str
    reason: str = ""


# A value that did not arrive at all, rather than another in its place.
LOST = "lost: "
# What the gateway may call a part of the request, in x-turnpike-dropped and in errors: beginnings of field names.
FIELDS = {
    "system": ("system", "instructions", "messages.system"), "turns": ("messages", "contents", "input"), "tools": ("tools", "toolconfig"),
    "choice": ("tool_choice", "toolconfig", "tool_config"), "parallel": ("parallel_tool_calls", "tool_choice", "disable_parallel"),
    "schema": ("response_format", "output_config", "outputconfig", "generationconfig.response", "text", "format"),
    "json_object": ("response_format", "output_config", "generationconfig.response", "text", "format"),
    "effort": ("reasoning", "thinking", "generationconfig.thinking", "think", "additionalmodelrequestfields"),
    "stop": ("stop", "generationconfig.stop", "inferenceconfig.stop", "options.stop"),
    "temperature": ("temperature", "generationconfig.temperature", "inferenceconfig.temperature", "options.temperature"),
    "top_p": ("top_p", "topp", "generationconfig.topp", "inferenceconfig.topp", "options.top_p"),
    "top_k": ("top_k", "topk", "generationconfig.topk", "additionalmodelrequestfields", "options.top_k"),
    "seed": ("seed", "generationconfig.seed", "options.seed"),
    "frequency_penalty": ("frequency_penalty", "frequencypenalty", "generationconfig.frequency", "options.frequency"),
    "presence_penalty": ("presence_penalty", "presencepenalty", "generationconfig.presence", "options.presence"),
    "limit": ("max_", "generationconfig.max", "inferenceconfig.max", "options.num_predict"),
}  # fmt: skip


def dropped(headers: dict[str, str]) -> list[tuple[str, str]]:
    """`x-turnpike-dropped` as reasons and fields."""
    told = {k.lower(): v for k, v in headers.items()}.get("x-turnpike-dropped", "")
    return [tuple(entry.strip().partition(";")[::2]) for entry in told.split(",") if entry.strip()]


def named(key: str, fields: list[str]) -> bool:
    bare = [re.sub(r"\[\d+\]", "", f).lower() for f in fields]
    return any(f.startswith(FIELDS[key]) or ("messages" in FIELDS[key] and f.startswith("contents")) for f in bare)


def speaks(client, target: Target) -> bool:
    """Whether the provider's dialect is the client's own."""
    return {"azure": "openai-chat", "vertex": "gemini", "invoke": "anthropic"}.get(target.dialect, target.dialect) == client.name


# --- comparing ---------------------------------------------------------------------------------------------------------


def merged(turns) -> list[tuple[str, tuple]]:
    """Turns with neighbours of one role, and neighbouring texts, made one."""
    found: list[tuple[str, list]] = []
    for turn in turns:
        if found and found[-1][0] == turn.role:
            found[-1][1].extend(turn.parts)
        else:
            found.append((turn.role, list(turn.parts)))
    joined = []
    for role, parts in found:
        kept: list = []
        for part in parts:
            if kept and isinstance(part, Text) and isinstance(kept[-1], Text):
                kept[-1] = Text(kept[-1].text + part.text)
            else:
                kept.append(part)
        joined.append((role, tuple(kept)))
    return joined


def request_differences(intent: Intent, asked: Intent, pictures_first: bool = False) -> tuple[list[tuple[str, str]], list[str]]:
    """What arrived otherwise than meant: field and words; and what was carried in another way."""
    found: list[tuple[str, str]] = []
    ways: list[str] = []
    meant, arrived = merged(intent.turns), merged(asked.turns)
    if pictures_first:
        # The client's dialect holds them beside the text, not in an order with it.
        meant = [(role, tuple(sorted(parts, key=lambda p: not isinstance(p, Picture)))) for role, parts in meant]
    if meant != arrived:
        flagged = [(r, tuple(replace(p, failed=False, text=f"Error: {p.text}") if isinstance(p, Result) and p.failed else p for p in ps)) for r, ps in meant]
        if flagged == arrived:
            ways.append("the failure is told in the result's text")
        else:
            pairs = [(m, a) for m, a in zip(meant, arrived) if m != a]
            wrong = pairs[0] if pairs else (meant[len(arrived) :], arrived[len(meant) :])
            found.append(("turns", f"the turns: meant {wrong[0]!r:.300}, arrived {wrong[1]!r:.300}"))
    invented = [t for t in asked.tools if t.name not in {m.name for m in intent.tools}]
    by_tool = intent.schema and any(t.parameters == intent.schema and asked.choice == t.name for t in invented)
    if by_tool:
        ways.append("the schema is a tool the model is made to call")
    system = asked.system or ""
    if intent.schema and not asked.schema and not by_tool and '"age"' in system:
        ways.append("the schema stands in the instructions")
        system = None
    elif intent.json_object and not asked.json_object and "JSON" in system:
        ways.append("the instructions ask for JSON")
        system = None
    if system is not None and (intent.system or "") != system:
        found.append(("system", f"the system message: meant {intent.system!r}, arrived {asked.system!r}"))
    if asked.schema != intent.schema and not by_tool and "the schema stands in the instructions" not in ways:
        found.append(("schema", f"the schema: meant {intent.schema!r:.200}, arrived {asked.schema!r:.200}"))
    if asked.json_object != intent.json_object and "the instructions ask for JSON" not in ways:
        found.append(("json_object", f"JSON mode: meant {intent.json_object}, arrived {asked.json_object}"))
    found += _tools(intent, asked, invented if not by_tool else [], ways, bool(by_tool))
    if bool(intent.effort) != bool(asked.effort and asked.effort != "none"):
        found.append(("effort", f"{LOST}reasoning: meant {intent.effort}, arrived {asked.effort}"))
    elif intent.effort and asked.effort not in (intent.effort, "some"):
        found.append(("effort", f"reasoning: meant {intent.effort}, arrived {asked.effort}"))
    if set(intent.stop) != set(asked.stop):
        found.append(("stop", f"{'' if asked.stop else LOST}stop sequences: meant {intent.stop}, arrived {asked.stop}"))
    for key in ("temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty"):
        if getattr(intent, key) != getattr(asked, key):
            found.append((key, f"{'' if getattr(asked, key) is not None else LOST}{key}: meant {getattr(intent, key)}, arrived {getattr(asked, key)}"))
    if intent.limit is not None and intent.limit != asked.limit:
        found.append(("limit", f"the output limit: meant {intent.limit}, arrived {asked.limit}"))
    return found, ways


def _tools(intent: Intent, asked: Intent, invented: list, ways: list[str], by_tool: bool) -> list[tuple[str, str]]:
    found = []
    if intent.choice == "none" and not asked.tools:
        ways.append("the tools are left out")
        return found
    if intent.choice in {t.name for t in intent.tools} and asked.choice in ("required", None) and [t.name for t in asked.tools] == [intent.choice]:
        ways.append("only the named tool is offered")
        return found
    if invented:
        found.append(("tools", f"tools nobody asked for: {[t.name for t in invented]}"))
    arrived = {t.name: t for t in asked.tools}
    for tool in intent.tools:
        other = arrived.get(tool.name)
        if other is None or (other.description, other.parameters) != (tool.description, tool.parameters):
            found.append(("tools", f"the tool {tool.name}: meant {tool!r:.200}, arrived {other!r:.200}"))
    if (intent.choice or "auto") != (asked.choice or "auto") and not by_tool:
        found.append(("choice", f"tool choice: meant {intent.choice}, arrived {asked.choice}"))
    if (intent.parallel is False) != (asked.parallel is False):
        found.append(("parallel", f"parallel calls: meant {intent.parallel}, arrived {asked.parallel}"))
    return found


def answer_differences(feature: Feature, blocks, client, target: Target, got: Got) -> list[str]:
    of = lambda kind: [b for b in blocks if b.kind == kind]
    found = []
    text, thinking = "".join(b.text for b in of("text")), "".join(b.text for b in of("thinking"))
    if got.text != text:
        found.append(f"the text: sent {text!r}, shown {got.text!r}")
    if got.thinking != thinking:
        found.append(f"the reasoning: sent {thinking!r}, shown {got.thinking!r}")
    calls = [Call(b.name, json.loads(b.text)) for b in of("call")]
    if got.calls != calls:
        found.append(f"the calls: sent {calls}, shown {got.calls}")
    ids = [c.id for c in got.calls]
    if len(set(ids)) != len(ids) and client.name not in ("ollama", "gemini"):
        found.append(f"the ids of the calls: {ids}")
    stop = feature.stop or ("tool_calls" if calls else "stop")
    if stop == "stop_sequence" and (not client.sees_stop_sequence or target.dialect not in ("anthropic", "invoke", "bedrock", "cohere")):
        stop = "stop"
    if got.stop != stop:
        found.append(f"the reason to stop: sent {stop}, shown {got.stop}")
    return found + usage_differences(feature, client, target, got.usage)


def spent_of(feature: Feature, target: Target):
    """The tokens, as far as the provider's dialect can tell them."""
    hidden = {name: 0 for name in ("read", "written", "reasoning") if name not in target.tells}
    return replace(feature.spent, **hidden)


def usage_differences(feature: Feature, client, target: Target, shown: Usage | None) -> list[str]:
    spent = spent_of(feature, target)
    fresh = spent.fresh + (0 if "written" in client.shows else spent.written) + (0 if "read" in client.shows else spent.read)
    meant = {"fresh": fresh, "read": spent.read, "written": spent.written, "output": spent.output, "reasoning": spent.reasoning}
    if shown is None:
        return ["no usage is shown"]
    return [
        f"usage, {name}: sent {meant[name]}, shown {getattr(shown, name)}" for name in client.shows if getattr(shown, name) != meant[name]
    ]


# --- running -----------------------------------------------------------------------------------------------------------


class Judge:
    def __init__(self, upstream: ScriptedUpstream):
        self.upstream = upstream

    def cell(self, client, target: Target, feature: Feature) -> Cell | None:
        """The cell; None where there is nothing to run, as without a recording."""
        base = feature.name.removesuffix("-stream")
        if target.dialect == "azure" and client.name == "openai-responses":
            # Azure serves both APIs, and the one that loses least is asked.
            target = replace(target, dialect="openai-responses", shows_thinking=True, signs=True)
        if target.dialect == "bedrock" and client.name == "anthropic":
            # InvokeModel takes Anthropic's own bodies, so nothing has to be translated.
            target = replace(target, dialect="invoke")
        if base in client.lacks:
            return Cell(UNSAID, client.lacks[base])
        try:
            return getattr(self, f"_{feature.kind}")(client, target, feature, base)
        except NotExpressible:
            return Cell(UNSAID, f"{client.title} cannot say it")
        except Broken as broken:
            return Cell(FAILS, f"the SDK fails: {broken}"[:400])
        except Refused as refused:
            return self._refused(refused, target, base)

    def _script(self, target: Target, feature: Feature, *replies) -> str:
        model = target.model_for(feature)
        self.upstream.script(model, *replies)
        return model

    def _arrived(self, model: str, before: int, count: int = 1):
        found = self.upstream.seen(model)[before:]
        if len(found) != count:
            raise Broken(f"the provider got {len(found)} requests instead of {count}")
        return [e.request for e in found]

    @staticmethod
    def _wrong(client, target: Target, request, model: str) -> list[str]:
        """What is wrong with a request upstream. In one dialect the body is the client's own, all but the model's name."""
        if not speaks(client, target):
            return provider_requests.problems(target.dialect, request, f"{target.entry}/{model}")
        sent, arrived = json.loads(client.sent[0]), request.json()
        if "model" in sent:
            sent["model"] = model
        if target.dialect == "invoke":
            # The path says these; the version stands in the body instead of a header.
            wrong = [] if arrived.pop("anthropic_version", "").startswith(("bedrock-", "20")) else ["no anthropic_version"]
            sent = {k: v for k, v in sent.items() if k not in ("model", "stream")}
            return wrong + ([] if sent == arrived else published_types.anthropic_problems(arrived | {"model": model}))
        if client.name == "openai-chat" and "stream_options" not in sent:
            arrived.pop("stream_options", None)
        return [] if sent == arrived else [f"the body changed in passing: sent {sent!r:.300}, arrived {arrived!r:.300}"]

    def _reply(self, target: Target, feature: Feature, blocks):
        return provider_replies.reply(target.dialect, list(blocks), feature.intent.stream, feature.stop, spent_of(feature, target))

    def _blocks(self, target: Target, feature: Feature):
        return [b for b in feature.blocks if b.kind != "thinking" or target.shows_thinking]

    def _ask(self, client, target: Target, feature: Feature, base: str) -> Cell:
        blocks = self._blocks(target, feature)
        model = self._script(target, feature, self._reply(target, feature, blocks))
        before = len(self.upstream.seen(model))
        got = client.ask(feature.intent, target.asked(feature))
        [request] = self._arrived(model, before)
        asked = provider_requests.read(target.dialect, request)
        if feature.intent.schema and (tool := next((t for t in asked.tools if t.parameters == feature.intent.schema), None)):
            # The answer by schema is a call here; the client must still see text.
            self._script(target, feature, self._reply(target, feature, [call(tool.name, feature.blocks[0].text)]))
            got = client.ask(feature.intent, target.asked(feature))
        differences, ways = request_differences(feature.intent, asked, client.name == "ollama" and target.dialect != "ollama")
        if asked.stream != feature.intent.stream:
            differences.append(("stream", f"stream: meant {feature.intent.stream}, arrived {asked.stream}"))
        wrong = self._wrong(client, target, request, model)
        wrong += answer_differences(feature, blocks, client, target, got)
        return self._verdict(target, base, differences, ways, wrong, dropped(got.headers))

    def _verdict(self, target: Target, base: str, differences, ways, wrong: list[str], told) -> Cell:
        if wrong:
            return Cell(FAILS, "; ".join(wrong)[:600])
        fields = [field for _, field in told]
        said = ", ".join(f"{reason};{field}" for reason, field in told)
        silent = [words for key, words in differences if key == "stream" or not named(key, fields)]
        if silent:
            return Cell(FAILS, "not carried, without a word: " + "; ".join(silent)[:500])
        if differences:
            why = lacking(target.dialect, base)
            lost = any(words.startswith(LOST) for _, words in differences)
            excuses = ("emulated",) if lost else ("emulated", "clamped_value")
            if why is None and not any(reason in excuses for reason, _ in told):
                return Cell(FAILS, f"dropped ({said}), though the provider takes it: {differences[0][1]}"[:500])
            if why is None or any(reason == "emulated" for reason, _ in told):
                return Cell(EMULATED, said)
            if base == "stop":
                return Cell(UNBUILT, f"{why[0]} ({why[1]}), and the gateway does not look for them itself yet; said as {said}")
            return Cell(POWERLESS, f"{why[0]} ({why[1]}); said as {said}")
        if ways and not told and ways != ["the failure is told in the result's text"]:
            return Cell(FAILS, f"emulated without a word: {ways}")
        if ways or told:
            return Cell(EMULATED, "; ".join([*ways, *([said] if said else [])]))
        return Cell(WORKS)

    def _refused(self, refused: Refused, target: Target, base: str) -> Cell:
        words = refused.message
        if refused.status in (404, 405, 501) or re.search(r"not (yet )?(built|served|supported yet)", words):
            return Cell(UNBUILT, words[:200])
        if base == "image-url" and "bytes" in words:
            return Cell(UNBUILT, f"the gateway does not fetch addresses for this provider yet, and says so: {words}"[:300])
        why = lacking(target.dialect, base)
        if refused.status is not None and 400 <= refused.status < 500 and why:
            return Cell(REFUSED, f"{why[0]} ({why[1]}): {words}"[:400])
        return Cell(FAILS, f"refused: {refused}"[:400])

    def _replay(self, client, target: Target, feature: Feature, base: str) -> Cell:
        blocks = self._blocks(target, feature)
        if target.dialect in ("gemini", "vertex"):
            # Gemini signs the call, not the thought.
            blocks = [replace(b, signature=SIGNATURE if b.kind == "call" else None) for b in blocks]
        return self._two_turns(client, target, feature, blocks, [SIGNATURE])

    def _recorded(self, client, target: Target, feature: Feature, base: str) -> Cell | None:
        turn = recorded(target.dialect)
        if turn is None:
            return None
        feature = replace(feature, intent=replace(feature.intent, tools=turn.tools))
        return self._two_turns(client, target, feature, list(turn.blocks), turn.signatures)

    def _two_turns(self, client, target: Target, feature: Feature, blocks: list[Block], signatures: list[str]) -> Cell:
        """The provider answers `blocks`; the client sends the turn back as its SDK handed it out, with results."""
        final = provider_replies.reply(target.dialect, [Block("text", "Sunny.")], feature.intent.stream)
        model = self._script(target, feature, self._reply(target, feature, blocks), final)
        before = len(self.upstream.seen(model))
        got = client.ask(feature.intent, target.asked(feature))
        calls = [b for b in blocks if b.kind == "call"]
        if [c.name for c in got.calls] != [b.name for b in calls]:
            raise Broken(f"the first answer shows {got.calls}")
        results = tuple(Result(c.name, "sunny", False, c.id) for c in got.calls)
        second = replace(feature.intent, turns=(*feature.intent.turns, Turn("assistant", (got.turn,)), Turn("tool", results)))
        shown = client.ask(second, target.asked(feature))
        _, request = self._arrived(model, before, 2)
        wrong = self._wrong(client, target, request, model)
        asked = provider_requests.read(target.dialect, request)
        shown_parts = lambda turn: [p for p in turn.parts if not isinstance(p, Thinking) and p != Text("")]
        kinds = [(t.role, [type(p).__name__ for p in shown_parts(t)]) for t in asked.turns]
        said = [{"text": "Text", "call": "Call"}[b.kind] for b in blocks if b.kind in ("text", "call")]
        if kinds != [("user", ["Text"]), ("assistant", said), ("tool", ["Result"] * len(calls))]:
            wrong.append(f"the second request's turns are {kinds}")
        if shown.text != "Sunny.":
            wrong.append(f"the second answer is {shown.text!r}")
        if wrong:
            return Cell(FAILS, "; ".join(wrong)[:600])
        if not target.signs:
            return Cell(POWERLESS, "{} ({}); the calls and results of the second turn arrive".format(*lacking(target.dialect, "replay")))
        # Google's SDK writes base64 with the alphabet for addresses.
        body = request.body.replace(b"-", b"+").replace(b"_", b"/") if speaks(client, target) else request.body
        if all(signature.encode() in body for signature in signatures):
            return Cell(WORKS)
        if client.name == "ollama":
            return Cell(UNSAID, "Ollama's messages have no room for a signature; the second turn is sent without reasoning")
        return Cell(FAILS, "the signature does not come back")

    def _count(self, client, target: Target, feature: Feature, base: str) -> Cell:
        self._script(target, feature, answer({"input_tokens": 42, "totalTokens": 42, "inputTokens": 42, "object": "response.input_tokens"}))
        counted = client.count(feature.intent, target.asked(feature))
        if counted == 42:
            return Cell(WORKS)
        why = lacking(target.dialect, "count")
        if isinstance(counted, int) and 5 <= counted <= 60 and why:
            return Cell(EMULATED, f"{why[0]} ({why[1]}); estimated")
        return Cell(FAILS, f"42 tokens were counted upstream, {counted} are shown")

    def _error(self, client, target: Target, feature: Feature, base: str) -> Cell:
        kind, wrong = feature.detail, []
        for stream in (False, True):
            self._script(target, feature, provider_errors.error(target.dialect, kind))
            try:
                client.ask(replace(feature.intent, stream=stream), target.asked(feature))
                wrong.append("no error is raised")
            except Refused as refused:
                wrong += [f"{'stream' if stream else 'whole'}: {w}" for w in self._misfits(client, target, kind, refused)]
        return Cell(FAILS, "; ".join(wrong)[:500]) if wrong else Cell(WORKS)

    @staticmethod
    def _misfits(client, target: Target, kind: str, refused: Refused) -> list[str]:
        wrong = []
        statuses = {"bad": (400,), "auth": (500, 502, 503), "missing": (404, 502), "rate": (429,), "context": (400,),
                    "overloaded": (529,) if client.name == "anthropic" else (503,)}[kind]  # fmt: skip
        if refused.status not in statuses:
            wrong.append(f"status {refused.status} instead of {statuses}")
        if kind in ("bad", "rate") and provider_errors.MARK not in refused.message:
            wrong.append(f"the provider's words are lost: {refused.message!r:.160}")
        if kind == "rate" and {k.lower(): v for k, v in refused.headers.items()}.get("retry-after") != "7":
            wrong.append("Retry-After is lost")
        if kind == "overloaded" and client.name == "anthropic" and refused.kind != "overloaded_error":
            wrong.append(f"the type is {refused.kind}")
        if kind == "context":
            fits = {
                "openai-chat": "context_length_exceeded" in refused.kind, "openai-responses": "context_length_exceeded" in refused.kind,
                "anthropic": refused.message.startswith("prompt is too long"), "gemini": "token count" in refused.message,
                "bedrock": refused.kind == "ValidationException" and "too long" in refused.message,
                # No Ollama client looks for words of its own; the provider's must be there.
                "ollama": re.search(r"context|too long|token count|too many tokens", refused.message) is not None,
            }[client.name]  # fmt: skip
            if not fits:
                wrong.append(f"no client knows these words: {refused}"[:200])
        return wrong

    def _broken(self, client, target: Target, feature: Feature, base: str) -> Cell:
        self._script(target, feature, provider_errors.broken_stream(target.dialect, feature.detail))
        try:
            got = client.ask(feature.intent, target.asked(feature))
        except Refused as refused:
            if feature.detail == "error" and provider_errors.MARK not in refused.message:
                return Cell(FAILS, f"the provider's words are lost: {refused}"[:300])
            return Cell(WORKS)
        except Broken as broken:
            if feature.detail == "cut" and "ended without" not in str(broken):
                return Cell(WORKS)
            return Cell(FAILS, f"the SDK sees no error of its dialect: {broken}"[:300])
        return Cell(FAILS, f"the SDK sees a finished answer: {got.text!r}, {got.stop}")

    # A parameter that some client can say and the provider cannot take.
    _STRICT = (("seed", {"seed": 7}, ("seed",)), ("penalties", {"frequency_penalty": 0.5}, ("frequency",)),
               ("top-k", {"top_k": 20}, ("top_k", "topk")), ("stop", {"stop": ("END",)}, ("stop",)))  # fmt: skip

    def _strict(self, client, target: Target, feature: Feature, base: str) -> Cell:
        for name, fields, words in self._STRICT:
            if name in client.lacks or not lacking(target.dialect, name):
                continue
            if speaks(client, target):
                continue
            intent = replace(feature.intent, **fields)
            model = self._script(target, feature, self._reply(target, feature, feature.blocks))
            before = len(self.upstream.seen(model))
            try:
                client.ask(intent, target.asked(feature), {"x-turnpike-strict": "true"})
            except Refused as refused:
                if refused.status in (404, 405, 501):
                    raise
                wrong = [] if refused.status == 400 else [f"status {refused.status}"]
                wrong += [] if any(w in refused.message.lower().replace("-", "_") for w in words) else [f"the field is not named: {refused.message}"]
                wrong += ["the request went upstream"] if len(self.upstream.seen(model)) > before else []
                return Cell(FAILS, "; ".join(wrong)[:300]) if wrong else Cell(WORKS, f"`{name}`")
            return Cell(FAILS, f"{name} is dropped although x-turnpike-strict is set")
        return Cell(UNSAID, f"{client.title} has no parameter of this list that the provider lacks")

    def _headers(self, client, target: Target, feature: Feature, base: str) -> Cell:
        model = self._script(target, feature, self._reply(target, feature, feature.blocks))
        before = len(self.upstream.seen(model))
        client.ask(feature.intent, target.asked(feature), {"x-secret-of-mine": "1", "cookie": "a=b", "x-forwarded-for": "10.1.2.3"})
        [request] = self._arrived(model, before)
        mine = speaks(client, target)
        strange = ["cookie", "x-forwarded-", "x-turnpike", "amz-sdk"]
        strange += [] if mine else ["x-stainless", "anthropic-", "x-goog-", "openai-", "x-secret"]
        own = {"anthropic": ("anthropic-version", "anthropic-beta"), "gemini": ("x-goog-api-key",)}.get(target.dialect, ())
        leaked = [n for n, v in request.headers if n.lower().startswith(tuple(strange)) and n.lower() not in own]
        leaked += [n for n, v in request.headers if "tp-" in v]
        return Cell(FAILS, f"these go upstream: {leaked}") if leaked else Cell(WORKS)
