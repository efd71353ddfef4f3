internal import Core

/// Sorts an error answer into one of the gateway's kinds by its status, its codes and, where no code tells, its text.
struct UpstreamErrorClass {
    private let status: Int
    private let body: UpstreamErrorBody?
    /// The code, the type and the marks, in lower case.
    private let names: [String]
    /// The start of the message, in lower case.
    private let text: String

    /// What is known of the error; without a body the status alone.
    init(status: Int, body: UpstreamErrorBody?) {
        self.status = status
        self.body = body
        self.names = ([body?.code, body?.type].compactMap(\.self) + (body?.marks ?? [])).map { $0.lowercased() }
        self.text = String((body?.message ?? "").prefix(4000)).lowercased()
    }

    /// The error, with an empty message.
    var error: GatewayError {
        if let error = self.amazons { return error }
        if self.isBadKey { return self.upstream(.upstreamAuthentication, .otherTarget) }
        if self.isContentFilter { return self.client(.contentFilter) }
        if self.isQuota { return self.upstream(.quotaExhausted, .otherTarget) }
        if self.isContextLength {
            var error = self.client(.contextLength)
            // A model with a larger window may answer.
            error.retry = .otherTarget
            return error
        }
        if self.isRateLimit { return self.upstream(.rateLimit, .sameTarget) }
        if self.isModelNotFound {
            var error = self.client(.modelNotFound)
            error.retry = .otherTarget
            error.field = "model"
            return error
        }
        return self.byStatus
    }

    /// What the names of AWS's exceptions say
    /// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors);
    /// nil where the status and the text decide.
    private var amazons: GatewayError? {
        guard let name = self.names.first(where: { $0.hasSuffix("exception") || $0 == "invalidsignature" }) else {
            return nil
        }
        switch name {
        case "accessdeniedexception", "unrecognizedclientexception", "expiredtokenexception",
            "invalidsignatureexception", "incompletesignatureexception", "missingauthenticationtokenexception":
            return self.upstream(.upstreamAuthentication, .otherTarget)
        case "throttlingexception": return self.upstream(.rateLimit, .sameTarget)
        case "servicequotaexceededexception": return self.upstream(.quotaExhausted, .otherTarget)
        case "modelnotreadyexception", "serviceunavailableexception": return self.upstream(.overloaded, .sameTarget)
        case "modeltimeoutexception": return self.upstream(.upstreamTimeout, .sameTarget)
        case "internalserverexception": return self.upstream(.upstreamError, .sameTarget)
        case "modelerrorexception", "modelstreamerrorexception":
            // The model's own status is in the body; a 4xx of it is the request's fault.
            let isRequests = self.body?.status.map { (400...499).contains($0) } ?? false
            return self.upstream(.upstreamError, isRequests ? .otherTarget : .sameTarget)
        case "resourcenotfoundexception":
            var error = self.client(.modelNotFound)
            error.retry = .otherTarget
            error.field = "model"
            return error
        default: return nil
        }
    }

    /// The status an error has that came inside a 200 and names none.
    static func status(type: String?, code: String?) -> Int {
        for name in [code, type].compactMap({ $0?.lowercased() }) {
            switch name {
            case "validationexception", "invalid_request_error", "invalid_request", "invalid-argument",
                "invalid_argument", "badrequesterror",
                "bad_request", "tool_use_failed", "failed_precondition", "unsupported_parameter", "unsupported_value":
                return 400
            case "authentication_error", "invalid_api_key", "unauthenticated": return 401
            case "permission_error", "permission_denied": return 403
            case "not_found_error", "model_not_found", "not_found": return 404
            case "request_too_large": return 413
            case "rate_limit_error", "rate_limit_exceeded", "resource_exhausted", "too_many_requests", "throttling":
                return 429
            case "service_unavailable", "unavailable", "service_unavailable_error": return 503
            case "timeout_error", "timeout", "deadline_exceeded": return 504
            case "overloaded_error", "overloaded", "engine_overloaded", "engine_overloaded_error",
                "server_is_overloaded":
                return 529
            default: continue
            }
        }
        return 500
    }

    private func client(_ code: GatewayError.Code) -> GatewayError {
        GatewayError(code, origin: .client, retry: .never, "", field: self.body?.param)
    }

    private func upstream(_ code: GatewayError.Code, _ retry: GatewayError.Retry) -> GatewayError {
        GatewayError(code, origin: .upstream, retry: retry, "")
    }

