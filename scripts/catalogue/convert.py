"""From the three data sets to records of our own."""

import json
import re
from decimal import Decimal
from pathlib import Path

from records import Record

FOLDER = Path(__file__).parent

# litellm's providers by our kinds, with the prefix its keys carry. Later ones only add what earlier ones lack.
PROVIDERS: list[tuple[str, str, str]] = [
    ("openai", "openai", ""),
    ("text-completion-openai", "openai", ""),
    ("anthropic", "anthropic", ""),
    ("gemini", "gemini", "gemini/"),
    ("vertex_ai*", "vertex", "vertex_ai/"),
    ("bedrock_converse", "bedrock", ""),
    ("bedrock", "bedrock", ""),
    ("azure", "azure-openai", "azure/"),
    ("azure_text", "azure-openai", "azure/"),
    ("azure_ai", "azure-openai", "azure_ai/"),
    ("ollama", "ollama", "ollama/"),
    ("cohere_chat", "cohere", ""),
    ("cohere", "cohere", "cohere/"),
    ("mistral", "mistral", "mistral/"),
    ("groq", "groq", "groq/"),
    ("deepseek", "deepseek", "deepseek/"),
    ("xai", "xai", "xai/"),
    ("together_ai", "together", "together_ai/"),
    ("fireworks_ai", "fireworks", "fireworks_ai/"),
    ("fireworks_ai-embedding-models", "fireworks", "fireworks_ai/"),
    ("perplexity", "perplexity", "perplexity/"),
    ("cerebras", "cerebras", "cerebras/"),
    ("nvidia_nim", "nvidia", "nvidia_nim/"),
]

# Where a provider publishes its prices, for entries that name no page of their own.
PAGES = {
    "openai": "https://developers.openai.com/api/docs/pricing",
    "anthropic": "https://platform.claude.com/docs/en/about-claude/pricing",
    "gemini": "https://ai.google.dev/gemini-api/docs/pricing",
    "vertex": "https://cloud.google.com/vertex-ai/generative-ai/pricing",
    "bedrock": "https://aws.amazon.com/bedrock/pricing/",
    "azure-openai": "https://azure.microsoft.com/en-us/pricing/details/cognitive-services/openai-service/",
    "ollama": "https://ollama.com/library",
    "cohere": "https://cohere.com/pricing",
    "mistral": "https://mistral.ai/pricing",
    "groq": "https://groq.com/pricing",
    "deepseek": "https://api-docs.deepseek.com/quick_start/pricing",
    "xai": "https://docs.x.ai/docs/models",
    "together": "https://www.together.ai/pricing",
    "fireworks": "https://docs.fireworks.ai/serverless/pricing",
    "openrouter": "https://openrouter.ai/models",
    "perplexity": "https://docs.perplexity.ai/getting-started/pricing",
    "cerebras": "https://www.cerebras.ai/pricing",
    "nvidia": "https://build.nvidia.com/models",
    "huggingface": "https://huggingface.co/inference/models",
}

MODES = {
    "chat": "chat",
    "responses": "chat",
    "completion": "completion",
    "embedding": "embedding",
    "rerank": "rerank",
    "image_generation": "image",
    "image_edit": "image",
    "audio_speech": "speech",
    "audio_transcription": "transcription",
    "moderation": "moderation",
    "realtime": "realtime",
    "video_generation": "video",
    "ocr": "ocr",
}

# What a mode is able to do by its nature.
MODE_CAPABILITIES = {
    "embedding": "embeddings",
    "rerank": "rerank",
    "image": "images",
    "speech": "speech",
    "transcription": "transcription",
    "moderation": "moderation",
}

FLAGS = {
    "supports_function_calling": "tools",
    "supports_parallel_function_calling": "parallel_tools",
    "supports_vision": "vision",
    "supports_audio_input": "audio_input",
    "supports_audio_output": "audio_output",
    "supports_pdf_input": "documents",
    "supports_video_input": "video",
    "supports_response_schema": "json_schema",
    "supports_native_structured_output": "json_schema",
    "supports_reasoning": "reasoning",
    "supports_assistant_prefill": "prefill",
    "supports_web_search": "web_search",
}

