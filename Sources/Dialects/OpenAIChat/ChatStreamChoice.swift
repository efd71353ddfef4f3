internal import Core
internal import JSON

/// One choice of a streamed answer, while its deltas come in.
struct ChatStreamChoice: Sendable {
    /// What is being said outside calls: one thing at a time.
    private enum Prose: Sendable {
        case text
        case thinking
        case refusal

        var kind: CanonicalEvent.BlockKind {
            switch self {
            case .text: .text
            case .thinking: .thinking
            case .refusal: .refusal
            }
        }
    }

    /// A call. Until its name is known its block has not begun.
    private struct Call: Sendable {
        var index: Int?
        var id: String?
        var name: String?
        var isCustom = false
        var block: Int?
        /// What came of the arguments before the name did.
        var held = ""
        var signature: Signature?
    }

    let index: Int
    private let seed: String
    private let family: SignatureFamily?
    /// Why the choice ended, as far as the server has said.
    var reason: StopReason?
    private(set) var hasContent = false
    private var prose: Prose?
    private var proseBlock = 0
    private var calls: [Call] = []
    /// Where in `calls` the last call of an index stands.
    private var callPlaces: [Int: Int] = [:]
    /// Where in `calls` the last call of an id stands.
    private var idPlaces: [String: Int] = [:]
    private var callIDs: Set<String> = []
    private var refusal: String?

    init(index: Int, seed: String, family: SignatureFamily?) {
        self.index = index
        self.seed = "\(seed)/\(index)"
        self.family = family
    }

    /// Whether the choice is more than a role.
    var isWorthAnything: Bool { self.hasContent || self.reason != nil }

    /// The index under which the one call of the old way is kept.
    private static let legacyIndex = -1
    /// The longest explanation of a refusal that is repeated as the reason.
    private static let longestRefusal = 4096
}

// MARK: Deltas

extension ChatStreamChoice {
    /// Reads a `delta`, or a `message` that came instead.
    mutating func read(
        _ place: Range<Int>,
        in data: UnsafeRawBufferPointer,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) throws(JSONSyntaxError) {
        var delta = ChatDelta()
        try delta.find(place, in: data)
        let thought = try delta.thought(in: data)
        if let thought { self.say(thought, .thinking, &nextBlock, into: &events) }
        if let details = delta.details {
            let list = try ChatInBand.value(details, in: data)
            self.readDetails(list, hasText: thought != nil, &nextBlock, into: &events)
        }
        if let content = delta.content {
            if content.kind == .string {
                let text = try JSONScan.string(content.value, in: data)
                self.say(text, .text, &nextBlock, into: &events)
            } else {
                self.readParts(try ChatInBand.value(content.value, in: data), &nextBlock, into: &events)
            }
        }
        if let refusal = delta.refusal {
            let text = try JSONScan.string(refusal, in: data)
            self.say(text, .refusal, &nextBlock, into: &events)
            if (self.refusal?.utf8.count ?? 0) < Self.longestRefusal { self.refusal = (self.refusal ?? "") + text }
        }
        if let calls = delta.calls {
            var elements = JSONElements(at: calls.lowerBound)
            while let element = try elements.next(in: data) {
                guard element.kind == .object else { continue }
                try self.readCall(element.value, in: data, &nextBlock, into: &events)
            }
        }
        if let call = delta.functionCall {
            var fragment = Fragment(index: Self.legacyIndex)
            try fragment.readFunction(call, in: data)
            self.take(fragment, &nextBlock, into: &events)
        }
        if let others = delta.others {
            self.readOthers(try ChatInBand.value(others, in: data), &nextBlock, into: &events)
        }
    }

    /// Appends a piece of text, in the block of its kind that is open or in a new one.
    private mutating func say(
        _ text: String,
        _ prose: Prose,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        guard !text.isEmpty else { return }
        self.open(prose, &nextBlock, into: &events)
        events.append(.delta(block: self.proseBlock, .text(text)))
    }

