package import Core
internal import JSON

/// Errors as clients of Bedrock know them
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors).
package enum ConverseErrors {
    /// An error as a whole answer: the body is `{"message":…}`; the kind stands in the field `x-amzn-errortype`, without
    /// which clients know only the status.
    package static func write(
        _ error: GatewayError,
        request: RequestID?
    ) -> (status: Int, body: [UInt8], fields: [(name: String, value: String)]) {
        let kind = Self.kind(of: error)
        var fields = [(name: "x-amzn-errortype", value: kind.name)]
        if let request { fields.append(("x-amzn-requestid", request.description)) }
        return (kind.status, Self.body(error, kind), fields)
    }

    /// An error inside a stream: the type and the payload of an exception message. A stream has fewer types than an
    /// answer; what has none is an internal error.
    static func exception(_ error: GatewayError) -> (type: String, payload: [UInt8]) {
        let kind = Self.kind(of: error)
        let type =
            switch kind {
            case .validation: "validationException"
            case .throttling: "throttlingException"
            case .unavailable: "serviceUnavailableException"
            case .model: "modelStreamErrorException"
            default: "internalServerException"
            }
        return (type, Self.body(error, kind))
    }

    private enum Kind {
        case validation, unauthenticated, badSignature, accessDenied, quota, unknownOperation, modelNotFound, conflict,
            timeout
        case throttling, model, internalError, unavailable

        var name: String {
            switch self {
            case .validation: "ValidationException"
            case .unauthenticated: "UnrecognizedClientException"
            // Clients whose clock is off set it by the answer's date where an error has this name.
            case .badSignature: "InvalidSignatureException"
            case .accessDenied: "AccessDeniedException"
            case .quota: "ServiceQuotaExceededException"
            case .unknownOperation: "UnknownOperationException"
            case .modelNotFound: "ResourceNotFoundException"
            case .conflict: "ConflictException"
            case .timeout: "ModelTimeoutException"
            case .throttling: "ThrottlingException"
            case .model: "ModelErrorException"
            case .internalError: "InternalServerException"
            case .unavailable: "ServiceUnavailableException"
            }
        }

        var status: Int {
            switch self {
            case .validation, .quota, .conflict: 400
            case .unauthenticated, .badSignature, .accessDenied: 403
            case .unknownOperation, .modelNotFound: 404
            case .timeout: 408
            case .throttling: 429
            case .model: 424
            case .internalError: 500
            case .unavailable: 503
            }
        }
    }

    private static func kind(of error: GatewayError) -> Kind {
        switch error.code {
        case .authentication: .unauthenticated
        case .badSignature: .badSignature
        case .permission: .accessDenied
        case .billing, .quotaExhausted: .quota
        case .notFound, .methodNotAllowed: .unknownOperation
        case .modelNotFound: .modelNotFound
        case .conflict: .conflict
        case .requestTimeout, .upstreamTimeout, .deadline: .timeout
        case .rateLimit: .throttling
        case .overloaded, .shuttingDown: .unavailable
        case .upstreamError, .truncatedStream: .model
        // Never a 403: the key that was refused is not the client's.
        case .upstreamAuthentication, .network, .gatewayFault: .internalError
        default: error.origin == .client ? .validation : .internalError
        }
    }

    /// Clients shorten the conversation when they read Bedrock's own words; what else is known stands behind them.
    private static func message(of error: GatewayError) -> String {
        guard error.code == .contextLength else { return error.message }
        let words = "Input is too long for requested model."
        if error.message.lowercased().hasPrefix("input is too long") { return error.message }
        if let (count, limit) = PromptOverflow.sizes(in: error.message) {
            return "\(words) It has \(count) tokens, the maximum is \(limit)."
        }
        return "\(words) \(error.message)"
    }

    private static func body(_ error: GatewayError, _ kind: Kind) -> [UInt8] {
        var body: JSONObject = ["message": .string(Self.message(of: error))]
        // What the model's own endpoint said decides whether a client tries again.
        if kind == .model {
            let status = error.upstreamStatus.flatMap { (400...599).contains($0) ? $0 : nil } ?? 500
            body["originalStatusCode"] = .number(JSONNumber(status))
        }
        return JSONValue.object(body).bytes
    }
}
