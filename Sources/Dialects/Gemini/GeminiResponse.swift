internal import Core
internal import JSON

/// One `GenerateContentResponse`: a whole answer, or one event of a stream, which is an answer with a piece of the
/// content.
struct GeminiResponse {
    /// `responseId`; nil where it is not wanted.
    var id: String?
    /// `modelVersion`; nil where it is not wanted.
    var model: String?
    /// nil where it counts nothing.
    var usage: Usage?
    /// In the order of the text.
    var candidates: [Candidate] = []
    /// Whether the prompt was refused, so that there are no candidates.
    var isBlocked = false
    /// Why, where it says so.
    var blockMessage: String?
    /// Whether it is an error in place of an answer.
    var isError = false
    /// Whether any field of the dialect was in it.
    var isKnown = false

    /// One candidate, or the next piece of it.
    struct Candidate {
        /// nil where it is left out, as the first's may be.
        var index: Int?
        var pieces: [Piece] = []
        var finish: StopReason?
        /// What the answer rests on; nil where there is nothing.
        var grounding: JSONValue?
        /// `citationMetadata`.
        var citations: JSONValue?
        /// Likelihoods in OpenAI's shape.
        var logprobs: JSONValue?
    }

    /// One part.
    enum Piece {
        case text(String, isThought: Bool, signature: String?)
        case call(Call, signature: String?)
        /// An image, audio, or a part only this dialect knows.
        case whole(Part)
    }

    /// A call, or a piece of one where Vertex streams its arguments.
    struct Call {
        var id: String?
        var name: String?
        /// The arguments as JSON text; nil where there are none.
        var arguments: String?
        var partial: [JSONValue] = []
        var willContinue = false
    }

    /// Reads the object that `bytes` are.
    ///
    /// - Parameter wantsHead: whether the id and the model are wanted, which every event repeats.
    init(
        _ bytes: UnsafeRawBufferPointer,
        family: SignatureFamily?,
        wantsHead: Bool
    ) throws(JSONSyntaxError) {
        var members = JSONMembers()
        while let member = try members.nextHead(in: bytes) {
            switch member.kind {
            case .array:
                guard member.keyIs("candidates", in: bytes) else { continue }
                self.isKnown = true
                var elements = members.array
                while let element = try elements.nextHead(in: bytes) {
                    guard element.kind == .object else { continue }
                    var candidate = elements.object
                    self.candidates.append(try Self.candidate(&candidate, in: bytes, family: family))
                    elements.resume(after: candidate)
                }
                members.resume(after: elements)
            case .object:
                if member.keyIs("usageMetadata", in: bytes) {
                    self.isKnown = true
                    var usage = members.object
                    self.usage = try GeminiUsage.read(&usage, in: bytes)
                    members.resume(after: usage)
                } else if member.keyIs("promptFeedback", in: bytes) {
                    self.isKnown = true
                    var feedback = members.object
                    while let field = try feedback.nextHead(in: bytes) {
                        if field.kind != .null, field.keyIs("blockReason", in: bytes) {
                            self.isBlocked = true
                        } else if field.kind == .string, field.keyIs("blockReasonMessage", in: bytes) {
                            self.blockMessage = try JSONScan.string(field.value, in: bytes)
                        }
                    }
                    members.resume(after: feedback)
                } else if member.keyIs("error", in: bytes) {
                    self.isError = true
                }
            case .string:
                if member.keyIs("responseId", in: bytes) {
                    self.isKnown = true
                    if wantsHead { self.id = try JSONScan.string(member.value, in: bytes) }
                } else if member.keyIs("modelVersion", in: bytes) {
                    self.isKnown = true
                    if wantsHead { self.model = try JSONScan.string(member.value, in: bytes) }
                } else if member.keyIs("error", in: bytes) {
                    self.isError = true
                }
            default: continue
            }
        }
    }

    private static func candidate(
        _ members: inout JSONMembers,
        in bytes: UnsafeRawBufferPointer,
        family: SignatureFamily?
    ) throws(JSONSyntaxError) -> Candidate {
        var candidate = Candidate()
        while let member = try members.nextHead(in: bytes) {
            switch member.kind {
            case .object:
                if member.keyIs("content", in: bytes) {
                    var content = members.object
                    while let field = try content.nextHead(in: bytes) {
                        guard field.kind == .array, field.keyIs("parts", in: bytes) else { continue }
                        var parts = content.array
                        while let element = try parts.nextHead(in: bytes) {
                            guard element.kind == .object else { continue }
                            var part = parts.object
                            let start = element.value.lowerBound
                            if let piece = try Self.piece(&part, from: start, in: bytes, family: family) {
                                candidate.pieces.append(piece)
                            }
                            parts.resume(after: part)
                        }
                        content.resume(after: parts)
                    }
                    members.resume(after: content)
                } else if member.keyIs("groundingMetadata", in: bytes) {
                    let value = try Self.tree(try members.skip(in: bytes), in: bytes)
                    if value.asObject?.isEmpty == false { candidate.grounding = value }
                } else if member.keyIs("citationMetadata", in: bytes) {
                    let value = try Self.tree(try members.skip(in: bytes), in: bytes)
                    if value.asObject?.isEmpty == false { candidate.citations = value }
                } else if member.keyIs("logprobsResult", in: bytes) {
                    candidate.logprobs = GeminiLogprobs.chat(try Self.tree(try members.skip(in: bytes), in: bytes))
                }
            case .string:
                guard member.keyIs("finishReason", in: bytes) else { continue }
                candidate.finish =
                    JSONScan.isString("STOP", member.value, in: bytes)
                    ? .stop : GeminiFinishReason.reason(try JSONScan.string(member.value, in: bytes))
            case .number:
                if member.keyIs("index", in: bytes) {
                    candidate.index = JSONScan.integer(member.value, in: bytes)
                } else if member.keyIs("finishReason", in: bytes),
                    let number = JSONScan.integer(member.value, in: bytes), number != 0
                {
                    candidate.finish = GeminiFinishReason.reason(number: number)
                }
            default: continue
            }
        }
        return candidate
    }