    private mutating func open(_ prose: Prose, _ nextBlock: inout Int, into events: inout [CanonicalEvent]) {
        self.hasContent = true
        guard self.prose != prose else { return }
        self.stopProse(into: &events)
        self.prose = prose
        self.proseBlock = nextBlock
        nextBlock += 1
        events.append(.blockStart(block: self.proseBlock, choice: self.index, prose.kind))
    }

    private mutating func stopProse(into events: inout [CanonicalEvent]) {
        guard self.prose != nil else { return }
        self.prose = nil
        events.append(.blockStop(block: self.proseBlock))
    }

    private mutating func whole(_ part: Part, _ nextBlock: inout Int, into events: inout [CanonicalEvent]) {
        self.hasContent = true
        self.stopProse(into: &events)
        events.append(.blockStart(block: nextBlock, choice: self.index, .whole(part)))
        events.append(.blockStop(block: nextBlock))
        nextBlock += 1
    }

    /// Content that is a list of parts: Mistral puts reasoning among them.
    private mutating func readParts(
        _ list: JSONValue,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        for element in list.asArray ?? [] {
            if let text = element["text"]?.asString {
                self.say(text, .text, &nextBlock, into: &events)
            } else if let thinking = element["thinking"] {
                self.say(ChatAnswerMessage.thought(thinking), .thinking, &nextBlock, into: &events)
            } else if let media = ChatAnswerMessage.image(element) {
                self.whole(Part(.image(media)), &nextBlock, into: &events)
            }
        }
    }

    /// OpenRouter's `reasoning_details`. The text is the same as in `reasoning`, where that was there too.
    private mutating func readDetails(
        _ list: JSONValue,
        hasText: Bool,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        for entry in list.asArray ?? [] {
            if !hasText, let text = entry["text"]?.asString ?? entry["summary"]?.asString {
                self.say(text, .thinking, &nextBlock, into: &events)
            }
            if let text = entry["signature"]?.asString, !text.isEmpty {
                self.open(.thinking, &nextBlock, into: &events)
                events.append(.delta(block: self.proseBlock, .signature(Signature(text, family: self.family))))
            }
            if entry["type"]?.asString == "reasoning.encrypted", let blob = entry["data"]?.asString, !blob.isEmpty {
                self.hasContent = true
                let signature = Signature(blob, family: self.family)
                if let id = entry["id"]?.asString, let at = self.idPlaces[id], let call = self.calls[at].block {
                    events.append(.delta(block: call, .signature(signature)))
                    continue
                }
                self.stopProse(into: &events)
                events.append(.blockStart(block: nextBlock, choice: self.index, .redactedThinking))
                events.append(.delta(block: nextBlock, .signature(signature)))
                events.append(.blockStop(block: nextBlock))
                nextBlock += 1
            }
        }
    }

    /// What comes rarely: images, audio, annotations. `delta` is the whole of it.
    private mutating func readOthers(
        _ delta: JSONValue,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        for image in delta["images"]?.asArray ?? [] {
            guard let media = ChatAnswerMessage.image(image) else { continue }
            self.whole(Part(.image(media)), &nextBlock, into: &events)
        }
        if let transcript = delta["audio"]?["transcript"]?.asString {
            self.say(transcript, .text, &nextBlock, into: &events)
        }
        if let audio = delta["audio"]?["data"]?.asString, !audio.isEmpty {
            self.whole(Part(.audio(Media(.base64(audio), type: ""))), &nextBlock, into: &events)
        }
        for annotation in delta["annotations"]?.asArray ?? [] {
            self.cite(Opaque(.openAIChat, annotation), into: &events)
        }
    }

    /// Adds a citation to the text that was said last, where it is still open.
    mutating func cite(_ citation: Opaque, into events: inout [CanonicalEvent]) {
        guard self.prose == .text else { return }
        events.append(.delta(block: self.proseBlock, .citation(citation)))
    }

