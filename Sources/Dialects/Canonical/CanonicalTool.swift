package import JSON

/// Something the model may use.
package struct Tool: Sendable {
    package enum Kind: Sendable {
        case function(FunctionTool)
        /// A tool that takes free text; `format` is OpenAI's grammar, where there is one.
        case custom(name: String, description: String?, format: JSONValue?)
        /// A tool the provider runs itself, as its dialect writes it.
        case server(ServerTool, Opaque)
    }

    package var kind: Kind
    package var cache: CacheHint?

    /// A tool.
    package init(_ kind: Kind, cache: CacheHint? = nil) {
        self.kind = kind
        self.cache = cache
    }

    /// The name by which the model calls it; nil for one the provider runs.
    package var name: String? {
        switch self.kind {
        case .function(let function): function.name
        case .custom(let name, _, _): name
        case .server: nil
        }
    }
}

/// A function the client runs.
package struct FunctionTool: Sendable, Hashable {
    package var name: String
    package var description: String?
    /// The JSON Schema of its arguments, members in the client's order; nil where there are none.
    package var parameters: JSONValue?
    package var strict: Bool?

    /// A function.
    package init(name: String, description: String? = nil, parameters: JSONValue? = nil, strict: Bool? = nil) {
        self.name = name
        self.description = description
        self.parameters = parameters
        self.strict = strict
    }
}

/// The kinds of tools providers run themselves. Only the first two have a like at more than one provider.
package enum ServerTool: String, Sendable, Hashable {
    case webSearch = "web_search"
    case codeExecution = "code_execution"
    case other
}

/// Whether and what the model must call.
package enum ToolChoice: Sendable, Hashable {
    case auto
    case none
    case required
    case named(String)
    /// Some of the tools, at will or (`required`) at least one.
    case allowed([String], required: Bool)
}