    private static func tree(
        _ range: Range<Int>,
        in bytes: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) -> JSONValue {
        try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
}

// MARK: Parts

extension GeminiResponse {
    /// The part that `members` walks over, to its end; nil where it says nothing.
    private static func piece(
        _ members: inout JSONMembers,
        from start: Int,
        in bytes: UnsafeRawBufferPointer,
        family: SignatureFamily?
    ) throws(JSONSyntaxError) -> Piece? {
        var text: Range<Int>?
        var signature: Range<Int>?
        var isThought = false
        var call: Call?
        var isOther = false
        while let member = try members.nextHead(in: bytes) {
            switch member.kind {
            case .string:
                if member.keyIs("text", in: bytes) {
                    text = member.value
                } else if member.keyIs("thoughtSignature", in: bytes) {
                    signature = member.value
                }
            case .true:
                if member.keyIs("thought", in: bytes) { isThought = true }
            case .object:
                if member.keyIs("functionCall", in: bytes) {
                    call = Self.call(try Self.tree(try members.skip(in: bytes), in: bytes))
                } else if !member.keyIs("partMetadata", in: bytes) {
                    isOther = true
                }
            default: continue
            }
        }
        let signed = try signature.map { (range) throws(JSONSyntaxError) in try JSONScan.string(range, in: bytes) }
        if let call { return .call(call, signature: signed) }
        if let text {
            return .text(try JSONScan.string(text, in: bytes), isThought: isThought, signature: signed)
        }
        if isOther {
            let value = try Self.tree(start..<members.end, in: bytes)
            return .whole(Self.whole(value, isThought: isThought, signature: signed, family: family))
        }
        return signed.map { .text("", isThought: isThought, signature: $0) }
    }

    private static func call(_ value: JSONValue) -> Call {
        var call = Call()
        if let id = value["id"]?.asString, !id.isEmpty { call.id = id }
        if let name = value["name"]?.asString, !name.isEmpty { call.name = name }
        if case .object? = value["args"] { call.arguments = value["args"]?.text }
        call.partial = value["partialArgs"]?.asArray ?? []
        call.willContinue = value["willContinue"]?.asBool ?? false
        return call
    }

    private static func whole(
        _ value: JSONValue,
        isThought: Bool,
        signature: String?,
        family: SignatureFamily?
    ) -> Part {
        // Sketches made while thinking are no part of the answer.
        if !isThought, let media = Self.media(value) {
            return Part(media, signature: signature.map { Signature($0, family: family) })
        }
        return Part(.opaque(Opaque(.gemini, value)))
    }

    /// The medium in a part, by its media type; nil where there is none.
    static func media(_ value: JSONValue) -> Part.Content? {
        let media: Media
        if let data = value["inlineData"], let bytes = data["data"]?.asString {
            media = Media(.base64(bytes), type: data["mimeType"]?.asString ?? "")
        } else if let file = value["fileData"], let uri = file["fileUri"]?.asString {
            media = Media(.url(uri), type: file["mimeType"]?.asString ?? "")
        } else {
            return nil
        }
        if media.type.hasPrefix("image/") { return .image(media) }
        if media.type.hasPrefix("audio/") { return .audio(media) }
        if media.type.hasPrefix("video/") { return .video(media) }
        return .document(Document(.media(media)))
    }
}

/// The likelihoods of tokens, from `logprobsResult` to OpenAI's shape and back.
enum GeminiLogprobs {
    /// `{"content":[{token, logprob, bytes, top_logprobs}]}`; nil where there are none.
    static func chat(_ result: JSONValue) -> JSONValue? {
        guard let chosen = result["chosenCandidates"]?.asArray, !chosen.isEmpty else { return nil }
        let top = result["topCandidates"]?.asArray ?? []
        var content: [JSONValue] = []
        content.reserveCapacity(chosen.count)
        for (at, candidate) in chosen.enumerated() {
            var token = Self.token(candidate)
            let others = at < top.count ? top[at]["candidates"]?.asArray ?? [] : []
            token.members.append(("top_logprobs", .array(others.map { .object(Self.token($0)) })))
            content.append(.object(token))
        }
        return .object(JSONObject([("content", .array(content))]))
    }

    private static func token(_ candidate: JSONValue) -> JSONObject {
        let token = candidate["token"]?.asString ?? ""
        return JSONObject([
            ("token", .string(token)),
            ("logprob", candidate["logProbability"] ?? 0),
            ("bytes", .array(token.utf8.map { .number(JSONNumber(Int($0))) })),
        ])
    }

    /// `logprobsResult` from OpenAI's shape; nil where there is nothing in it.
    static func gemini(_ chat: JSONValue) -> JSONValue? {
        guard let content = chat["content"]?.asArray, !content.isEmpty else { return nil }
        func candidate(_ token: JSONValue) -> JSONValue {
            ["token": token["token"] ?? "", "logProbability": token["logprob"] ?? 0]
        }
        var top: [JSONValue] = []
        for token in content {
            let others = token["top_logprobs"]?.asArray ?? []
            top.append(.object(JSONObject([("candidates", .array(others.map(candidate)))])))
        }
        return .object(
            JSONObject([
                ("chosenCandidates", .array(content.map(candidate))),
                ("topCandidates", .array(top)),
            ])
        )
    }
}
