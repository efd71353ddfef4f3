internal import Core
internal import JSON

/// Reads the content blocks of a client's request.
enum ConverseBlockReader {
    /// The parts in an array of blocks; a cache point marks the part before it.
    static func parts(_ value: JSONValue, _ field: String) throws(GatewayError) -> [Part] {
        guard case .array(let blocks) = value else { throw Self.bad("'\(field)' must be an array.", field) }
        var parts: [Part] = []
        parts.reserveCapacity(blocks.count)
        for (index, block) in blocks.enumerated() {
            let place = "\(field)[\(index)]"
            // A union whose other members a client may write as null.
            guard case .object(let object) = block,
                let (kind, value) = object.members.first(where: { !$0.value.isNull })
            else { throw Self.bad("'\(place)' must be an object with one member.", place) }
            if kind == "cachePoint" {
                if !parts.isEmpty { parts[parts.count - 1].cache = CacheHint(ttl: value["ttl"]?.asString) }
                continue
            }
            var part = try Self.part(kind, value, of: block, place)
            if case .toolCall = part.content { Self.takeSignature(of: &parts, for: &part) }
            parts.append(part)
        }
        return parts
    }

    /// Gives a call the signature that our own answers put into an empty thought in front of it.
    private static func takeSignature(of parts: inout [Part], for call: inout Part) {
        guard let last = parts.last, case .thinking("") = last.content, let signature = last.signature,
            signature.family != .anthropic
        else { return }
        call.signature = signature
        parts.removeLast()
    }

    /// A request that cannot be read.
    static func bad(_ message: String, _ field: String?) -> GatewayError {
        GatewayError(.badRequest, origin: .client, message, field: field)
    }

    private static func part(
        _ kind: String,
        _ value: JSONValue,
        of block: JSONValue,
        _ field: String
    ) throws(GatewayError) -> Part {
        switch kind {
        case "text":
            guard let text = value.asString else {
                throw Self.bad("'\(field).text' must be a string.", "\(field).text")
            }
            return .text(text)
        case "image":
            return Part(.image(try Self.media(value, "\(field).image", ConverseFormat.imageType)))
        case "audio":
            return Part(.audio(try Self.media(value, "\(field).audio", ConverseFormat.audioType)))
        case "video":
            return Part(.video(try Self.media(value, "\(field).video", ConverseFormat.videoType)))
        case "document": return Part(.document(try Self.document(value, "\(field).document")))
        case "toolUse":
            if value["type"]?.asString == "server_tool_use" { return Part(.opaque(Opaque(.bedrockConverse, block))) }
            return Part(.toolCall(try Self.call(value, "\(field).toolUse")))
        case "toolResult":
            // Only results of the provider's own tools say what they are.
            if value["type"] != nil { return Part(.opaque(Opaque(.bedrockConverse, block))) }
            return Part(.toolResult(try Self.result(value, "\(field).toolResult")))
        case "reasoningContent": return Self.reasoning(value, of: block)
        case "citationsContent":
            let text = (value["content"]?.asArray ?? []).compactMap { $0["text"]?.asString }.joined()
            var part = Part.text(text)
            part.citations = (value["citations"]?.asArray ?? []).map { Opaque(.bedrockConverse, $0) }
            return part
        case "guardContent":
            // What is to be guarded is content all the same; the guardrail itself is named elsewhere.
            if let text = value["text"]?["text"]?.asString { return .text(text) }
            if let image = value["image"] {
                return Part(.image(try Self.media(image, "\(field).guardContent.image", ConverseFormat.imageType)))
            }
            return Part(.opaque(Opaque(.bedrockConverse, block)))
        case "searchResult": return Self.searchResult(value)
        default: return Part(.opaque(Opaque(.bedrockConverse, block)))
        }
    }