METERS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_read_input_audio_token_cost": "audio_cache_read",
    "cache_read_input_image_token_cost": "image_cache_read",
    "output_cost_per_reasoning_token": "reasoning",
    "input_cost_per_audio_token": "audio_input",
    "output_cost_per_audio_token": "audio_output",
    "input_cost_per_image_token": "image_input",
    "output_cost_per_image_token": "image_output",
    "input_cost_per_video_token": "video_input",
    "input_cost_per_character": "characters",
    "input_cost_per_second": "second",
    "input_cost_per_audio_per_second": "second",
    "output_cost_per_second": "output_second",
    "output_cost_per_video_per_second": "output_second",
    "input_cost_per_video_per_second": "video_second",
    "output_cost_per_image": "image",
    "input_cost_per_image": "image_taken",
    "input_cost_per_query": "search_unit",
    "input_cost_per_request": "request",
    "ocr_cost_per_page": "page",
    "annotation_cost_per_page": "annotated_page",
    "google_maps_grounding_cost_per_query": "maps",
    "code_interpreter_cost_per_session": "code_session",
    "citation_cost_per_token": "citation",
}
PRICE_KEY = re.compile(
    "^(?P<base>" + "|".join(METERS) + ")(_above_(?P<hours>1|12)hr)?(_above_(?P<above>[0-9]+)k_tokens)?"
    "(_(?P<tier>batches|flex|priority|ultrafast))?$"
)
TIERS = {None: "", "batches": "batch", "flex": "flex", "priority": "priority", "ultrafast": "ultrafast"}

EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]

# Kinds that speak OpenAI's `response_format: json_object` for every chat model.
JSON_OBJECT = {
    "openai", "azure-openai", "gemini", "vertex", "mistral", "groq", "deepseek", "xai", "together", "fireworks",
    "openrouter", "cerebras", "nvidia", "huggingface", "ollama", "cohere",
}  # fmt: skip


def corrections() -> dict:
    """Our own checked-in facts; numbers are read as Decimal."""
    return json.loads((FOLDER / "corrections.json").read_text(), parse_float=Decimal)


def decimal(value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value)


def from_litellm(data: dict, today: str, dropped: list[tuple[str, re.Pattern]], dataset: str) -> list[Record]:
    """The records of litellm's map for our kinds, without what is past its deprecation date."""
    records: dict[tuple[str, str], Record] = {}
    sizes: dict[tuple[str, str], int] = {}
    for provider, kind, prefix in PROVIDERS:
        for key, entry in data.items():
            name = entry.get("litellm_provider") or ""
            if name != provider and not (provider.endswith("*") and name.startswith(provider[:-1])):
                continue
            identifier = key.removeprefix(prefix)
            if kind == "bedrock":
                identifier = identifier.removeprefix("bedrock/")
            mode = MODES.get(entry.get("mode") or "chat")
            if mode is None or not usable(kind, key, identifier) or any(
                kind == of and pattern.search(identifier) for of, pattern in dropped
            ):
                continue
            date = entry.get("deprecation_date") or ""
            if date and date < today:
                continue
            # The same model under two keys: the fuller entry, but never one of a later provider over an earlier.
            size = len(entry) + (1000 if kind != "vertex" and (kind, identifier) not in sizes else 0)
            if size <= sizes.get((kind, identifier), 0):
                continue
            sizes[kind, identifier] = size
            records[kind, identifier] = record(kind, identifier, mode, entry, dataset)
    add_azure_regions(data, records)
    return list(records.values())


# Makers without a kind of their own, whose models others serve: only what their models can do is read here.
MAKERS = ["moonshot", "zai", "dashscope", "minimax", "meta_llama", "ai21", "xiaomi_mimo", "tencent", "nebius", "novita", "deepinfra"]


def makers(data: dict, dataset: str) -> list[Record]:
    """Records to read capabilities from; never written."""
    found = []
    for provider in MAKERS:
        for key, entry in data.items():
            if entry.get("litellm_provider") == provider and (mode := MODES.get(entry.get("mode") or "chat")):
                one = Record("", key, mode, dataset=dataset)
                one.output = whole(entry.get("max_output_tokens"))
                one.capabilities = capabilities("", mode, key, entry)
                found.append(one)
    return found


