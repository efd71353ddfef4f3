internal import Core
internal import JSON

/// The `usage` of a response: input includes what came from and went into caches, output includes reasoning.
///
/// Source: the `ResponseUsage` type of OpenAI's API reference.
enum ResponsesUsage {
    /// No real count comes near this; a larger one is cut to it, so that sums cannot overflow.
    private static let largest = 1 << 40

    /// Reads `usage`; nil where it holds neither input nor output tokens.
    static func read(_ value: JSONValue?) -> Usage? {
        guard let value, value["input_tokens"] != nil || value["output_tokens"] != nil else { return nil }
        let input = Self.count(value["input_tokens"])
        let output = Self.count(value["output_tokens"])
        let details = value["input_tokens_details"]
        let cacheRead = min(Self.count(details?["cached_tokens"]), input)
        let cacheWrite = min(Self.count(details?["cache_write_tokens"]), input - cacheRead)
        let outputDetails = value["output_tokens_details"]
        var usage = Usage(
            freshInput: input - cacheRead - cacheWrite,
            cacheRead: cacheRead,
            cacheWrite: cacheWrite,
            output: output,
            reasoning: min(Self.count(outputDetails?["reasoning_tokens"]), output)
        )
        usage.audioInput = min(Self.count(details?["audio_tokens"]), usage.freshInput)
        usage.audioOutput = min(Self.count(outputDetails?["audio_tokens"]), output)
        return usage
    }

    private static func count(_ value: JSONValue?) -> Int { min(max(value?.asInt ?? 0, 0), Self.largest) }

    /// Writes `usage`.
    static func write(_ usage: Usage, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("input_tokens")
        writer.number(usage.input)
        writer.key("input_tokens_details")
        writer.beginObject()
        writer.key("cached_tokens")
        writer.number(usage.cacheRead)
        writer.key("cache_write_tokens")
        writer.number(usage.cacheWrite)
        writer.endObject()
        writer.key("output_tokens")
        writer.number(usage.output)
        writer.key("output_tokens_details")
        writer.beginObject()
        writer.key("reasoning_tokens")
        writer.number(usage.reasoning)
        writer.endObject()
        writer.key("total_tokens")
        writer.number(usage.total)
        writer.endObject()
    }
}