    /// Reads `logprobs`, which belong to the text of the same chunk.
    mutating func readLogprobs(
        _ place: Range<Int>,
        in data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws(JSONSyntaxError) {
        guard self.prose != nil else { return }
        let logprobs = try ChatInBand.value(place, in: data)
        guard logprobs["content"]?.asArray?.isEmpty == false || logprobs["refusal"]?.asArray?.isEmpty == false else {
            return
        }
        events.append(.delta(block: self.proseBlock, .logprobs(logprobs)))
    }
}

// MARK: Calls

extension ChatStreamChoice {
    /// A piece of a call, as far as one chunk tells of it.
    private struct Fragment {
        var index: Int?
        var id = ""
        var name = ""
        var arguments = ""
        var isCustom = false
        var signature: Signature?

        mutating func readFunction(
            _ place: Range<Int>,
            in data: UnsafeRawBufferPointer
        ) throws(JSONSyntaxError) {
            var members = JSONMembers(at: place.lowerBound)
            while let member = try members.next(in: data) {
                if member.keyIs("name", in: data) {
                    if member.kind == .string { self.name = try JSONScan.string(member.value, in: data) }
                } else if member.keyIs("arguments", in: data) || member.keyIs("input", in: data) {
                    switch member.kind {
                    case .string: self.arguments = try JSONScan.string(member.value, in: data)
                    // Some servers send the object itself.
                    case .object: self.arguments = String(decoding: data[member.value], as: UTF8.self)
                    default: break
                    }
                }
            }
        }
    }

    private mutating func readCall(
        _ place: Range<Int>,
        in data: UnsafeRawBufferPointer,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) throws(JSONSyntaxError) {
        var fragment = Fragment()
        var members = JSONMembers(at: place.lowerBound)
        while let member = try members.next(in: data) {
            switch member.kind {
            case .number:
                if member.keyIs("index", in: data) { fragment.index = JSONScan.integer(member.value, in: data) }
            case .string:
                if member.keyIs("id", in: data) { fragment.id = try JSONScan.string(member.value, in: data) }
            case .object:
                if member.keyIs("function", in: data) {
                    try fragment.readFunction(member.value, in: data)
                } else if member.keyIs("custom", in: data) {
                    fragment.isCustom = true
                    try fragment.readFunction(member.value, in: data)
                } else if member.keyIs("extra_content", in: data) {
                    let extra = try ChatInBand.value(member.value, in: data)
                    fragment.signature = ChatAnswerMessage.signature(.object(["extra_content": extra]))
                }
            default: break
            }
        }
        self.take(fragment, &nextBlock, into: &events)
    }

    /// Adds a piece to the call it belongs to.
    private mutating func take(_ fragment: Fragment, _ nextBlock: inout Int, into events: inout [CanonicalEvent]) {
        self.hasContent = true
        let at = self.place(of: fragment)
        if self.calls[at].name == nil, !fragment.name.isEmpty { self.calls[at].name = fragment.name }
        if fragment.isCustom { self.calls[at].isCustom = true }
        guard let block = self.calls[at].block else {
            self.calls[at].held += fragment.arguments
            if let signature = fragment.signature { self.calls[at].signature = signature }
            self.begin(at, &nextBlock, into: &events)
            return
        }
        if let signature = fragment.signature { events.append(.delta(block: block, .signature(signature))) }
        if !fragment.arguments.isEmpty { events.append(.delta(block: block, .arguments(fragment.arguments))) }
    }

    /// Begins the block of a call as soon as it has a name.
    private mutating func begin(_ at: Int, _ nextBlock: inout Int, into events: inout [CanonicalEvent]) {
        guard let name = self.calls[at].name else { return }
        self.stopProse(into: &events)
        var id = self.calls[at].id ?? ""
        // Some servers give none, or the same one to every call.
        if id.isEmpty || !self.callIDs.insert(id).inserted { id = CallID.made(seed: self.seed, position: at) }
        let kind: ToolCall.Kind = self.calls[at].isCustom ? .custom : .function
        self.calls[at].block = nextBlock
        events.append(.blockStart(block: nextBlock, choice: self.index, .toolCall(id: id, name: name, kind: kind)))
        if let signature = self.calls[at].signature {
            events.append(.delta(block: nextBlock, .signature(signature)))
        }
        if !self.calls[at].held.isEmpty {
            events.append(.delta(block: nextBlock, .arguments(self.calls[at].held)))
            self.calls[at].held = ""
        }
        nextBlock += 1
    }