def usable(kind: str, key: str, identifier: str) -> bool:
    """Whether a key names a model, not a size of picture, a region's price or a class of sizes."""
    if re.search(r"\d+-x-\d+|-(up-to|above|to)-|^fireworks-ai-|^together-ai-|container$|^search$|guardrails", identifier):
        return False
    if kind == "bedrock":
        return "/" not in identifier and "@" not in identifier
    if kind == "azure-openai":
        return "/" not in identifier
    if kind == "vertex":
        return identifier != "search_api"
    if kind == "nvidia":
        return not identifier.startswith("ranking/")
    if kind == "perplexity":
        # Those with a maker's name before them belong to its agent interface, which is no chat endpoint.
        return "/" not in identifier
    return True


def record(kind: str, identifier: str, mode: str, entry: dict, dataset: str) -> Record:
    """One entry of litellm's map."""
    result = Record(kind, identifier, mode, dataset=dataset)
    source = entry.get("source") or ""
    result.source = source if source.startswith("https://") else PAGES[kind]
    # What the entry calls input is the whole window where input and output share one.
    result.input = whole(entry.get("max_input_tokens"))
    result.output = whole(entry.get("max_output_tokens"))
    if mode in ("embedding", "rerank", "speech", "transcription", "image", "ocr", "moderation", "video"):
        result.output = None
    result.context = result.input
    if kind in ("openai", "azure-openai") and result.input in (272_000, 922_000) and result.output == 128_000:
        # These two are stated without the room for output: 400,000 and 1,050,000 in all.
        result.context = result.input + result.output
    result.capabilities = capabilities(kind, mode, identifier, entry)
    result.traits = traits(kind, mode, identifier, entry)
    if date := entry.get("deprecation_date"):
        result.status, result.deprecates = "deprecated", date
    elif re.search(r"preview|experimental|-exp-|\bexp\b|beta|-exp$", identifier):
        result.status = "preview"
    prices(result, entry)
    if any("search" in meters for meters in result.prices.values()) and mode == "chat":
        result.capabilities.add("web_search")
    return result


