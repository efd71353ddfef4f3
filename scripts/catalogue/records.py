"""What one line of the catalogue says of a model, and how it is written."""

from dataclasses import dataclass, field
from decimal import Decimal

# The letters of capabilities, in the order of `Capability` in Swift.
LETTERS = {
    "tools": "t",
    "parallel_tools": "p",
    "vision": "v",
    "audio_input": "a",
    "audio_output": "A",
    "documents": "d",
    "video": "V",
    "json_schema": "s",
    "json_object": "j",
    "reasoning": "r",
    "prefill": "f",
    "logprobs": "l",
    "streaming": "S",
    "system_messages": "y",
    "web_search": "w",
    "code_execution": "c",
    "embeddings": "e",
    "rerank": "k",
    "images": "i",
    "speech": "h",
    "transcription": "T",
    "moderation": "m",
}

# Meters that count one thing at a time; every other meter's price is written for a million units.
SINGLE = {
    "second", "output_second", "video_second", "image", "image_taken", "search", "search_low", "search_high",
    "search_unit", "page", "annotated_page", "request", "maps", "code_session",
}  # fmt: skip


@dataclass
class Record:
    """One model at one kind of provider."""

    kind: str
    id: str
    mode: str = "chat"
    aliases: list[str] = field(default_factory=list)
    context: int | None = None
    input: int | None = None
    output: int | None = None
    capabilities: set[str] = field(default_factory=set)
    known: bool = True
    """Whether the capabilities are all there are, not only those every model of its mode has."""
    traits: dict[str, str] = field(default_factory=dict)
    """What request translation has to know beyond the family's rules, by the names `ModelTraits` reads."""
    status: str = "ga"
    deprecates: str = ""
    prices: dict[tuple[str, int], dict[str, Decimal]] = field(default_factory=dict)
    """By tier and threshold (the input tokens above which the prices hold; 0 is no threshold), then by meter: US
    dollars for one unit."""
    regions: dict[str, Decimal] = field(default_factory=dict)
    """What prices are multiplied by in a region."""
    off_peak: dict[str, Decimal] = field(default_factory=dict)
    off_peak_windows: str = ""
    free: str = ""
    """A free quota: `search=1500/day`."""
    source: str = ""
    dataset: str = ""

    def price(self, meter: str, value: Decimal, tier: str = "", above: int = 0) -> None:
        if value < 0:
            raise SystemExit(f"{self.kind} {self.id}: {meter} has a negative price")
        self.prices.setdefault((tier, above), {})[meter] = value

    def line(self, source: int) -> str:
        numbers = [self.context, self.input, self.output]
        return "\t".join(
            [
                self.id,
                self.mode,
                "/".join("" if number is None else str(number) for number in numbers),
                ("" if self.known else "?") + "".join(LETTERS[name] for name in LETTERS if name in self.capabilities),
                ";".join(f"{name}:{value}" for name, value in sorted(self.traits.items())),
                {"ga": "", "preview": "p", "deprecated": "d"}[self.status] + self.deprecates,
                self._prices(),
                str(source),
                *([" ".join(self.aliases)] if self.aliases else []),
            ]
        )

    def _prices(self) -> str:
        parts = []
        # The plain prices first, then the bands, then the tiers.
        for (tier, above), meters in sorted(self.prices.items()):
            head = (f">{above}" if above else "") + (f"@{tier}" if tier else "")
            if head:
                parts.append(head)
            parts += [f"{meter}={number(meter, meters[meter])}" for meter in sorted(meters)]
        if self.off_peak:
            parts.append("~" + self.off_peak_windows)
            parts += [f"{meter}={number(meter, self.off_peak[meter])}" for meter in sorted(self.off_peak)]
        for region, factor in sorted(self.regions.items()):
            parts.append(f"^{region}={plain(factor)}")
        if self.free:
            parts.append("!" + self.free)
        return " ".join(parts)

    @property
    def payload(self) -> str:
        """Everything but the names, to tell two names of the same thing."""
        return self.line(0).partition("\t")[2] + self.source


def number(meter: str, value: Decimal) -> str:
    """A price as the catalogue writes it: US dollars for a million units, or for one where they are counted singly."""
    return plain(value if meter in SINGLE else value * 1_000_000)


def plain(value: Decimal) -> str:
    """A decimal without exponent and trailing zeros."""
    text = format(value.normalize(), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
