internal import JSON

/// The words for why a candidate ended, both ways.
///
/// Source: `Candidate.FinishReason` of https://ai.google.dev/api/generate-content and of the google-genai SDK.
enum GeminiFinishReason {
    /// The words in the order of their numbers at AI Studio, which a server asked for numbers sends instead.
    private static let numbered = [
        "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "LANGUAGE", "BLOCKLIST",
        "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY", "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
    ]

    /// What the number of a finish reason means.
    static func reason(number: Int) -> StopReason {
        Self.numbered.indices.contains(number) ? Self.reason(Self.numbered[number]) : .other(String(number))
    }

    /// What the word of a finish reason means.
    static func reason(_ word: String) -> StopReason {
        switch word {
        case "STOP": .stop
        case "MAX_TOKENS": .length
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR":
            .contentFilter
        case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE",
            "MISSING_THOUGHT_SIGNATURE":
            .malformed
        default: .other(word)
        }
    }

    /// The word for a client: calls end with `STOP` here.
    static func word(_ reason: StopReason) -> String {
        switch reason {
        case .stop, .stopSequence, .toolCalls, .pauseTurn: "STOP"
        case .length, .contextWindow: "MAX_TOKENS"
        case .contentFilter, .refusal: "SAFETY"
        case .malformed: "MALFORMED_FUNCTION_CALL"
        case .other(let word): Self.isWord(word) ? word : "OTHER"
        }
    }

    /// Whether `word` looks like one of the dialect's own: SDKs take those they do not know, but not lower-case ones of
    /// another dialect for one of theirs.
    private static func isWord(_ word: String) -> Bool {
        !word.isEmpty
            && word.utf8.allSatisfy { byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_")
            }
    }
}
