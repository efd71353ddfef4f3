internal import Core

/// How the models of one vendor differ behind Converse, which does not hide their differences.
///
/// What a single model can do is the catalogue's to say (`ModelTraits`); this says how the vendor wants it said, and what
/// none of its models take. Sources: the user guide's table of features
/// (https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html), its page
/// on structured outputs, and what pydantic-ai verified against the live service in 2026 (`providers/bedrock.py`).
struct ConverseFamily: Sendable, Hashable {
    /// Where a model is told how much to reason, in `additionalModelRequestFields`.
    enum Reasoning: Sendable, Hashable {
        /// `thinking` and `output_config`, as at Anthropic.
        case anthropic
        /// `reasoningConfig{type, maxReasoningEffort}`.
        case nova
        /// `reasoning_effort` with one of these words; whatever is asked for becomes the nearest.
        case effort([String])
        /// `reasoning{effort}` with one of these words.
        case nestedEffort([String])
        /// `reasoning_config` with one of these words.
        case qwen([String])
        case none
    }

    /// Where `top_k` goes.
    enum TopK: Sendable, Hashable {
        case anthropic
        case nova
        case none
    }

    var reasoning = Reasoning.none
    var topK = TopK.none
    /// Instructions; elsewhere they open the conversation.
    var takesSystem = true
    var takesTools = true
    var takesChoiceRequired = true
    var takesChoiceNamed = true
    /// Claude's own `tool_choice` in `additionalModelRequestFields`, which can forbid calls and calls in twos.
    var takesNativeChoice = false
    /// The turn may begin with the assistant.
    var takesLeadingAssistant = false
    /// A turn with tool results may hold nothing else.
    var wantsResultsAlone = false
    /// Images and documents inside tool results.
    var takesMediaInResults = false
    /// `status` on tool results.
    var takesResultStatus = true
    /// `outputConfig.textFormat` and `strict` on tools, where the model keeps to schemas at all.
    var takesSchema = false
    /// Cache points in the instructions and in messages; `inTools` in the list of tools too.
    var takesCachePoints = false
    var takesCachePointsInTools = false
    /// Cache points that last an hour.
    var takesLongCache = false
    /// The tools Amazon runs itself (`nova_grounding`, `nova_code_interpreter`).
    var takesSystemTools = false
    /// Of a tool's schema only `type`, `properties` and `required`, without references.
    var wantsPlainSchemas = false
    /// `citations` on documents.
    var takesCitations = false

    /// A vendor nothing is known of.
    init() {}

    /// The family of a model by its id, an inference profile's id or an ARN that holds one.
    init(_ target: TranslationTarget) {
        let vendor = ConverseModelName(target.model)
        if vendor.vendor == "anthropic" || target.family == .anthropic {
            self = Self.anthropic
        } else if let named = Self.named(vendor) {
            self = named
        }
    }

    private static func named(_ model: ConverseModelName) -> ConverseFamily? {
        switch model.vendor {
        case "amazon": model.starts("nova") ? Self.nova : Self.textOnly
        case "meta": Self.meta
        case "mistral":
            model.starts("mistral-7b") || model.starts("mixtral") ? Self.textOnly : Self.mistral
        case "cohere": model.starts("command-r") ? Self.plain : Self.textOnly
        case "ai21": model.starts("j2") ? Self.textOnly : Self.plain
        case "writer": Self.writer
        case "deepseek": Self.deepseek(model)
        case "openai": model.starts("gpt-oss") ? Self.gptOSS : Self.openAI
        case "qwen": Self.qwen
        case "zai": Self.zai(model)
        case "moonshot", "moonshotai": Self.moonshot
        case "xai": Self.xai
        case "google", "minimax", "nvidia": Self.openWeights
        default: nil
        }
    }

    private static func made(_ change: (inout ConverseFamily) -> Void) -> ConverseFamily {
        var family = ConverseFamily()
        change(&family)
        return family
    }

    private static let anthropic = made {
        $0.reasoning = .anthropic
        $0.topK = .anthropic
        $0.takesNativeChoice = true
        $0.takesLeadingAssistant = true
        $0.takesMediaInResults = true
        $0.takesSchema = true
        $0.takesCachePoints = true
        $0.takesCachePointsInTools = true
        $0.takesLongCache = true
        $0.takesCitations = true
    }