    private var byStatus: GatewayError {
        switch self.status {
        case 408, 504, 522, 524, 598: self.upstream(.upstreamTimeout, .sameTarget)
        case 409: self.upstream(.conflict, .sameTarget)
        case 413: self.client(.bodyTooLarge)
        case 424, 425, 499: self.upstream(.upstreamError, .sameTarget)
        // Groq answers 498 where a flexible tier has no room.
        case 498, 503, 529: self.upstream(.overloaded, .sameTarget)
        // The request's target or method is wrong, which is for the configuration to mend.
        case 405, 407, 421, 426, 501, 505: self.upstream(.upstreamError, .otherTarget)
        case 400...499: self.client(.badRequest)
        case 500...599:
            self.isOverloaded ? self.upstream(.overloaded, .sameTarget) : self.upstream(.upstreamError, .sameTarget)
        case 200...299: self.upstream(.upstreamError, .sameTarget)
        // A redirect, or a status that is none.
        default: self.upstream(.upstreamError, .otherTarget)
        }
    }
}

extension UpstreamErrorClass {
    private func isNamed(_ candidates: Set<String>) -> Bool { self.names.contains { candidates.contains($0) } }

    private func says(_ phrases: [String]) -> Bool { phrases.contains { self.text.contains($0) } }

    /// The upstream does not take the gateway's key: by status, or by its words where it says 400 (xAI, Google).
    private var isBadKey: Bool {
        switch self.status {
        case 401: return true
        case 403: return !self.isContentFilter && !self.isQuota
        case 400:
            return self.isNamed(["invalid_api_key", "api_key_invalid", "incorrect_api_key"])
                || self.text.hasPrefix("incorrect api key provided") || self.text.hasPrefix("api key not valid")
                || self.text.hasPrefix("invalid api key")
        default: return false
        }
    }

    private static let filterNames: Set<String> = [
        "content_filter", "content_policy_violation", "moderation_blocked", "responsibleaipolicyviolation",
        "content_filter_error", "data_inspection_failed", "sensitive_content",
    ]

    private var isContentFilter: Bool {
        guard (400...499).contains(self.status), self.status != 429, self.status != 401 else { return false }
        return self.isNamed(Self.filterNames)
            || self.says([
                "safety system", "content management policy", "flagged by moderation", "content policy violation",
            ])
    }

    private static let quotaNames: Set<String> = [
        "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance",
        "insufficient_credits", "exceeded_current_quota_error", "enforced_spend_limit_reached",
        "contract_spend_limit_reached", "billing_error", "arrearage",
    ]

    /// The account behind the key has no money or no quota left; waiting a minute will not help.
    private var isQuota: Bool {
        if self.status == 402 { return true }
        guard (400...499).contains(self.status) else { return false }
        if self.isNamed(Self.quotaNames) { return true }
        if self.status == 429, self.names.contains(where: { $0.contains("perday") }) { return true }
        // The text decides only where a status fits it, since some errors quote the request.
        guard self.status == 403 || self.status == 429 else { return false }
        return self.says([
            "insufficient balance", "credit balance is too low", "used all available credits", "out of credits",
        ])
    }

    private static let lengthNames: Set<String> = [
        "context_length_exceeded", "exceed_context_size_error", "too_many_prompt_tokens", "too_many_tokens",
        "string_above_max_length_context",
    ]

    private static let lengthTexts = [
        "maximum context length is", "prompt is too long", "exceeds the context window", "exceed context limit",
        "exceeds the maximum number of tokens allowed", "input token count", "input tokens exceeded",
        "input is too long",
        "input tokens exceed the configured limit", "exceeds the available context size", "too many tokens",
        "total length of all messages is too long", "prompt too long", "maximum input length is",
        "maximum prompt length is", "context length exceeded",
    ]

    private var isContextLength: Bool {
        if self.isNamed(Self.lengthNames) { return true }
        guard (400...499).contains(self.status), self.status != 429 else { return false }
        // "Too many tokens per day" is a rate.
        if self.says(["too many tokens per", "tokens per min"]) { return false }
        return self.says(Self.lengthTexts) || self.says(["current length is"]) && self.says(["while limit is"])
    }

    private var isRateLimit: Bool {
        if self.status == 429 { return true }
        guard (400...499).contains(self.status) else { return false }
        return self.isNamed(["rate_limit_exceeded", "rate_limit_error", "resource_exhausted", "throttlingexception"])
            || self.says(["too many tokens per"])
    }

    private var isModelNotFound: Bool {
        switch self.status {
        case 404, 410: true
        case 400, 422:
            self.isNamed([
                "model_not_found", "deploymentnotfound", "model_not_available", "invalid_model", "unknown_model",
            ])
        default: false
        }
    }

    private var isOverloaded: Bool {
        self.isNamed([
            "overloaded_error", "overloaded", "engine_overloaded", "engine_overloaded_error", "server_is_overloaded",
        ])
            || self.says(["overloaded", "no capacity", "at capacity"])
    }
}
