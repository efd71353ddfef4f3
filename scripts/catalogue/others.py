"""Records of the kinds litellm's map does not cover: OpenRouter, Hugging Face and NVIDIA."""

import re
from decimal import Decimal

from convert import JSON_OBJECT, PAGES
from records import Record

# genai-prices' meters by ours: what one of its units is, in our units.
METERS = {
    "input_mtok": ("input", 1_000_000),
    "output_mtok": ("output", 1_000_000),
    "cache_read_mtok": ("cache_read", 1_000_000),
    "cache_write_mtok": ("cache_write", 1_000_000),
    "cache_write_1h_mtok": ("cache_write_1h", 1_000_000),
    "output_reasoning_mtok": ("reasoning", 1_000_000),
    "input_audio_mtok": ("audio_input", 1_000_000),
    "output_audio_mtok": ("audio_output", 1_000_000),
    "input_image_mtok": ("image_input", 1_000_000),
    "output_image_mtok": ("image_output", 1_000_000),
    "web_searches_kcount": ("search", 1000),
    "requests_kcount": ("request", 1000),
}


def set_prices(result: Record, listed, today: str) -> None:
    """The prices in force on `today`: the last whose condition holds."""
    if isinstance(listed, list):
        chosen = None
        for item in listed:
            condition = item.get("constraint")
            if condition is None:
                chosen = item["prices"]
            elif condition[""] == "StartDateConstraint":
                year, month, day = condition["start_date"]["args"]
                if f"{year:04}-{month:02}-{day:02}" <= today:
                    chosen = item["prices"]
            else:
                return  # A time of day, which these kinds do not have.
        listed = chosen or {}
    for name, value in listed.items():
        if name not in METERS or value is None:
            continue
        meter, units = METERS[name]
        if isinstance(value, dict):  # TieredPrices
            result.price(meter, value["base"] / units)
            for tier in value["tiers"]:
                result.price(meter, tier["price"] / units, above=tier["start"])
        else:
            result.price(meter, Decimal(value) / units)


def apply_models_dev(result: Record, facts: dict) -> None:
    """Limits and capabilities as models.dev has them."""
    limit = facts.get("limit", {})
    result.context = result.context or limit.get("context") or None
    result.output = result.output or limit.get("output") or None
    taken = set(facts.get("modalities", {}).get("input", []))
    made = set(facts.get("modalities", {}).get("output", []))
    for name, item in (("vision", "image"), ("audio_input", "audio"), ("video", "video"), ("documents", "pdf")):
        if item in taken:
            result.capabilities.add(name)
    if "audio" in made:
        result.capabilities.add("audio_output")
    if "image" in made:
        result.capabilities.add("images")
    if facts.get("tool_call"):
        result.capabilities.add("tools")
    if facts.get("reasoning"):
        result.capabilities.add("reasoning")
    if facts.get("structured_output"):
        result.capabilities.add("json_schema")
    if facts.get("status") == "deprecated":
        result.status = "deprecated"


def mode_of(identifier: str, facts: dict | None) -> str:
    name = identifier.lower()
    made = set((facts or {}).get("modalities", {}).get("output", ["text"]))
    if re.search(r"rerank", name):
        return "rerank"
    if re.search(r"embed|bge-|e5-|gte-", name):
        return "embedding"
    if re.search(r"whisper|parakeet|canary|transcribe|-asr|stt", name):
        return "transcription"
    if re.search(r"tts|orpheus|magpie|kokoro|speech", name):
        return "speech"
    if made == {"image"} or re.search(r"flux|stable-diffusion|imagen|seedream", name):
        return "image"
    if made == {"video"}:
        return "video"
    return "chat"


def base(result: Record) -> Record:
    """What every model of its mode can do."""
    kinds = {"embedding": "embeddings", "rerank": "rerank", "transcription": "transcription", "speech": "speech"}
    if result.mode in kinds:
        result.capabilities = {kinds[result.mode]}
        result.output = None
    elif result.mode == "image":
        result.capabilities = {"images"}
    elif result.mode == "chat":
        result.capabilities |= {"streaming", "system_messages"}
        if result.kind in JSON_OBJECT and "claude" not in result.id:
            result.capabilities.add("json_object")
        if result.kind == "openrouter" and "tools" in result.capabilities:
            result.capabilities.add("parallel_tools")
    return result


