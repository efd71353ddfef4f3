import Core
import TurnpikeConfiguration

extension CatalogModel {
    /// Reads a line of the catalogue; nil where the line is another name of a model.
    ///
    /// Money is read from the text, never through a double.
    init?(line: String, kind: ProviderKind) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count >= 8, let mode = Mode(rawValue: String(fields[1])) else { return nil }
        self.init(kind: kind, id: String(fields[0]))
        self.isListed = true
        self.mode = mode
        self.family = ModelName(self.id).family?.rawValue ?? ""
        let limits = fields[2].split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        if limits.count == 3 {
            self.context = limits[0]
            self.inputLimit = limits[1]
            self.outputLimit = limits[2]
        }
        self.capabilitiesAreKnown = fields[3].first != "?"
        self.capabilities = Set(fields[3].unicodeScalars.compactMap { Capability.letters[$0] })
        if mode == .chat {
            self.traits = ModelTraits.family(of: self.id, at: kind)
            if self.capabilities.contains(.reasoning) { self.traits.applyReasoning(at: kind) }
        }
        self.traits.apply(fields[4])
        if self.family == ModelName.Family.claude.rawValue, self.traits.sampling == .none {
            self.traits.anthropicVersion = .v2026
        }
        self.traits.outputLimit = self.outputLimit
        if mode == .chat, self.traits.reasoning != .none { self.capabilities.insert(.reasoning) }
        switch fields[5].first {
        case "p": self.status = .preview
        case "d": self.status = .deprecated
        default: break
        }
        let date = fields[5].drop { !$0.isNumber }
        self.deprecates = date.isEmpty ? nil : String(date)
        self.prices = PriceList(line: fields[6])
        if fields.count > 8 { self.aliases = fields[8].split(separator: " ").map(String.init) }
        if let number = Int(fields[7]), number < CatalogData.sourceLines.count {
            let source = CatalogData.sourceLines[number].split(separator: "\t", omittingEmptySubsequences: false)
            self.source = String(source[0])
            self.dataset = source.count > 1 ? String(source[1]) : ""
        }
    }
}

extension PriceList {
    /// Reads the prices of a line: `meter=dollars` for a million units, or for one of what is counted singly; behind
    /// `>tokens`, `@tier` or both, those of a band or tier; behind `~windows`, those of certain hours; `^region=factor`
    /// and `!search=count/period` on their own.
    init(line: Substring) {
        self.init()
        var tier = ServiceTier.standard
        var above = 0
        var isOffPeak = false
        for word in line.split(separator: " ") {
            switch word.first {
            case ">", "@":
                let parts = word.split(separator: "@", omittingEmptySubsequences: false)
                above = Int(parts[0].dropFirst()) ?? 0
                tier = parts.count > 1 ? ServiceTier(rawValue: String(parts[1])) ?? .standard : .standard
            case "~":
                isOffPeak = true
                self.offPeak = OffPeakPrices(windows: OffPeakPrices.windows(word.dropFirst()))
            case "^":
                guard let (name, value) = word.dropFirst().pair, let factor = Money(dollars: value) else { continue }
                self.regions.append(Region(name: String(name), millionths: Int(factor.picodollars / 1_000_000)))
            case "!":
                guard let (_, value) = word.dropFirst().pair, let slash = value.firstIndex(of: "/"),
                    let count = Int(value[..<slash])
                else { continue }
                self.freeSearches = FreeSearches(count: count, period: String(value[value.index(after: slash)...]))
            default:
                guard let (name, value) = word.pair, let meter = PriceMeter(rawValue: String(name)),
                    let price = Money(dollars: value)
                else { continue }
                let rate = Money(picodollars: price.picodollars / Int128(meter.units))
                if isOffPeak {
                    self.offPeak?.rates[meter] = rate
                } else {
                    self.set(meter, tier: tier, above: above, to: rate)
                }
            }
        }
    }
}

extension OffPeakPrices {
    /// Reads windows: `1-5:0-60,240-360;6-7:0-1440`, where day 1 is Monday.
    fileprivate static func windows(_ text: Substring) -> [Window] {
        text.split(separator: ";").flatMap { part -> [Window] in
            let halves = part.split(separator: ":")
            guard halves.count == 2, let days = halves[0].span, days.0 >= 1, days.1 >= days.0 else { return [] }
            return halves[1].split(separator: ",").compactMap { minutes in
                guard let span = minutes.span, span.1 >= span.0 else { return nil }
                return Window(days: days.0 - 1...days.1 - 1, minutes: span.0..<span.1)
            }
        }
    }
}

extension Substring {
    /// What stands before and behind the first `=`.
    fileprivate var pair: (Substring, Substring)? {
        guard let equals = self.firstIndex(of: "=") else { return nil }
        return (self[..<equals], self[self.index(after: equals)...])
    }

    /// Two numbers with a dash between them.
    fileprivate var span: (Int, Int)? {
        guard let dash = self.firstIndex(of: "-"), let first = Int(self[..<dash]),
            let last = Int(self[self.index(after: dash)...])
        else { return nil }
        return (first, last)
    }
}

extension Capability {
    /// The capabilities by the letter the lines write them with.
    fileprivate static let letters: [Unicode.Scalar: Capability] = [
        "t": .tools, "p": .parallelTools, "v": .vision, "a": .audioInput, "A": .audioOutput, "d": .documents,
        "V": .video, "s": .jsonSchema, "j": .jsonObject, "r": .reasoning, "f": .prefill, "l": .logprobs,
        "S": .streaming, "y": .systemMessages, "w": .webSearch, "c": .codeExecution, "e": .embeddings, "k": .rerank,
        "i": .images, "h": .speech, "T": .transcription, "m": .moderation,
    ]
}
