internal import Core
internal import JSON

/// The counters of `usageMetadata` as they stand in the text.
///
/// `promptTokenCount` holds what came from the cache; what tools brought in and what the model thought are counted
/// besides. Source: `UsageMetadata` of https://ai.google.dev/api/generate-content.
struct GeminiUsage {
    private var prompt: Int?
    private var cached = 0
    private var candidates: Int?
    private var thoughts = 0
    private var tools = 0
    private var total: Int?
    private var promptAudio = 0
    private var cachedAudio = 0
    private var candidatesAudio = 0

    /// No real count comes near this; a larger one is cut to it, so that sums cannot overflow.
    private static let largest = 1 << 40

    /// Reads the object that `members` walks over, to its end; nil where it counts nothing.
    static func read(
        _ members: inout JSONMembers,
        in bytes: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) -> Usage? {
        var usage = GeminiUsage()
        while let member = try members.nextHead(in: bytes) {
            if member.kind == .number {
                usage.take(member, in: bytes)
            } else if member.kind == .array {
                let isPrompt = member.keyIs("promptTokensDetails", in: bytes)
                let isCache = member.keyIs("cacheTokensDetails", in: bytes)
                let isCandidates = member.keyIs("candidatesTokensDetails", in: bytes)
                guard isPrompt || isCache || isCandidates else { continue }
                var details = members.array
                let audio = try Self.audio(&details, in: bytes)
                members.resume(after: details)
                if isPrompt { usage.promptAudio = audio }
                if isCache { usage.cachedAudio = audio }
                if isCandidates { usage.candidatesAudio = audio }
            }
        }
        return usage.counted
    }

    private mutating func take(_ member: JSONMember, in bytes: UnsafeRawBufferPointer) {
        guard let value = JSONScan.integer(member.value, in: bytes) else { return }
        let count = min(max(value, 0), Self.largest)
        if member.keyIs("promptTokenCount", in: bytes) {
            self.prompt = count
        } else if member.keyIs("candidatesTokenCount", in: bytes) {
            self.candidates = count
        } else if member.keyIs("totalTokenCount", in: bytes) {
            self.total = count
        } else if member.keyIs("thoughtsTokenCount", in: bytes) {
            self.thoughts = count
        } else if member.keyIs("cachedContentTokenCount", in: bytes) {
            self.cached = count
        } else if member.keyIs("toolUsePromptTokenCount", in: bytes) {
            self.tools = count
        }
    }

    /// The audio tokens among `[{modality, tokenCount}]`; the modality may be a number.
    private static func audio(
        _ details: inout JSONElements,
        in bytes: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) -> Int {
        var audio = 0
        while let element = try details.nextHead(in: bytes) {
            guard element.kind == .object else { continue }
            var members = details.object
            var isAudio = false
            var count = 0
            while let member = try members.nextHead(in: bytes) {
                if member.keyIs("modality", in: bytes) {
                    isAudio =
                        JSONScan.isString("AUDIO", member.value, in: bytes)
                        || member.kind == .number && JSONScan.integer(member.value, in: bytes) == 4
                } else if member.keyIs("tokenCount", in: bytes), member.kind == .number {
                    count = min(max(JSONScan.integer(member.value, in: bytes) ?? 0, 0), Self.largest)
                }
            }
            details.resume(after: members)
            if isAudio { audio = min(audio + count, Self.largest) }
        }
        return audio
    }

    private var counted: Usage? {
        guard self.prompt != nil || self.candidates != nil || self.total != nil else { return nil }
        let prompt = self.prompt ?? 0
        var tools = self.tools
        var output = (self.candidates ?? 0) + self.thoughts
        if let total = self.total {
            let sum = prompt + tools + output
            if sum > total {
                // A few answers count the thoughts among the candidates, or the tools' input in the prompt.
                if total == sum - self.thoughts {
                    output -= self.thoughts
                } else if total == sum - tools {
                    tools = 0
                }
            } else if sum < total, self.candidates == nil {
                output = total - prompt - tools
            }
        }
        let cached = min(self.cached, prompt)
        var usage = Usage(
            freshInput: prompt - cached + tools,
            cacheRead: cached,
            output: output,
            reasoning: min(self.thoughts, output)
        )
        usage.audioInput = min(max(self.promptAudio - self.cachedAudio, 0), usage.freshInput)
        usage.audioOutput = min(self.candidatesAudio, output)
        return usage
    }
}