    private static func media(
        _ value: JSONValue,
        _ field: String,
        _ type: (String) -> String
    ) throws(GatewayError) -> Media {
        guard let format = value["format"]?.asString else {
            throw Self.bad("'\(field).format' is missing.", "\(field).format")
        }
        return Media(try Self.source(value, field), type: type(format))
    }

    private static func source(_ value: JSONValue, _ field: String) throws(GatewayError) -> Media.Source {
        if let data = value["source"]?["bytes"]?.asString { return .base64(data) }
        if let uri = value["source"]?["s3Location"]?["uri"]?.asString { return .url(uri) }
        throw Self.bad("'\(field).source' must hold bytes or an s3Location.", "\(field).source")
    }

    private static func document(_ value: JSONValue, _ field: String) throws(GatewayError) -> Document {
        var document: Document
        if let text = value["source"]?["text"]?.asString {
            document = Document(.text(text))
        } else if let content = value["source"]?["content"]?.asArray {
            document = Document(.text(content.compactMap { $0["text"]?.asString }.joined(separator: "\n")))
        } else {
            let type = ConverseFormat.documentType(value["format"]?.asString ?? "")
            document = Document(.media(Media(try Self.source(value, field), type: type)))
        }
        document.name = value["name"]?.asString
        document.context = value["context"]?.asString
        document.citations = value["citations"]?["enabled"]?.asBool
        return document
    }

    private static func searchResult(_ value: JSONValue) -> Part {
        let texts = (value["content"]?.asArray ?? []).compactMap { $0["text"]?.asString }
        var document = Document(.text(texts.joined(separator: "\n")), name: value["title"]?.asString)
        document.context = value["source"]?.asString
        document.citations = value["citations"]?["enabled"]?.asBool
        return Part(.document(document))
    }

    private static func call(_ value: JSONValue, _ field: String) throws(GatewayError) -> ToolCall {
        guard let id = value["toolUseId"]?.asString, !id.isEmpty else {
            throw Self.bad("'\(field).toolUseId' is missing.", "\(field).toolUseId")
        }
        guard let name = value["name"]?.asString, !name.isEmpty else {
            throw Self.bad("'\(field).name' is missing.", "\(field).name")
        }
        return ToolCall(id: id, name: name, arguments: value["input"]?.text ?? "{}")
    }

    private static func result(_ value: JSONValue, _ field: String) throws(GatewayError) -> ToolResult {
        guard let id = value["toolUseId"]?.asString, !id.isEmpty else {
            throw Self.bad("'\(field).toolUseId' is missing.", "\(field).toolUseId")
        }
        guard case .array(let content)? = value["content"] else {
            throw Self.bad("'\(field).content' must be an array.", "\(field).content")
        }
        var parts: [Part] = []
        for (index, block) in content.enumerated() {
            let place = "\(field).content[\(index)]"
            guard case .object(let object) = block,
                let (kind, value) = object.members.first(where: { !$0.value.isNull })
            else { throw Self.bad("'\(place)' must be an object with one member.", place) }
            // JSON is a text to every other dialect.
            parts.append(kind == "json" ? .text(value.text) : try Self.part(kind, value, of: block, place))
        }
        return ToolResult(callID: id, parts: parts, isError: value["status"]?.asString == "error")
    }

    private static func reasoning(_ value: JSONValue, of block: JSONValue) -> Part {
        if let reasoning = value["reasoningText"] {
            let signature = reasoning["signature"]?.asString.map { Signature(carried: $0, native: .anthropic) }
            return Part(.thinking(reasoning["text"]?.asString ?? ""), signature: signature)
        }
        guard let blob = value["redactedContent"]?.asString else {
            return Part(.opaque(Opaque(.bedrockConverse, block)))
        }
        // What is no text is no blob of Claude's, nor one that was wrapped for the client.
        let signature =
            ConverseBlob.text(blob).map { Signature(carried: $0, native: .anthropic) } ?? Signature(blob, family: nil)
        return Part(.redactedThinking, signature: signature)
    }
}