def whole(value) -> int | None:
    """A limit; some are written as text or as a float."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return None
    return number if number > 0 else None


def capabilities(kind: str, mode: str, identifier: str, entry: dict) -> set[str]:
    found = {name for flag, name in FLAGS.items() if entry.get(flag)}
    if taken := entry.get("supported_modalities"):
        found |= {{"image": "vision", "audio": "audio_input", "video": "video"}.get(item, "") for item in taken}
    if made := entry.get("supported_output_modalities"):
        found -= {"audio_output"}
        if "audio" in made:
            found.add("audio_output")
        if "image" in made and "image" in identifier:
            found.add("images")
    found.discard("")
    if mode in MODE_CAPABILITIES:
        found = (found & {"vision", "audio_input", "video", "documents", "streaming"}) | {MODE_CAPABILITIES[mode]}
        if mode != "embedding" and mode != "image":
            found -= {"vision"}
    if mode in ("chat", "completion"):
        if entry.get("supports_native_streaming") is not False:
            found.add("streaming")
        if entry.get("supports_system_messages") is not False and mode == "chat":
            found.add("system_messages")
        if kind in JSON_OBJECT and mode == "chat" and "claude" not in identifier:
            found.add("json_object")
        if "tools" in found and re.search(r"claude|gemini-[2-9]", identifier):
            found.add("parallel_tools")
        if "tools" in found and kind in ("anthropic", "gemini", "vertex") and re.search(
            r"claude-[a-z]+-[4-9]|gemini-(2\.5|[3-9])", identifier
        ):
            # https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool
            # https://ai.google.dev/gemini-api/docs/code-execution
            found.add("code_execution")
        if kind in ("openai", "azure-openai") and re.search(r"^(gpt-(3|4)|chatgpt|davinci|babbage)", identifier):
            # https://developers.openai.com/api/reference/resources/chat: logprobs, not for reasoning models
            if not re.search("audio|search|realtime", identifier):
                found.add("logprobs")
        if kind in ("together", "fireworks"):
            found.add("logprobs")
    return found


def traits(kind: str, mode: str, identifier: str, entry: dict) -> dict[str, str]:
    """What litellm's flags say of how requests are to be shaped; what they leave open the family's rules fill in."""
    if mode != "chat":
        return {}
    found: dict[str, str] = {}

    def flag(name: str, trait: str) -> None:
        if isinstance(entry.get(name), bool):
            found[trait] = "1" if entry[name] else "0"

    if entry.get("supports_sampling_params") is False:
        found["sampling"] = "none"
    if entry.get("supports_adaptive_thinking"):
        found["reasoning"] = "adaptive"
        if entry.get("supports_legacy_thinking"):
            found["budget"] = "1"
    if entry.get("supports_reasoning") is False:
        found["reasoning"] = "none"
    flag("thinking_always_on", "always")
    flag("supports_forced_tool_use", "forced")
    flag("supports_assistant_prefill", "prefill")
    flag("supports_mid_conversation_system", "mid")
    if entry.get("supports_native_structured_output") or entry.get("supports_bedrock_native_structured_output"):
        found["schema"] = "1"
    if entry.get("supports_parallel_tool_use_config"):
        found["parallel"] = "1"
    if entry.get("supports_bedrock_converse_tool_result_images"):
        found["resultimages"] = "1"
    if (levels := efforts(entry)) and entry.get("supports_reasoning"):
        found["efforts"] = ",".join(levels)
        # Claude's family rules know whether its efforts go with adaptive thinking.
        if "reasoning" not in found and "claude" not in identifier:
            found["reasoning"] = "level" if "gemini" in identifier else "effort"
    if level := entry.get("default_reasoning_effort"):
        found["effort"] = level
    endpoints = entry.get("supported_endpoints") or []
    if kind in ("openai", "azure-openai") and (
        ("/v1/responses" in endpoints and "/v1/chat/completions" not in endpoints)
        or (entry.get("mode") == "responses" and not endpoints)
    ):
        found["responses"] = "1"
    return found


def efforts(entry: dict) -> list[str]:
    """The levels of reasoning effort, where the entry says anything of them."""
    if levels := entry.get("reasoning_effort_levels"):
        return levels
    said = {level: entry.get(f"supports_{level}_reasoning_effort") for level in EFFORTS}
    if all(value is None for value in said.values()):
        return []
    levels = [level for level in EFFORTS if (said[level] if said[level] is not None else level in ("low", "medium", "high"))]
    ceiling = entry.get("bedrock_output_config_effort_ceiling")
    return [level for level in levels if ceiling not in EFFORTS or EFFORTS.index(level) <= EFFORTS.index(ceiling)]


def prices(result: Record, entry: dict) -> None:
    """Every price of an entry that one of our meters counts."""
    for key, value in entry.items():
        match = PRICE_KEY.match(key)
        if not match or isinstance(value, (str, dict, list)) or value is None:
            continue
        meter = METERS[match["base"]]
        if match["hours"]:
            meter = f"{meter}_{match['hours']}h"
        above = int(match["above"] or 0) * 1000
        if above and result.kind == "xai":
            above -= 1  # xAI charges the higher price from the threshold on, not only above it.
        result.price(meter, decimal(value), TIERS[match["tier"]], above)
    once(result)
    if context := entry.get("search_context_cost_per_query"):
        sizes = {name: context.get(f"search_context_size_{name}") for name in ("low", "medium", "high")}
        if sizes["medium"] is not None:
            result.price("search", decimal(sizes["medium"]))
            for name in ("low", "high"):
                if sizes[name] is not None and sizes[name] != sizes["medium"]:
                    result.price(f"search_{name}", decimal(sizes[name]))
    if quota := entry.get("search_free_requests"):
        result.free = f"search={quota['count']}/{quota['period']}"
    for region in ("eu", "us"):
        if factor := entry.get(f"regional_processing_uplift_multiplier_{region}"):
            result.regions[region] = decimal(factor)
    if factor := entry.get("regional_endpoint_uplift_multiplier"):
        result.regions["regional"] = decimal(factor)
    special = entry.get("provider_specific_entry") or {}
    if "us" in special:
        result.regions["us"] = decimal(special["us"])
    halve_hour_writes(result)
    if "fast" in special:
        # The speed multiplies every token price, those of the cache included.
        # https://platform.claude.com/docs/en/build-with-claude/fast-mode
        for (tier, above), meters in list(result.prices.items()):
            for meter, value in meters.items():
                if tier == "" and meter in ("input", "output") or meter.startswith("cache_"):
                    if tier == "":
                        result.price(meter, value * decimal(special["fast"]), "fast", above)
    if off := entry.get("off_peak_pricing"):
        result.off_peak = {METERS[key]: decimal(value) for key, value in off.items() if key in METERS}
        result.off_peak_windows = ";".join(window(item) for item in off["windows"])
    # A paid provider's model without any price above zero is one whose price is not known, not a free one.
    values = [value for meters in result.prices.values() for value in meters.values()]
    if not any(values) and result.kind != "ollama" and result.mode != "moderation":
        result.prices = {}


def once(result: Record) -> None:
    """Leaves one way of counting the same thing: sources write an estimate by the second, character or image beside
    the tokens that are billed, and a second of sound for both directions."""
    plain = result.prices.get(("", 0), {})

    def drop(*meters: str) -> None:
        for prices in result.prices.values():
            for meter in meters:
                prices.pop(meter, None)

    if result.mode == "transcription":
        drop("output_second") if "second" in plain or not plain.get("output_second") else None
    if result.mode in ("transcription", "speech") and (plain.get("output") or plain.get("audio_output")):
        drop("second", "output_second")
    if result.mode == "realtime" and (plain.get("audio_input") or plain.get("output")):
        drop("second", "output_second", "video_second")
    if result.mode == "image" and "image_output" in plain:
        drop("image", "image_taken")
    elif result.mode == "image" and "image" not in plain and "image_taken" in plain:
        # A picture's price, written as that of its input.
        plain["image"] = plain.pop("image_taken")
    if result.mode == "image" and result.kind == "fireworks":
        drop("input", "output")  # By the step, not by the token.
    if result.mode == "embedding" and plain.get("input"):
        drop("characters")
    if result.mode == "chat":
        drop("image", "image_taken", "video_second")


def halve_hour_writes(result: Record) -> None:
    """The batch price of an hour's cache write where the source leaves it out: batches halve every token price.

    https://platform.claude.com/docs/en/build-with-claude/batch-processing#pricing
    """
    for (tier, above), meters in list(result.prices.items()):
        base = result.prices.get(("", above), {})
        if tier == "batch" and "cache_write_1h" in base and "cache_write_1h" not in meters:
            if meters.get("cache_write", Decimal(-1)) * 2 == base.get("cache_write"):
                meters["cache_write_1h"] = base["cache_write_1h"] / 2


def window(item: dict) -> str:
    """Days of the week (1 is Monday) and minutes of the UTC day: `1-5:0-60,240-360`."""
    days = item["weekdays"]
    if days != list(range(days[0], days[-1] + 1)):
        raise SystemExit(f"{days}: not a run of days")
    hours = item["hours_utc"]
    spans = []
    for span in [hours] if isinstance(hours, str) else hours:
        start, _, end = span.partition("-")
        spans.append(f"{minutes(start)}-{minutes(end) or 1440}")
    return f"{days[0]}-{days[-1]}:{','.join(spans)}"


def minutes(text: str) -> int:
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def add_azure_regions(data: dict, records: dict[tuple[str, str], Record]) -> None:
    """Azure's data zones (`azure/eu/…`, `azure/us/…`) as a factor on the global price, where one factor explains them."""
    for key, entry in data.items():
        match = re.match(r"^azure/(eu|us)/([^/]+)$", key)
        target = records.get(("azure-openai", match[2])) if match else None
        if target is None:
            continue
        zone = Record("azure-openai", match[2])
        prices(zone, entry)
        base, other = target.prices.get(("", 0), {}), zone.prices.get(("", 0), {})
        factors = {other[meter] / base[meter] for meter in ("input", "output") if base.get(meter) and meter in other}
        if len(factors) == 1 and (factor := factors.pop()) > 1 and factor == factor.quantize(Decimal("0.001")):
            target.regions[match[1]] = factor
