import Core
import Dialects
import JSON

/// A client's request: reading never traps; what was read can be written for every dialect, or is refused in words; what
/// was written is JSON and a request of that dialect.
struct RequestCheck {
    let dialect: Dialect
    var choices: Choices

    init(dialect: Dialect, choices: Choices) {
        self.dialect = dialect
        self.choices = choices
    }

    func check(_ body: UnsafeRawBufferPointer) {
        var choices = self.choices
        let isInPath = self.dialect == .gemini || self.dialect == .bedrockConverse
        let model: String? = isInPath ? "model-1" : nil
        let stream: Bool? = isInPath ? choices.coin() : nil
        let facts = try? RequestFacts.read(body, dialect: self.dialect, endpoint: .chat, model: model, stream: stream)
        let request: CanonicalRequest
        do {
            request = try self.dialect.decodeRequest(body, model: model, stream: stream)
        } catch {
            promise(
                error.origin == .client,
                "a request is refused as no fault of the client: \(error) \(error.message)"
            )
            self.checkError(error)
            return
        }
        promise((try? JSONScan.validate(body)) != nil, "a request that is not JSON was read")
        promise(facts != nil, "the tree reads a request whose facts cannot be read")
        if let facts {
            promise(facts.model == request.model, "facts and tree see another model: \(facts.model), \(request.model)")
            promise(facts.stream == request.stream, "facts and tree differ on streaming")
            self.checkSplices(facts, body, model: model, stream: stream)
        }
        for target in Dialect.allCases { self.check(request, for: target, &choices) }
    }

    /// The edits for an upstream of the same dialect leave a request that names the other model.
    private func checkSplices(_ facts: RequestFacts, _ body: UnsafeRawBufferPointer, model: String?, stream: Bool?) {
        let edited = Splice.apply(facts.splices(model: "other", quirks: .openAI), to: body) as [UInt8]
        edited.withUnsafeBytes { edited in
            promise((try? JSONScan.validate(edited)) != nil, "the edits broke the JSON")
            let again = try? self.dialect.decodeRequest(edited, model: model, stream: stream)
            promise(again != nil, "the edits broke the request")
            if model == nil { promise(again?.model == "other", "the edits left the model \(again?.model ?? "")") }
        }
    }

    private func check(_ request: CanonicalRequest, for dialect: Dialect, _ choices: inout Choices) {
        let target = Self.target(of: dialect, &choices)
        let isStrict = choices.next() % 4 == 0
        var notes = TranslationNotes(isStrict: isStrict)
        let encoded: EncodedRequest
        do {
            encoded = try dialect.encodeRequest(request, for: target, notes: &notes)
        } catch {
            promise(
                error.origin == .client,
                "a request cannot be written, and not by the client's fault: \(error.message)"
            )
            self.checkError(error)
            return
        }
        encoded.body.withUnsafeBytes { body in
            let text = String(decoding: body, as: UTF8.self)
            promise((try? JSONScan.validate(body)) != nil, "\(dialect) was written no JSON: \(text)")
            // What a client may ask for in one dialect and not in the other is left to the provider to refuse.
            if let most = request.maxOutput, most < 1 { return }
            do throws(GatewayError) {
                _ = try dialect.decodeRequest(body, model: target.model, stream: request.stream)
            } catch {
                promise(false, "\(dialect) does not read what was written for it: \(error.message) in \(text)")
            }
        }
        var again = TranslationNotes(isStrict: isStrict)
        let second = try? dialect.encodeRequest(request, for: target, notes: &again)
        promise(second?.body == encoded.body && again.entries == notes.entries, "writing twice differs")
        for (name, value) in encoded.fields {
            promise(
                !name.isEmpty && value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f },
                "a field no head may hold: \(name)"
            )
        }
    }

    /// Every dialect says an error as JSON.
    private func checkError(_ error: GatewayError) {
        for dialect in Dialect.allCases {
            let (status, body, _) = dialect.writeError(error, request: nil)
            promise((400..<600).contains(status), "an error with status \(status)")
            promise(body.withUnsafeBytes { (try? JSONScan.validate($0)) != nil }, "an error that is not JSON")
        }
    }

    /// A target with any traits.
    private static func target(of dialect: Dialect, _ choices: inout Choices) -> TranslationTarget {
        var traits = ModelTraits()
        if choices.next() % 4 != 0 {
            traits.sampling =
                [ModelTraits.Sampling.none, .temperatureOrTopP, .full].randomElement(using: &choices) ?? .full
            traits.samplesWithoutReasoning = choices.coin()
            traits.topK = choices.coin()
            traits.penalties = choices.coin()
            traits.stop = choices.coin()
            traits.temperatureLimit = choices.coin() ? 1 : 2
            traits.reasoning =
                [ModelTraits.Reasoning.none, .effort, .budget, .level, .adaptive, .toggle].randomElement(
                    using: &choices
                ) ?? .none
            traits.efforts = choices.coin() ? [] : ["low", "medium", "high"]
            traits.defaultEffort = choices.coin() ? nil : "medium"
            traits.reasoningAlwaysOn = choices.coin()
            traits.budgetRange = choices.coin() ? nil : 1024...32768
            traits.forcedToolChoice = choices.coin()
            traits.forcedToolWithReasoning = choices.coin()
            traits.prefill = choices.coin()
            traits.midSystem = choices.coin()
            traits.nativeJSONSchema = choices.coin()
            traits.schemaWithTools = choices.coin()
            traits.parallelToolSwitch = choices.coin()
            traits.tokenParameter = choices.coin() ? .maxTokens : .maxCompletionTokens
            traits.systemRole =
                [ModelTraits.SystemRole.system, .developer, .user, .none].randomElement(using: &choices) ?? .system
            traits.imageURLs = choices.coin()
            traits.toolResultImages = choices.coin()
            traits.anthropicVersion = choices.coin() ? .v2023 : .v2026
            traits.outputLimit = choices.coin() ? nil : 8192
        }
        let models = [
            "model-1", "anthropic.claude-sonnet-4-5-20250929-v1:0", "us.amazon.nova-pro-v1:0",
            "meta.llama3-3-70b-instruct-v1:0",
            "deepseek.r1-v1:0", "openai.gpt-oss-120b-1:0", "mistral.mistral-large-2407-v1:0",
        ]
        let model = dialect == .bedrockConverse ? models.randomElement(using: &choices) ?? "model-1" : "model-1"
        var target = TranslationTarget(model: model, traits: traits, family: choices.coin() ? dialect.family : nil)
        target.isVertex = choices.coin()
        if choices.coin() {
            target.quirks = ChatQuirks(
                acceptsStreamOptions: choices.coin(),
                replaysReasoning: choices.coin(),
                reasoning: [ChatQuirks.ReasoningParameter.effort, .object, .thinking, .none].randomElement(
                    using: &choices
                ) ?? .effort,
                callIDs: choices.coin() ? .chat : .mistral,
                refuses: choices.coin() ? [] : ["name", "seed", "logit_bias"],
                knowsCustomTools: choices.coin(),
                takesMoreSampling: choices.coin()
            )
        }
        return target
    }
}
