internal import Core
internal import JSON

/// Reads `contents` and `systemInstruction`, and finds the call each response belongs to.
struct GeminiContentReader {
    /// The calls so far, and whether they have a response.
    private var calls: [(call: ToolCall, isAnswered: Bool)] = []
    private var callsByID: [String: Int] = [:]
    /// The places of the calls of each name, and how many of them are known to be answered.
    private var callsByName: [String: (places: [Int], answered: Int)] = [:]

    /// The turns of `contents`: a list, one content, or text alone.
    mutating func messages(_ value: JSONValue) throws(GatewayError) -> [Message] {
        if let text = value.asString { return [Message(.user, [.text(text)])] }
        var messages: [Message] = []
        for (at, content) in (value.asArray ?? [value]).enumerated() {
            let field = "contents[\(at)]"
            if let text = content.asString {
                messages.append(Message(.user, [.text(text)]))
                continue
            }
            guard let object = GeminiKeys.members(content) else {
                throw GeminiRequestDecoder.bad("'\(field)' must be an object.", field)
            }
            let role: Message.Role
            switch object["role"]?.asString {
            case nil, "", "user", "function", "tool": role = .user
            case "model", "assistant": role = .assistant
            case "system": role = .system
            default: throw GeminiRequestDecoder.bad("'\(field).role' must be 'user' or 'model'.", "\(field).role")
            }
            messages.append(Message(role, try self.parts(object["parts"], field: "\(field).parts")))
        }
        return messages
    }

    /// The instructions: text, a content, or parts alone.
    mutating func instructions(_ value: JSONValue) throws(GatewayError) -> [Part] {
        if let text = value.asString { return [.text(text)] }
        let field = "systemInstruction"
        if let object = GeminiKeys.members(value) {
            guard let parts = object["parts"] else { return try self.parts(value, field: field) }
            return try self.parts(parts, field: "\(field).parts")
        }
        guard case .array = value else { throw GeminiRequestDecoder.bad("'\(field)' must be a content.", field) }
        return try self.parts(value, field: field)
    }

    private mutating func parts(_ value: JSONValue?, field: String) throws(GatewayError) -> [Part] {
        guard let value, !value.isNull else { return [] }
        var parts: [Part] = []
        // A client that streams sends each piece of the reasoning back as a part; the signature stands on the last, and
        // is good for all of it.
        var thoughts: String?
        for (at, entry) in (value.asArray ?? [value]).enumerated() {
            let place = "\(field)[\(at)]"
            var read: Part?
            if let text = entry.asString {
                read = .text(text)
            } else {
                guard let object = GeminiKeys.members(entry) else {
                    throw GeminiRequestDecoder.bad("'\(place)' must be an object.", place)
                }
                read = try self.part(object, entry, field: place)
            }
            guard let part = read else { continue }
            if case .thinking(let more) = part.content {
                thoughts = thoughts ?? ""
                thoughts? += more
                if part.signature == nil { continue }
            }
            if let text = thoughts {
                parts.append(Part(.thinking(text), signature: part.isReasoning ? part.signature : nil))
                thoughts = nil
            }
            if !part.isReasoning { parts.append(part) }
        }
        if let text = thoughts { parts.append(Part(.thinking(text))) }
        return parts
    }

    private mutating func part(
        _ object: JSONObject,
        _ raw: JSONValue,
        field: String
    ) throws(GatewayError) -> Part? {
        let signature = object["thoughtSignature"]?.asString.flatMap(GeminiSignature.read)
        let isThought = object["thought"] == .bool(true)
        if let call = object["functionCall"], !call.isNull {
            guard let members = GeminiKeys.members(call), let name = members["name"]?.asString, !name.isEmpty else {
                throw GeminiRequestDecoder.bad("'\(field).functionCall.name' is missing.", "\(field).functionCall.name")
            }
            let id = members["id"]?.asString ?? ""
            let read = ToolCall(
                // By its place in the conversation, which does not change when the conversation goes on.
                id: id.isEmpty ? CallID.made(seed: "contents", position: self.calls.count) : id,
                name: name,
                arguments: members["args"].flatMap { $0.isNull ? nil : $0.text } ?? "{}"
            )
            self.remember(read)
            return Part(.toolCall(read), signature: signature)
        }
        if let response = object["functionResponse"], !response.isNull {
            return try self.result(response, field: "\(field).functionResponse")
        }
        if let data = object["inlineData"], !data.isNull {
            return try self.inline(data, signature: signature, field: "\(field).inlineData")
        }
        if let file = object["fileData"], !file.isNull {
            return try self.file(file, signature: signature, field: "\(field).fileData")
        }
        if let text = object["text"]?.asString {
            if isThought {
                return text.isEmpty && signature == nil ? nil : Part(.thinking(text), signature: signature)
            }
            return Part(.text(text), signature: signature)
        }
        if let signature { return Part(isThought ? .thinking("") : .text(""), signature: signature) }
        return object.isEmpty ? nil : Part(.opaque(Opaque(.gemini, raw)))
    }