def plain(name: str) -> str:
    """A model's name without vendor and spelling differences, to find the same model at its maker."""
    name = name.lower().strip("~").rpartition("/")[2].partition(":")[0]
    return re.sub(r"[._p](?=\d)", "-", name)


def openrouter(genai: list[dict], models_dev: dict, makers: list[Record], today: str, datasets: dict) -> list[Record]:
    """OpenRouter's models: those genai-prices saw with a context window in the provider's own list, and those models.dev
    lists."""
    known = models_dev["openrouter"]["models"]
    by_name: dict[str, Record] = {}
    for maker in makers:
        if maker.kind not in ("azure-openai", "bedrock", "vertex", "ollama", "nvidia"):
            by_name.setdefault(plain(maker.id), maker)
    listed = next(provider for provider in genai if provider["id"] == "openrouter")["models"]
    result = []
    for entry in listed:
        identifier = entry["id"]
        facts = known.get(identifier)
        if entry.get("deprecated") or re.search(r":(batch|flex|priority)$", identifier):
            continue
        if facts is None and not entry.get("context_window"):
            continue
        one = Record("openrouter", identifier, mode_of(identifier, facts), source=PAGES["openrouter"])
        one.dataset = datasets["genai"]
        one.context = entry.get("context_window")
        set_prices(one, entry["prices"], today)
        if not one.prices and not identifier.endswith(":free"):
            continue
        if identifier.endswith(":free"):
            one.prices = {}
            for meter in ("input", "output"):
                one.price(meter, Decimal(0))
        maker = by_name.get(plain(identifier))
        if maker is not None and maker.mode == one.mode:
            one.capabilities |= maker.capabilities - {"web_search", "code_execution", "parallel_tools", "logprobs"}
            one.output = one.output or maker.output
            one.traits = {name: value for name, value in maker.traits.items() if name in ("sampling", "always", "forced", "prefill")}
        if facts is not None:
            apply_models_dev(one, facts)
        one.known = maker is not None or facts is not None
        if re.search(r"preview|beta|experimental", identifier):
            one.status = "preview" if one.status == "ga" else one.status
        result.append(base(one))
    return result


def huggingface(genai: list[dict], models_dev: dict, makers: list[Record], today: str, datasets: dict) -> list[Record]:
    """The router's models: `org/model` as models.dev has them, `org/model:provider` with each provider's price."""
    result = []
    known = {name.lower(): facts for name, facts in models_dev["huggingface"]["models"].items()}
    by_name: dict[str, Record] = {}
    for maker in makers:
        by_name.setdefault(plain(maker.id), maker)
    for identifier, facts in models_dev["huggingface"]["models"].items():
        one = Record("huggingface", identifier, mode_of(identifier, facts), source=PAGES["huggingface"])
        one.dataset = datasets["models_dev"]
        apply_models_dev(one, facts)
        cost = facts.get("cost", {})
        for name, meter in (("input", "input"), ("output", "output"), ("cache_read", "cache_read")):
            if cost.get(name):
                one.price(meter, Decimal(cost[name]) / 1_000_000)
        result.append(base(one))
    for provider in genai:
        if not provider["id"].startswith("huggingface_"):
            continue
        suffix = provider["id"].removeprefix("huggingface_")
        for entry in provider["models"]:
            if entry.get("deprecated") or not entry.get("context_window"):
                continue
            facts = known.get(entry["id"].lower())
            one = Record("huggingface", f"{entry['id']}:{suffix}", mode_of(entry["id"], facts), source=PAGES["huggingface"])
            one.dataset = datasets["genai"]
            one.context = entry["context_window"]
            set_prices(one, entry["prices"], today)
            maker = by_name.get(plain(entry["id"]))
            if facts is not None:
                apply_models_dev(one, facts)
            elif maker is not None and maker.mode == one.mode:
                one.capabilities |= maker.capabilities & {"tools", "vision", "reasoning", "audio_input", "video"}
            one.known = maker is not None or facts is not None
            if one.prices:
                result.append(base(one))
    return result


def nvidia(models_dev: dict, datasets: dict) -> list[Record]:
    """NVIDIA's hosted models. Trial access is by credits and no price is published, so they carry none."""
    result = []
    for identifier, facts in models_dev["nvidia"]["models"].items():
        one = Record("nvidia", identifier, mode_of(identifier, facts), source=PAGES["nvidia"])
        one.dataset = datasets["models_dev"]
        apply_models_dev(one, facts)
        result.append(base(one))
    return result
