import Core

extension ModelTraits {
    /// Puts in what a line of the catalogue says of the model itself: `name:value` pairs between semicolons.
    mutating func apply(_ text: Substring) {
        for pair in text.split(separator: ";") {
            guard let colon = pair.firstIndex(of: ":") else { continue }
            let value = pair[pair.index(after: colon)...]
            let isTrue = value == "1"
            switch pair[..<colon] {
            case "sampling":
                if let sampling = Sampling(rawValue: String(value)) { self.sampling = sampling }
                if self.sampling == .none { self.topK = false }
            case "reasoning": if let reasoning = Reasoning(rawValue: String(value)) { self.reasoning = reasoning }
            case "efforts": self.setEfforts(value.split(separator: ",").map(String.init))
            case "effort": self.defaultEffort = String(value)
            case "budget": if isTrue, self.budgetRange == nil { self.budgetRange = 1024...128_000 }
            case "always": self.reasoningAlwaysOn = isTrue
            case "forced": self.forcedToolChoice = isTrue
            case "prefill": self.prefill = isTrue
            case "mid": self.midSystem = isTrue
            case "schema": self.nativeJSONSchema = isTrue
            case "schematools": self.schemaWithTools = isTrue
            case "parallel": self.parallelToolSwitch = isTrue
            case "resultimages": self.toolResultImages = isTrue
            case "responses": self.responsesOnly = isTrue
            default: break
            }
        }
    }

    /// The efforts a source lists for the model; one without `none` among them cannot be kept from reasoning.
    private mutating func setEfforts(_ efforts: [String]) {
        self.efforts = efforts
        guard self.reasoning == .effort else { return }
        self.reasoningAlwaysOn = !efforts.contains("none")
        self.samplesWithoutReasoning = self.sampling == .none && efforts.contains("none")
    }
}
