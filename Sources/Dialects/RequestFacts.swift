package import Core
package import JSON

/// What the gateway needs to know of a request in any dialect before it decides where it goes, read without a tree.
///
/// Indirect: what is known of a request is asked for often, and copying all of it each time would cost more than reading
/// it did.
package indirect enum RequestFacts: Sendable {
    /// OpenAI's endpoints, the way most requests come.
    case openAI(ChatRequestFacts)
    case other(PlainRequestFacts)

    /// Reads the facts of `body`.
    ///
    /// - Parameters:
    ///   - model: the model, where the path names it.
    ///   - stream: whether a stream is asked for, where the path says so.
    /// - Throws: a client error (400) that names the field.
    package static func read(
        _ body: UnsafeRawBufferPointer,
        dialect: Dialect,
        endpoint: ChatEndpoint,
        model: String?,
        stream: Bool?
    ) throws(GatewayError) -> RequestFacts {
        if dialect == .openAIChat {
            return .openAI(try ChatRequestFacts.read(body, endpoint: endpoint, model: model))
        }
        return .other(try PlainRequestFacts.read(body, dialect: dialect, model: model, stream: stream))
    }

    /// The dialect the client speaks.
    package var dialect: Dialect {
        switch self {
        case .openAI: .openAIChat
        case .other(let facts): facts.dialect
        }
    }

    /// Which of OpenAI's endpoints; `chat` in every other dialect.
    package var endpoint: ChatEndpoint {
        switch self {
        case .openAI(let facts): facts.endpoint
        case .other: .chat
        }
    }

    /// The name the client asks for.
    package var model: String {
        switch self {
        case .openAI(let facts): facts.model
        case .other(let facts): facts.model
        }
    }

    /// Whether the answer shall be a stream.
    package var stream: Bool {
        switch self {
        case .openAI(let facts): facts.stream
        case .other(let facts): facts.stream
        }
    }

    /// Whether the client wants to be told of usage in a stream; every dialect but OpenAI's always is.
    package var includesUsage: Bool {
        switch self {
        case .openAI(let facts): facts.includeUsage
        case .other: true
        }
    }

    /// The edits that make the client's body the upstream's, where both speak the same dialect.
    package func splices(model: String, quirks: ChatQuirks) -> [Splice] {
        switch self {
        case .openAI(let facts): facts.splices(model: model, quirks: quirks)
        case .other(let facts): facts.splices(model: model)
        }
    }
}

/// The facts of a request in a dialect other than OpenAI's.
package struct PlainRequestFacts: Sendable {
    package var dialect: Dialect
    package var model: String
    package var stream: Bool
    /// The value of every `model` member of the body.
    private var modelValues: [Range<Int>] = []

    static func read(
        _ body: UnsafeRawBufferPointer,
        dialect: Dialect,
        model: String?,
        stream: Bool?
    ) throws(GatewayError) -> PlainRequestFacts {
        // Ollama streams unless it is told not to.
        var facts = PlainRequestFacts(dialect: dialect, model: model ?? "", stream: stream ?? (dialect == .ollama))
        guard let first = body.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }) else {
            throw .badRequest("The request body is empty; send a JSON object.")
        }
        guard first == UInt8(ascii: "{") else { throw .badRequest("The request body must be a JSON object.") }
        guard JSONScan.isValidUTF8(body) else { throw .badRequest("The request body is not valid UTF-8.") }
        do {
            var members = JSONMembers(at: 0)
            while let member = try members.next(in: body) {
                if model == nil, member.keyIs("model", in: body) {
                    guard member.kind == .string else {
                        throw GatewayError.badRequest("The field 'model' must be a string.", field: "model")
                    }
                    facts.model = try JSONScan.string(member.value, in: body)
                    facts.modelValues.append(member.value)
                } else if stream == nil, member.keyIs("stream", in: body) {
                    switch member.kind {
                    case .true: facts.stream = true
                    case .false: facts.stream = false
                    case .null: break
                    default:
                        throw GatewayError.badRequest("The field 'stream' must be true or false.", field: "stream")
                    }
                }
            }
        } catch let error as JSONSyntaxError {
            throw .badRequest("The request body is not valid JSON: \(error.message) at byte \(error.offset).")
        } catch let error as GatewayError {
            throw error
        } catch {
            throw .badRequest("The request body is not valid JSON.")
        }
        guard !facts.model.isEmpty else { throw .badRequest("The field 'model' is missing.", field: "model") }
        return facts
    }

    fileprivate func splices(model: String) -> [Splice] {
        guard model != self.model || self.modelValues.count > 1 else { return [] }
        var name: [UInt8] = []
        JSONWriter.appendString(model, to: &name)
        return self.modelValues.map { Splice(range: $0, replacement: name) }
    }
}
