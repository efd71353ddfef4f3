internal import Core
internal import JSON

/// The `reasoning_details` of an assistant's message, in the shape OpenRouter gave them
/// (https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks).
///
/// Entries of ours carry the place their block had in the answer as `index`, and signatures that know whose they are
/// (``Signature/carried(native:)``). A client that gathered a stream by appending lists hands back fragments: those with
/// the same index and kind are one.
struct ChatReasoningDetails {
    private enum Kind: Hashable {
        case text
        case encrypted
        /// A signature that belongs to a part of text.
        case textSignature
        /// A block only its own dialect knows.
        case block
    }

    private struct Entry {
        var index: Int?
        var kind: Kind
        /// Text, where the entry held any, be it empty.
        var text: String?
        /// The signature, or the encrypted blob.
        var blob = ""
        /// Whose the blob is by the entry's `format`.
        var family: SignatureFamily?
        /// The call the entry belongs to.
        var id: String?
        var opaque: Opaque?
    }

    private struct Key: Hashable {
        var index: Int
        var kind: Kind
    }

    /// Whose signatures are that do not say it themselves.
    private let native: SignatureFamily?
    private var entries: [Entry] = []
    private var places: [Key: Int] = [:]

    /// No entries yet.
    init(native: SignatureFamily? = nil) { self.native = native }

    var isEmpty: Bool { self.entries.isEmpty }

    /// Whether some entry holds reasoning that can be read.
    var hasText: Bool { self.entries.contains { $0.kind == .text && $0.text?.isEmpty == false } }

    /// Reads a list of entries. Kinds no one knows are skipped.
    mutating func read(_ value: JSONValue, _ path: () -> String) throws(GatewayError) {
        for (position, element) in try ChatField.array(value, path()).enumerated() {
            let object = try ChatField.object(element, "\(path())[\(position)]")
            self.read(object)
        }
    }

    /// Reads one entry.
    mutating func read(_ object: JSONObject) {
        var entry = Entry(index: object["index"]?.asInt, kind: .text)
        entry.family = Self.family(format: object["format"]?.asString)
        entry.id = object["id"]?.asString
        switch object["type"]?.asString {
        case "reasoning.text":
            entry.text = object["text"]?.asString
            entry.blob = object["signature"]?.asString ?? ""
        case "reasoning.summary":
            entry.text = object["summary"]?.asString
        case "reasoning.encrypted":
            entry.kind = object["for"]?.asString == "text" ? .textSignature : .encrypted
            entry.blob = object["data"]?.asString ?? ""
        default: return
        }
        self.append(entry)
    }

    /// Reads the blocks of other dialects that an answer carried beside its message.
    mutating func readBlocks(_ blocks: [JSONValue]) {
        for block in blocks {
            guard let name = block["dialect"]?.asString, let dialect = Dialect(rawValue: name),
                let value = block["block"]
            else { continue }
            var entry = Entry(index: block["index"]?.asInt, kind: .block)
            entry.opaque = Opaque(dialect, value)
            self.append(entry)
        }
    }

    private mutating func append(_ entry: Entry) {
        if let index = entry.index {
            let key = Key(index: index, kind: entry.kind)
            if let place = self.places[key] {
                if let text = entry.text { self.entries[place].text = (self.entries[place].text ?? "") + text }
                self.entries[place].blob += entry.blob
                self.entries[place].family = self.entries[place].family ?? entry.family
                return
            }
            self.places[key] = self.entries.count
        }
        self.entries.append(entry)
    }

    /// Whose the signatures are that OpenRouter marks with `format`.
    private static func family(format: String?) -> SignatureFamily? {
        guard let format else { return nil }
        if format.hasPrefix("anthropic") { return .anthropic }
        if format.hasPrefix("google") { return .gemini }
        if format.hasPrefix("openai") || format.hasPrefix("azure") { return .openAI }
        return nil
    }

    /// Gives the one entry that lacks its text the text that was said beside it.
    mutating func fill(with said: String?) {
        guard let said, !said.isEmpty else { return }
        let texts = self.entries.indices.filter { self.entries[$0].kind == .text }
        if texts.count == 1, self.entries[texts[0]].text == nil { self.entries[texts[0]].text = said }
    }

    /// The entries and `parts`, each entry at its index and the parts in the places that are left.
    ///
    /// - Parameter firstCall: where in `parts` the calls begin.
    func arranged(among parts: [Part], firstCall: Int) -> [Part] {
        var parts = parts
        var entries: [Entry] = []
        entries.reserveCapacity(self.entries.count)
        var calls: [String: Int] = [:]
        for at in parts.indices[firstCall...] {
            if case .toolCall(let call) = parts[at].content { calls[call.id] = at }
        }
        for entry in self.entries {
            // OpenRouter names the call whose signature an entry is.
            if entry.kind == .encrypted, let id = entry.id, let at = calls[id] {
                if parts[at].signature == nil { parts[at].signature = self.signature(entry) }
            } else {
                entries.append(entry)
            }
        }
        // The sort is stable, as the order of entries that share an index means something.
        let ordered = entries.enumerated().sorted { left, right in
            let (one, other) = (left.element.index ?? 0, right.element.index ?? 0)
            return one == other ? left.offset < right.offset : one < other
        }
        var arranged: [Part] = []
        arranged.reserveCapacity(parts.count + ordered.count)
        var next = 0
        for (_, entry) in ordered {
            while next < parts.count, arranged.count < entry.index ?? 0 {
                arranged.append(parts[next])
                next += 1
            }
            if entry.kind == .textSignature, next < parts.count, parts[next].text != nil {
                arranged.append(parts[next])
                arranged[arranged.count - 1].signature = self.signature(entry)
                next += 1
            } else if let part = self.part(entry) {
                arranged.append(part)
            }
        }
        arranged.append(contentsOf: parts[next...])
        return arranged
    }

    private func signature(_ entry: Entry) -> Signature? {
        entry.blob.isEmpty ? nil : Signature(carried: entry.blob, native: entry.family ?? self.native)
    }

    private func part(_ entry: Entry) -> Part? {
        let signature = self.signature(entry)
        switch entry.kind {
        case .text:
            // An empty text beside a signature is what a model sends whose reasoning is not shown.
            guard signature != nil || entry.text?.isEmpty == false else { return nil }
            return Part(.thinking(entry.text ?? ""), signature: signature)
        case .encrypted:
            return signature.map { Part(.redactedThinking, signature: $0) }
        case .textSignature:
            return signature.map { Part(.text(""), signature: $0) }
        case .block:
            return entry.opaque.map { Part(.opaque($0)) }
        }
    }
}