    private static let nova = made {
        $0.reasoning = .nova
        $0.topK = .nova
        $0.takesMediaInResults = true
        $0.takesCachePoints = true
        $0.takesSystemTools = true
        $0.wantsPlainSchemas = true
    }

    /// A model whose calls cannot be forced.
    private static let plain = made {
        $0.takesChoiceRequired = false
        $0.takesChoiceNamed = false
    }

    /// A model without instructions and without tools.
    private static let textOnly = made {
        $0.takesSystem = false
        $0.takesTools = false
    }

    private static let meta = made {
        $0.takesChoiceRequired = false
        $0.takesChoiceNamed = false
        $0.wantsResultsAlone = true
        $0.takesMediaInResults = true
    }

    private static let mistral = made {
        $0.takesChoiceNamed = false
        $0.wantsResultsAlone = true
        $0.takesSchema = true
    }

    private static let writer = made {
        $0.takesChoiceRequired = false
        $0.takesChoiceNamed = false
        $0.wantsResultsAlone = true
        $0.takesResultStatus = false
    }

    private static func deepseek(_ model: ConverseModelName) -> ConverseFamily {
        made {
            $0.takesChoiceRequired = false
            $0.takesChoiceNamed = false
            $0.takesTools = !model.starts("r1")
            $0.takesSchema = true
            // V3.2 reasons at `high` alone; the others take no say.
            if model.starts("v3.2") { $0.reasoning = .effort(["none", "high"]) }
        }
    }

    private static let gptOSS = made {
        $0.reasoning = .effort(["low", "medium", "high"])
        $0.takesChoiceRequired = false
        $0.takesChoiceNamed = false
        $0.takesSchema = true
    }

    private static let openAI = made {
        $0.reasoning = .nestedEffort(["none", "low", "medium", "high", "xhigh"])
        $0.takesChoiceRequired = false
        $0.takesChoiceNamed = false
        $0.takesSchema = true
    }

    private static let qwen = made {
        $0.reasoning = .qwen(["none", "low", "high"])
        $0.takesChoiceRequired = false
        $0.takesChoiceNamed = false
        $0.takesLeadingAssistant = true
        $0.takesSchema = true
    }

    private static func zai(_ model: ConverseModelName) -> ConverseFamily {
        made {
            let levels = ["low", "medium", "high", "xhigh", "max"]
            $0.reasoning = .effort(model.starts("glm-5.3") ? levels : ["none", "high"])
            $0.takesLeadingAssistant = true
            $0.takesSchema = true
        }
    }

    private static let moonshot = made {
        $0.takesLeadingAssistant = true
        $0.takesSchema = true
    }

    private static let xai = made { $0.reasoning = .nestedEffort(["low", "medium", "high", "xhigh"]) }

    private static let openWeights = made {
        $0.takesChoiceRequired = false
        $0.takesChoiceNamed = false
        $0.takesSchema = true
    }
}

/// The parts of a Bedrock model id: `us.anthropic.claude-sonnet-4-5-20250929-v1:0` is `claude-…` of `anthropic`.
struct ConverseModelName: Sendable, Hashable {
    /// The vendor in Bedrock's spelling; empty where the id does not name one.
    var vendor = ""
    /// The id behind the vendor.
    var model = Substring()

    /// Prefixes of inference profiles that span regions.
    private static let areas: Set<Substring> = [
        "us", "eu", "apac", "global", "us-gov", "jp", "au", "ca", "sa", "me", "af",
    ]

    /// Reads an id, or the id at the end of an ARN.
    init(_ id: String) {
        let name = id.hasPrefix("arn:") ? id.split(separator: "/").last ?? "" : id[...]
        var rest = name
        if let dot = rest.firstIndex(of: "."), Self.areas.contains(rest[..<dot]) {
            rest = rest[rest.index(after: dot)...]
        }
        guard let dot = rest.firstIndex(of: ".") else { return }
        self.vendor = rest[..<dot].lowercased()
        self.model = rest[rest.index(after: dot)...]
    }

    /// Whether the model's name begins with `prefix`.
    func starts(_ prefix: String) -> Bool { self.model.hasPrefix(prefix) }
}