    // MARK: Results

    private mutating func remember(_ call: ToolCall) {
        let place = self.calls.count
        self.calls.append((call, false))
        self.callsByID[call.id] = place
        self.callsByName[call.name, default: ([], 0)].places.append(place)
    }

    /// The call a response belongs to, answered from now on: by the id where the call had one, else the first call of
    /// that name that has no response. nil where there is none.
    private mutating func answeredCall(id: String, name: String) -> ToolCall? {
        if let place = self.callsByID[id], !self.calls[place].isAnswered {
            self.calls[place].isAnswered = true
            return self.calls[place].call
        }
        guard var answered = self.callsByName[name]?.answered else { return nil }
        while let place = self.callsByName[name]?.places, answered < place.count {
            let at = place[answered]
            answered += 1
            guard !self.calls[at].isAnswered else { continue }
            self.callsByName[name]?.answered = answered
            self.calls[at].isAnswered = true
            return self.calls[at].call
        }
        self.callsByName[name]?.answered = answered
        return nil
    }

    private mutating func result(_ value: JSONValue, field: String) throws(GatewayError) -> Part {
        guard let object = GeminiKeys.members(value) else {
            throw GeminiRequestDecoder.bad("'\(field)' must be an object.", field)
        }
        let name = object["name"]?.asString ?? ""
        let id = object["id"]?.asString ?? ""
        let call = self.answeredCall(id: id, name: name)
        var parts: [Part] = []
        var isError = false
        switch object["response"] {
        case .object(let response)?:
            let only = response.count == 1 ? response.members[0] : nil
            if let only, only.key == "output" || only.key == "error" {
                isError = only.key == "error"
                parts.append(.text(only.value.asString ?? only.value.text))
            } else {
                parts.append(.text(JSONValue.object(response).text))
            }
        case nil, .null?: break
        case .some(let other): parts.append(.text(other.asString ?? other.text))
        }
        for (at, media) in (object["parts"]?.asArray ?? []).enumerated() {
            guard let members = GeminiKeys.members(media) else { continue }
            if let data = members["inlineData"] {
                parts.append(try self.inline(data, signature: nil, field: "\(field).parts[\(at)].inlineData"))
            } else if let file = members["fileData"] {
                parts.append(try self.file(file, signature: nil, field: "\(field).parts[\(at)].fileData"))
            }
        }
        let callID = call?.id ?? (id.isEmpty ? name : id)
        return Part(.toolResult(ToolResult(callID: callID, name: call?.name ?? name, parts: parts, isError: isError)))
    }

    // MARK: Media

    private func inline(_ value: JSONValue, signature: Signature?, field: String) throws(GatewayError) -> Part {
        guard let object = GeminiKeys.members(value), let data = object["data"]?.asString else {
            throw GeminiRequestDecoder.bad("'\(field).data' must be base64.", "\(field).data")
        }
        let type = try Self.type(object, field)
        return Self.part(Media(.base64(GeminiBase64.standard(data)), type: type), object, signature: signature)
    }

    private func file(_ value: JSONValue, signature: Signature?, field: String) throws(GatewayError) -> Part {
        guard let object = GeminiKeys.members(value), let uri = object["fileUri"]?.asString else {
            throw GeminiRequestDecoder.bad("'\(field).fileUri' is missing.", "\(field).fileUri")
        }
        // What Google's own file service keeps is good there alone.
        let isGoogles = uri.hasPrefix("https://generativelanguage.googleapis.com/")
        let isURL = !isGoogles && (uri.hasPrefix("https://") || uri.hasPrefix("http://"))
        let media = Media(isURL ? .url(uri) : .file(uri), type: try Self.type(object, field))
        return Self.part(media, object, signature: signature)
    }

    /// The media type, empty where there is none.
    private static func type(_ object: JSONObject, _ field: String) throws(GatewayError) -> String {
        guard let text = object["mimeType"]?.asString, !text.isEmpty else { return "" }
        // Parameters (`audio/L16;rate=24000`) say nothing another dialect has a place for.
        let type = String(text.prefix { $0 != ";" })
        guard Media.isType(type) else {
            throw GeminiRequestDecoder.bad("'\(field).mimeType' must be a media type.", "\(field).mimeType")
        }
        return type
    }

    private static func part(_ media: Media, _ object: JSONObject, signature: Signature?) -> Part {
        if media.type.hasPrefix("image/") { return Part(.image(media), signature: signature) }
        if media.type.hasPrefix("audio/") { return Part(.audio(media), signature: signature) }
        if media.type.hasPrefix("video/") { return Part(.video(media), signature: signature) }
        return Part(
            .document(Document(.media(media), name: object["displayName"]?.asString)),
            signature: signature
        )
    }
}
