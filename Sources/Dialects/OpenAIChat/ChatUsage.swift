internal import Core
internal import JSON

/// Reads the `usage` object of OpenAI's Chat dialect, in every spelling its servers use, into the gateway's counting.
///
/// `prompt_tokens` includes what came from and went into the cache; `completion_tokens` includes reasoning, but at xAI.
/// Sources: the `CompletionUsage` type of OpenAI's API reference; DeepSeek's `prompt_cache_hit_tokens`; Mistral's
/// `num_cached_tokens`; Together's `cached_tokens`; the `cache_…_input_tokens` that gateways carry over from Anthropic.
enum ChatUsage {
    /// The counters as they stand in the text; nil where a counter is absent, null or not an integer.
    private struct Counters {
        var prompt: Int?
        var completion: Int?
        var total: Int?
        var cached: Int?
        var cacheWritten: Int?
        var cacheMissed: Int?
        var reasoning: Int?
        var audioInput: Int?
        var audioOutput: Int?
        var searches: Int?
    }

    /// No real count comes near this; a larger one is cut to it, so that sums cannot overflow.
    private static let largest = 1 << 40

    /// The usage in the object at `value`, or nil where it holds neither input nor output tokens.
    static func read(
        _ value: Range<Int>,
        in bytes: UnsafeRawBufferPointer,
        quirks: ChatQuirks
    ) throws(JSONSyntaxError) -> Usage? {
        var members = JSONMembers(at: value.lowerBound)
        return try Self.read(&members, in: bytes, quirks: quirks)
    }

    /// The usage in the object that `members` walks over, to its end; nil where it holds neither input nor output tokens.
    static func read(
        _ members: inout JSONMembers,
        in bytes: UnsafeRawBufferPointer,
        quirks: ChatQuirks
    ) throws(JSONSyntaxError) -> Usage? {
        var counters = Counters()
        while let member = try members.nextHead(in: bytes) {
            if member.kind == .number {
                Self.take(member, in: bytes, into: &counters)
            } else if member.kind == .object {
                if member.keyIs("prompt_tokens_details", in: bytes) {
                    var details = members.object
                    try Self.readPromptDetails(&details, in: bytes, into: &counters)
                    members.resume(after: details)
                } else if member.keyIs("completion_tokens_details", in: bytes) {
                    var details = members.object
                    try Self.readCompletionDetails(&details, in: bytes, into: &counters)
                    members.resume(after: details)
                }
            }
        }
        return Self.usage(of: counters, quirks: quirks)
    }

    private static func count(_ value: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Int? {
        JSONScan.integer(value, in: bytes).map { min(max($0, 0), Self.largest) }
    }

    private static func take(_ member: JSONMember, in bytes: UnsafeRawBufferPointer, into counters: inout Counters) {
        guard let count = Self.count(member.value, in: bytes) else { return }
        if member.keyIs("prompt_tokens", in: bytes) {
            counters.prompt = count
        } else if member.keyIs("completion_tokens", in: bytes) {
            counters.completion = count
        } else if member.keyIs("total_tokens", in: bytes) {
            counters.total = count
        } else if member.keyIs("prompt_cache_hit_tokens", in: bytes) || member.keyIs("cached_tokens", in: bytes)
            || member.keyIs("num_cached_tokens", in: bytes) || member.keyIs("cache_read_input_tokens", in: bytes)
        {
            // The same number in another spelling: a zero in one of them must not hide the other.
            counters.cached = max(counters.cached ?? 0, count)
        } else if member.keyIs("prompt_cache_miss_tokens", in: bytes) {
            counters.cacheMissed = count
        } else if member.keyIs("cache_creation_input_tokens", in: bytes) {
            counters.cacheWritten = max(counters.cacheWritten ?? 0, count)
        } else if member.keyIs("reasoning_tokens", in: bytes) {
            counters.reasoning = max(counters.reasoning ?? 0, count)
        } else if member.keyIs("num_search_queries", in: bytes) {
            // Perplexity's name.
            counters.searches = count
        }
    }

    private static func readPromptDetails(
        _ members: inout JSONMembers,
        in bytes: UnsafeRawBufferPointer,
        into counters: inout Counters
    ) throws(JSONSyntaxError) {
        while let member = try members.nextHead(in: bytes) {
            guard member.kind == .number else { continue }
            if member.keyIs("cached_tokens", in: bytes) {
                if let count = Self.count(member.value, in: bytes) {
                    counters.cached = max(counters.cached ?? 0, count)
                }
            } else if member.keyIs("cache_write_tokens", in: bytes) {
                if let count = Self.count(member.value, in: bytes) {
                    counters.cacheWritten = max(counters.cacheWritten ?? 0, count)
                }
            } else if member.keyIs("audio_tokens", in: bytes) {
                counters.audioInput = Self.count(member.value, in: bytes)
            }
        }
    }

    private static func readCompletionDetails(
        _ members: inout JSONMembers,
        in bytes: UnsafeRawBufferPointer,
        into counters: inout Counters
    ) throws(JSONSyntaxError) {
        while let member = try members.nextHead(in: bytes) {
            guard member.kind == .number else { continue }
            if member.keyIs("reasoning_tokens", in: bytes) {
                if let count = Self.count(member.value, in: bytes) {
                    counters.reasoning = max(counters.reasoning ?? 0, count)
                }
            } else if member.keyIs("audio_tokens", in: bytes) {
                counters.audioOutput = Self.count(member.value, in: bytes)
            }
        }
    }

    private static func usage(of counters: Counters, quirks: ChatQuirks) -> Usage? {
        var input = counters.prompt
        if input == nil, counters.cacheMissed != nil {
            input = (counters.cached ?? 0) + (counters.cacheMissed ?? 0)
        }
        guard input != nil || counters.completion != nil else { return nil }
        let prompt = input ?? 0
        let cacheRead = min(counters.cached ?? 0, prompt)
        let cacheWrite = min(counters.cacheWritten ?? 0, prompt - cacheRead)
        let completion = counters.completion ?? 0
        let reasoning = counters.reasoning ?? 0
        let output = completion + (Self.leavesOutReasoning(counters, prompt: prompt, quirks: quirks) ? reasoning : 0)
        var usage = Usage(
            freshInput: prompt - cacheRead - cacheWrite,
            cacheRead: cacheRead,
            cacheWrite: cacheWrite,
            output: output,
            reasoning: min(reasoning, output)
        )
        usage.audioInput = min(counters.audioInput ?? 0, usage.freshInput)
        usage.audioOutput = min(counters.audioOutput ?? 0, output)
        usage.searches = counters.searches ?? 0
        return usage
    }

    /// Whether reasoning must be added to the completion: the total says so where it fits one reading, else the quirk.
    private static func leavesOutReasoning(_ counters: Counters, prompt: Int, quirks: ChatQuirks) -> Bool {
        guard let reasoning = counters.reasoning, reasoning > 0 else { return false }
        let completion = counters.completion ?? 0
        if let total = counters.total {
            if total == prompt + completion + reasoning { return true }
            if total == prompt + completion { return false }
        }
        // More reasoning than completion cannot be a part of it.
        return quirks.reasoningOutsideCompletion || reasoning > completion && counters.completion != nil
    }
}
