"""What each difference from LiteLLM is: theirs, our choice, or ours to fix. A difference no rule names fails the run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

THEIRS, CHOICE, OURS = "theirs", "choice", "ours"


@dataclass(frozen=True)
class Verdict:
    """`names`: the requests it is about (a regular expression over their whole name); `says`: over the difference's text."""

    kind: str
    words: str
    names: str
    says: str = ".*"
    providers: tuple[str, ...] = ("anthropic", "gemini", "bedrock")
    found: list[tuple[str, str]] = field(default_factory=list, compare=False, hash=False)

    def fits(self, provider: str, name: str, difference: str) -> bool:
        return provider in self.providers and bool(re.fullmatch(self.names, name)) and bool(re.match(self.says, difference))


VERDICTS = [
    # --- LiteLLM's ---------------------------------------------------------------------------------------------------
    Verdict(THEIRS, "A system message between the turns is moved to the front of the instructions: it means something else there, and "
            "changes the whole cached prefix. Turnpike keeps it in its place, as the user's text in `<system>` tags, and says so.",
            "mid-system", providers=("gemini",)),
    Verdict(THEIRS, "A stream whose connection ends without its terminal event is handed out as a finished answer (`finish_reason: stop`). "
            "Turnpike ends it with an error and breaks the connection off.", "answer: cut stream"),
    Verdict(THEIRS, "A refusal in the history (`refusal` of an assistant's message) is left out without a word; the conversation then has "
            "two turns of the user in a row. Turnpike sends its text.", "refusal-field"),
    Verdict(THEIRS, "A call whose result is missing goes upstream without one, which the provider refuses (400). Turnpike adds a result "
            "that says `[no output]` and names it in `x-turnpike-dropped`.", "parallel-one-missing"),
    Verdict(THEIRS, "A result without its call goes upstream as it is, which the provider refuses (400), or ends in LiteLLM's own error "
            "500. Turnpike sends it as text and says so.", "orphan"),
    Verdict(THEIRS, "Arguments that are no JSON end in an error of LiteLLM's (400 and 500), or are replaced by `{}` without a word. "
            "Turnpike keeps their text under `_raw` and says so.", "no-json-arguments"),
    Verdict(THEIRS, "Numbers of arguments go through binary floating point: `1e400` becomes `Infinity`, which is no JSON, or an error 500; "
            "`2.50` loses its digit. Turnpike sends the text of the arguments as it is.", "hard-numbers"),
    Verdict(THEIRS, "Empty arguments become `{\"type\": \"object\"}`: an argument nobody gave.", "empty-arguments", r".*functionCall\.args", ("gemini",)),
    Verdict(THEIRS, "`tool_choice: allowed_tools` is refused, though the provider can be told it. Turnpike offers the allowed tools only, and "
            "says so.", "choice-allowed"),
    Verdict(THEIRS, "JSON mode without a schema is dropped without a word. Turnpike asks for it in the instructions and says so.", "json-object"),
    Verdict(THEIRS, "The schema's references are rewritten to `/$defs/node`, which is no reference of JSON Schema, and the definitions left "
            "out.", "loose-json-schema", providers=("anthropic",)),
    Verdict(THEIRS, "`temperature: 2` goes to models that take 0 to 1 and refuse more. Turnpike sends 1 and says so.", "hot"),
    Verdict(THEIRS, "Temperature and top-p go together to a model that takes one of them and refuses both. Turnpike sends the temperature "
            "and says so.", "sampling-both", r".*[tT]op_?[pP]"),
    Verdict(THEIRS, "Sampling parameters go beside extended thinking, which the provider refuses. Turnpike leaves them out and says so.",
            "sampling-with-reasoning", r".*(temperature|[tT]op_?[pP])", ("anthropic", "bedrock")),
    Verdict(THEIRS, "A thinking budget above the output limit is sent, which the provider refuses (or which leaves no room for an answer, at "
            "Gemini). Turnpike fits the budget into the limit, or leaves it out and says so.", "little-room-for-reasoning"),
    Verdict(THEIRS, "A forced tool call goes beside extended thinking, which the provider refuses. Turnpike asks with `auto` and says so.",
            "choice-with-reasoning", r".*tool_?[cC]hoice", ("anthropic",)),
    Verdict(THEIRS, "`strict: true` of a tool is dropped without a word.", "strict-tool", r".*strict", ("anthropic",)),
    Verdict(THEIRS, "`additionalProperties: false` is taken out of a tool's schema, though Gemini's `parametersJsonSchema` takes it.",
            "strict-tool", r".*additionalProperties", ("gemini",)),
    Verdict(THEIRS, "`tool_choice: none` is dropped without a word, so the model may call. Turnpike tells Claude in its own field.",
            "choice-none.*", r".*tool_choice", ("bedrock",)),
    Verdict(THEIRS, "`top_logprobs` is dropped without a word, though Gemini has it.", "logprobs", providers=("gemini",)),
    Verdict(THEIRS, "The provider's refusal of the gateway's own key arrives as the client's 401 or 403: the client looks for the fault in its "
            "own key. Turnpike answers 502 with the code `upstream_auth`.", "error: auth"),
    Verdict(THEIRS, "Anthropic's 529 (overloaded) arrives as 500. Turnpike answers 503.", "error: overloaded", providers=("anthropic",)),
    Verdict(THEIRS, "`service_tier: auto` becomes Gemini's `priority`, which costs more than what was asked for.", "service-tier", r".*serviceTier", ("gemini",)),
    Verdict(THEIRS, "Blank text goes upstream, which the provider refuses.", "empty-user|blank-user|empty-assistant", r".*Turnpike .*", ("gemini", "bedrock")),
    Verdict(THEIRS, "An empty result goes upstream as a blank text, which the provider refuses.", "result-empty", providers=("anthropic", "bedrock")),
    # --- our choice ----------------------------------------------------------------------------------------------------
    Verdict(CHOICE, "Both keep a system message between the turns in its place, in the user's turn, in other words.", "mid-system", providers=("anthropic", "bedrock")),
    Verdict(CHOICE, "Where the conversation does not begin with the user, Turnpike puts a turn `.` of the user before it, and says so; LiteLLM "
            "sends it as it is.", "assistant-first"),
    Verdict(CHOICE, "For an empty message LiteLLM writes a sentence of its own that the model then reads; Turnpike leaves the message out.",
            "empty-user|blank-user|empty-assistant", providers=("anthropic",)),
    Verdict(CHOICE, "Turnpike sends the document's name as its title; LiteLLM leaves it out.", "pdf.*", r".*title", ("anthropic",)),
    Verdict(CHOICE, "Documents need a name of few characters: Turnpike keeps as much of the file's name as is allowed, LiteLLM numbers them.",
            "pdf.*", r".*document\.name", ("bedrock",)),
    Verdict(CHOICE, "Results are put in the order of their calls, as Gemini's reference asks and as caches like it; LiteLLM keeps the client's order.",
            "parallel-out-of-order|strange-ids"),
    Verdict(CHOICE, "A history with calls in a request without tools: both add stand-ins for the tools; Turnpike names them as the history "
            "does and forbids their use. On Bedrock LiteLLM turns the calls into text instead.", "loop-without-tools", providers=("anthropic", "bedrock")),
    Verdict(CHOICE, "A tool's text result stands under `output`, the name Gemini's reference gives it; LiteLLM writes `content`.", ".*", r".*functionResponse\.response\.(output|content)", ("gemini",)),
    Verdict(CHOICE, "Results and what the user says after them are one turn; LiteLLM leaves two turns of the user in a row.",
            "result-then-image", r"contents\[[23]\]\.(parts\[[12]\]|role|parts\[0\]\.text)", ("gemini",)),
    Verdict(CHOICE, "An image or a document alone stays alone; LiteLLM adds a text of one space.", "image-alone|pdf-alone", r".*text", ("gemini",)),
    Verdict(CHOICE, "The schema goes into `output_config.format`, where the API has it today; LiteLLM uses the field of the beta, `output_format`.",
            "json-schema.*", r"output_(config|format)", ("anthropic",)),
    Verdict(CHOICE, "A schema that the provider's own structured output does not take (open objects, recursion) becomes a tool the model is made "
            "to call; LiteLLM sends it as it is, to be refused.", "loose-json-schema", providers=("bedrock",)),
    Verdict(CHOICE, "Tools and an answer schema in one request are refused by Gemini 2.5: Turnpike puts the schema into the instructions and says "
            "so; LiteLLM sends both.", "json-schema-with-tools", providers=("gemini",)),
    Verdict(CHOICE, "How much an effort is worth in tokens: Turnpike takes a share of the output limit (20, 50, 80 %), and where none is given, of "
            "the model's own; LiteLLM has fixed numbers (1024, 2048, 4096).", ".*", r".*(budget_tokens|thinkingBudget|max_?[tT]okens)"),
    Verdict(CHOICE, "`includeThoughts: false` is Gemini's default and is not sent.", "effort-none", providers=("gemini",)),
    Verdict(CHOICE, "`safety_identifier` wins over the deprecated `user`.", "identity", r".*user_id", ("anthropic",)),
    Verdict(CHOICE, "Metadata and the user's identifier go along as Bedrock's `requestMetadata`; LiteLLM leaves them out.", "identity", providers=("bedrock",)),
    Verdict(CHOICE, "`service_tier: auto` means the provider's default: it is sent where the provider has the word, and not where it has not.",
            "service-tier", r".*service_?[tT]ier", ("anthropic", "bedrock")),
    Verdict(CHOICE, "A refusal of Claude's ends with `stop`, as OpenAI's own refusals do; LiteLLM says `content_filter`.", "answer: filtered.*", r"finish_reason", ("anthropic",)),
    Verdict(CHOICE, "Tokens are the provider's numbers: LiteLLM counts a cut-off or empty stream's output itself.", "answer: filtered, stream", r"(completion|total)_tokens"),
    Verdict(CHOICE, "Reasoning tokens are shown where the provider tells them; LiteLLM counts the visible summary with a tokenizer of its own.",
            "answer: reasoning.*", r"reasoning_tokens"),
    Verdict(CHOICE, "An error inside a stream: Turnpike sends OpenAI's error event, LiteLLM raises an exception of its own.", "answer: error in the stream"),
    Verdict(CHOICE, "Stop sequences of white space are refused by Claude and left out (and said); LiteLLM sends them.", "stops", providers=("bedrock",)),
    Verdict(CHOICE, "`tool_choice: auto` is Converse's default and is not sent.", "choice-with-reasoning", r"toolConfig\.toolChoice", ("bedrock",)),
    # --- ours to fix ---------------------------------------------------------------------------------------------------
    Verdict(OURS, "`detail` of an image could be Gemini's `mediaResolution`; Turnpike drops it (and says so).", "image-alone", r".*mediaResolution", ("gemini",)),
    Verdict(OURS, "Converse tells reasoning tokens where `additionalModelResponseFieldPaths` asks for `/usage/output_tokens_details`; Turnpike "
            "does not ask.", ".*", r"additionalModelResponseFieldPaths", ("bedrock",)),
]  # fmt: skip
