internal import JSON

/// The signature of one of OpenAI's reasoning items: its encrypted content together with its id, which the API checks the
/// content against.
///
/// In the exchange the two are one text, the JSON object `{"id":…,"encrypted_content":…}`.
///
/// Source: https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items
struct ResponsesSignature {
    /// The item's id; nil where it is not known.
    var id: String?
    var blob: String

    /// A signature of an item.
    init(id: String?, blob: String) {
        self.id = id
        self.blob = blob
    }

    /// Reads what a part of the exchange carries; a text that is no such object is the encrypted content alone.
    init(_ value: String) {
        if value.utf8.first == UInt8(ascii: "{"), let parsed = try? JSONValue(parsing: value),
            let blob = parsed["encrypted_content"]?.asString
        {
            self.init(id: parsed["id"]?.asString, blob: blob)
        } else {
            self.init(id: nil, blob: value)
        }
    }

    /// The two as one text.
    var value: String {
        var members = JSONObject()
        if let id = self.id { members.members.append(("id", .string(id))) }
        members.members.append(("encrypted_content", .string(self.blob)))
        return JSONValue.object(members).text
    }
}

/// A signature on its way through a client: in the `encrypted_content` of a reasoning item, the one place of the dialect that
/// clients hand back unread.
///
/// Signatures of other providers also stand on texts and calls, and there is encrypted reasoning without any text. A mark
/// before the wrapped signature says so: `tpr.` for encrypted reasoning, `tpt.` for the text before the item, and
/// `tpc.<call_id>.` for a call.
struct ResponsesCarrier {
    /// What a signature belongs to.
    enum Owner: Hashable {
        case thinking
        case redactedThinking
        case text
        /// A call, by the id the client knows it by.
        case call(String)
    }

    var owner: Owner
    var signature: Signature

    /// A signature of `owner`.
    init(_ signature: Signature, of owner: Owner) {
        self.signature = signature
        self.owner = owner
    }

    /// Reads the `encrypted_content` of the item `id`, as a client sends it.
    init(_ text: String, id: String?) {
        let owner: Owner
        var rest = text[...]
        if text.hasPrefix("tpr.") {
            owner = .redactedThinking
            rest = rest.dropFirst(4)
        } else if text.hasPrefix("tpt.") {
            owner = .text
            rest = rest.dropFirst(4)
        } else if text.hasPrefix("tpc."), let dot = rest.dropFirst(4).firstIndex(of: ".") {
            owner = .call(String(rest.dropFirst(4)[..<dot]))
            rest = rest[rest.index(after: dot)...]
        } else {
            owner = .thinking
        }
        var signature = Signature(carried: String(rest), native: .openAI)
        if signature.family == .openAI, !rest.hasPrefix("tp1.") {
            signature.value = ResponsesSignature(id: id, blob: signature.value).value
        }
        self.init(signature, of: owner)
    }

    /// The `encrypted_content` for the item `id`. What OpenAI made is good as it is only in an item of its own id; anywhere
    /// else it is wrapped together with that id.
    func text(id: String) -> String {
        let mark =
            switch self.owner {
            case .thinking: ""
            case .redactedThinking: "tpr."
            case .text: "tpt."
            case .call(let id): "tpc.\(id)."
            }
        if case .thinking = self.owner, self.signature.family == .openAI {
            let own = ResponsesSignature(self.signature.value)
            if own.id == id { return own.blob }
        }
        return mark + self.signature.carried(native: nil)
    }
}
