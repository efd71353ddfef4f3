internal import Core
internal import JSON

/// The counts of a `usage` object of Anthropic's Messages API, which come in two halves in a stream.
///
/// `input_tokens` leaves both caches out; `output_tokens` includes thinking. Where the answer took several passes
/// (`iterations`: compaction, a fallback model), what is billed is their sum.
///
/// Source: https://docs.anthropic.com/en/api/messages
struct AnthropicUsage: Sendable {
    private var input = 0
    private var cacheRead = 0
    private var cacheWrite = 0
    private var cacheWriteHour = 0
    private var output = 0
    private var thinking = 0
    private var searches = 0
    /// Whether any count came.
    private(set) var isKnown = false

    /// Nothing counted yet.
    init() {}

    /// Takes over the counts that `value` holds; what it leaves out stays as it was.
    mutating func merge(_ value: JSONValue) {
        guard case .object(let object) = value else { return }
        self.take(object)
        guard case .array(let iterations)? = object["iterations"], !iterations.isEmpty else { return }
        var sum = AnthropicUsage()
        for iteration in iterations {
            var one = AnthropicUsage()
            if case .object(let counts) = iteration { one.take(counts) }
            sum.input = min(sum.input + one.input, Self.most)
            sum.cacheRead = min(sum.cacheRead + one.cacheRead, Self.most)
            sum.cacheWrite = min(sum.cacheWrite + one.cacheWrite, Self.most)
            sum.cacheWriteHour = min(sum.cacheWriteHour + one.cacheWriteHour, Self.most)
            sum.output = min(sum.output + one.output, Self.most)
        }
        self.input = sum.input
        self.cacheRead = sum.cacheRead
        self.cacheWrite = sum.cacheWrite
        self.cacheWriteHour = sum.cacheWriteHour
        self.output = sum.output
    }

    private mutating func take(_ object: JSONObject) {
        for (key, value) in object {
            switch key {
            case "input_tokens": self.set(\.input, value)
            case "output_tokens": self.set(\.output, value)
            case "cache_read_input_tokens": self.set(\.cacheRead, value)
            case "cache_creation_input_tokens": self.set(\.cacheWrite, value)
            case "cache_creation":
                if let hour = value["ephemeral_1h_input_tokens"] { self.set(\.cacheWriteHour, hour) }
            case "output_tokens_details":
                if let thinking = value["thinking_tokens"] { self.set(\.thinking, thinking) }
            case "server_tool_use":
                if let searches = value["web_search_requests"] { self.set(\.searches, searches) }
            default: break
            }
        }
    }

    /// The most a count may be, so that no sum of counts overflows.
    private static let most = 1 << 48

    private mutating func set(_ path: WritableKeyPath<AnthropicUsage, Int>, _ value: JSONValue) {
        guard let count = value.asInt else { return }
        self[keyPath: path] = min(max(count, 0), Self.most)
        self.isKnown = true
    }

    /// The counts in the gateway's own counting.
    var usage: Usage {
        var usage = Usage(
            freshInput: self.input,
            cacheRead: self.cacheRead,
            cacheWrite: self.cacheWrite,
            output: self.output,
            reasoning: min(self.thinking, self.output)
        )
        usage.cacheWriteHour = min(self.cacheWriteHour, self.cacheWrite)
        usage.searches = self.searches
        return usage
    }

    /// Writes `usage` as a whole answer and the start of a stream carry it; nil is all zeros, since clients insist on
    /// numbers.
    static func write(_ usage: Usage?, serviceTier: String? = nil, into writer: inout JSONWriter) {
        let usage = usage ?? Usage()
        writer.beginObject()
        Self.writeCounts(usage, into: &writer)
        if usage.cacheWrite > 0 {
            writer.key("cache_creation")
            writer.beginObject()
            writer.key("ephemeral_5m_input_tokens")
            writer.number(usage.cacheWrite - usage.cacheWriteHour)
            writer.key("ephemeral_1h_input_tokens")
            writer.number(usage.cacheWriteHour)
            writer.endObject()
        }
        if let tier = Self.tier(serviceTier) {
            writer.key("service_tier")
            writer.string(tier)
        }
        writer.endObject()
    }

    /// Writes `usage` as the end of a stream carries it.
    static func writeDelta(_ usage: Usage?, into writer: inout JSONWriter) {
        writer.beginObject()
        Self.writeCounts(usage ?? Usage(), into: &writer)
        writer.endObject()
    }

    private static func writeCounts(_ usage: Usage, into writer: inout JSONWriter) {
        writer.key("input_tokens")
        writer.number(usage.freshInput)
        writer.key("cache_creation_input_tokens")
        writer.number(usage.cacheWrite)
        writer.key("cache_read_input_tokens")
        writer.number(usage.cacheRead)
        writer.key("output_tokens")
        writer.number(usage.output)
        if usage.reasoning > 0 {
            writer.key("output_tokens_details")
            writer.beginObject()
            writer.key("thinking_tokens")
            writer.number(usage.reasoning)
            writer.endObject()
        }
        if usage.searches > 0 {
            writer.key("server_tool_use")
            writer.beginObject()
            writer.key("web_search_requests")
            writer.number(usage.searches)
            writer.key("web_fetch_requests")
            writer.number(0)
            writer.endObject()
        }
    }

    /// The tier in this dialect's words; nil where it has none for it.
    private static func tier(_ tier: String?) -> String? {
        switch tier {
        case "standard", "priority", "batch": tier
        case "default": "standard"
        default: nil
        }
    }
}