    /// The call a piece belongs to, new or known: by the index, else by the id, else the last one. Another id under a
    /// known index is another call: Google's endpoints give every call the index 0.
    private mutating func place(of fragment: Fragment) -> Int {
        if let index = fragment.index {
            if let at = self.callPlaces[index] {
                let known = self.calls[at].id
                if fragment.id.isEmpty || known == nil || known == fragment.id {
                    if known == nil, !fragment.id.isEmpty {
                        self.calls[at].id = fragment.id
                        self.idPlaces[fragment.id] = at
                    }
                    return at
                }
            }
        } else if fragment.id.isEmpty {
            // Without either, a name begins a call and anything else goes on with the last one.
            if fragment.name.isEmpty, !self.calls.isEmpty { return self.calls.count - 1 }
        } else if let at = self.idPlaces[fragment.id] {
            return at
        }
        self.calls.append(Call(index: fragment.index, id: fragment.id.isEmpty ? nil : fragment.id))
        if let index = fragment.index { self.callPlaces[index] = self.calls.count - 1 }
        if !fragment.id.isEmpty { self.idPlaces[fragment.id] = self.calls.count - 1 }
        return self.calls.count - 1
    }

    /// Stops every block and says why the choice ended.
    mutating func finish(into events: inout [CanonicalEvent]) {
        self.stopProse(into: &events)
        var callsTools = false
        for call in self.calls {
            guard let block = call.block else { continue }
            callsTools = true
            events.append(.blockStop(block: block))
        }
        var reason = (self.reason ?? .stop).derived(callsTools: callsTools)
        if reason == .stop, let refusal = self.refusal { reason = .refusal(refusal) }
        events.append(.finish(choice: self.index, reason))
    }
}

/// Where in a delta the fields of interest stand.
private struct ChatDelta {
    var content: JSONMember?
    var refusal: Range<Int>?
    var calls: Range<Int>?
    var functionCall: Range<Int>?
    var details: Range<Int>?
    /// The whole delta, where it holds what comes rarely.
    var others: Range<Int>?
    /// `reasoning_content`, and `reasoning`, which some servers send both.
    private var reasoningContent: Range<Int>?
    private var reasoning: Range<Int>?

    mutating func find(_ place: Range<Int>, in data: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
        var members = JSONMembers(at: place.lowerBound)
        while let member = try members.next(in: data) {
            switch member.kind {
            case .string:
                // Longer than its two quotes.
                guard member.value.count > 2 else { continue }
                if member.keyIs("content", in: data) {
                    self.content = member
                } else if member.keyIs("reasoning_content", in: data) {
                    self.reasoningContent = member.value
                } else if member.keyIs("reasoning", in: data) {
                    self.reasoning = member.value
                } else if member.keyIs("refusal", in: data) {
                    self.refusal = member.value
                }
            case .array:
                guard member.value.count > 2 else { continue }
                if member.keyIs("tool_calls", in: data) {
                    self.calls = member.value
                } else if member.keyIs("content", in: data) {
                    self.content = member
                } else if member.keyIs("reasoning_details", in: data) {
                    self.details = member.value
                } else if member.keyIs("images", in: data) || member.keyIs("annotations", in: data) {
                    self.others = place
                }
            case .object:
                if member.keyIs("function_call", in: data) {
                    self.functionCall = member.value
                } else if member.keyIs("audio", in: data) {
                    self.others = place
                }
            default: continue
            }
        }
    }

    /// The reasoning of this delta, where there is any.
    func thought(in data: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> String? {
        guard let place = self.reasoningContent ?? self.reasoning else { return nil }
        return try JSONScan.string(place, in: data)
    }
}
