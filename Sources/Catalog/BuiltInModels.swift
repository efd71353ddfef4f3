import TurnpikeConfiguration

/// The models of each kind of provider, found by the names they go by.
enum BuiltInModels {
    /// Every name a client may ask for at a kind of provider, in order.
    ///
    /// Fine-tuned models are only patterns of names. What a local Ollama holds is its owner's choice, so it has no
    /// names before it is asked.
    static func names(_ kind: ProviderKind) -> [String] {
        if kind == .ollama { return [] }
        let lines = CatalogData.lines(kind)
        return (0..<lines.count).compactMap { index in
            lines.hasPrefix(index, "ft:") || !Self.isServed(lines, index, kind) ? nil : lines.name(index)
        }
    }

    /// Whether a path of the gateway can answer for the model: it chats, completes texts or embeds them, and is asked in a
    /// dialect that is built.
    private static func isServed(_ lines: CatalogLines, _ index: Int, _ kind: ProviderKind) -> Bool {
        // What stands behind an alias decides.
        var place = index
        if let canonical = lines.alias(index) {
            guard let found = lines.index(of: canonical) else { return false }
            place = found
        }
        if kind == .vertex, !lines.hasPrefix(place, "gemini") { return false }
        switch lines.mode(place) {
        case .chat: return true
        case .completion, .embedding:
            return kind != .anthropic && kind != .gemini && kind != .vertex && kind != .bedrock
        default: return false
        }
    }

    /// The model that goes by `name`; nil where the catalogue has none.
    ///
    /// A name that is not listed is looked for without what only decorates it: a region's prefix, an ARN, a date, a
    /// variant's suffix. Where a variant may cost something else, the model comes without prices.
    static func find(_ name: String, at kind: ProviderKind) -> CatalogModel? {
        let lines = CatalogData.lines(kind)
        guard lines.count > 0, !name.isEmpty, name.utf8.count <= 512 else { return nil }
        if let found = BuiltInModels.exact(name, lines, kind) { return found }
        for plain in BuiltInModels.undecorated(name, at: kind) {
            if let found = BuiltInModels.exact(plain, lines, kind) ?? BuiltInModels.redated(plain, lines, kind) {
                return found
            }
        }
        if let found = BuiltInModels.redated(name, lines, kind) { return found }
        // `model:variant` at routers: the same model on other terms.
        if kind == .openrouter || kind == .huggingface || kind == .ollama, let colon = name.lastIndex(of: ":") {
            var found = BuiltInModels.exact(String(name[..<colon]), lines, kind)
            if kind != .ollama { found?.prices = PriceList() }
            return found
        }
        return nil
    }

    private static func exact(_ name: String, _ lines: CatalogLines, _ kind: ProviderKind) -> CatalogModel? {
        guard var index = lines.index(of: name) else { return nil }
        if let canonical = lines.alias(index) {
            guard let target = lines.index(of: canonical) else { return nil }
            index = target
        }
        return CatalogModel(line: lines[index], kind: kind)
    }

    /// The name without what its kind of provider puts around it, the likeliest first.
    private static func undecorated(_ name: String, at kind: ProviderKind) -> [String] {
        switch kind {
        case .bedrock:
            var plain = name
            if name.hasPrefix("arn:") {
                // …:foundation-model/ID and …:inference-profile/ID name the model; an application profile does not.
                guard let slash = name.firstIndex(of: "/"), !name.contains(":application-inference-profile/") else {
                    return []
                }
                plain = String(name[name.index(after: slash)...])
            }
            var result = plain == name ? [] : [plain]
            if let bare = BuiltInModels.withoutRegion(plain) { result.append(bare) }
            return result
        case .gemini, .vertex:
            guard let slash = name.lastIndex(of: "/") else { return [] }
            // models/ID, publishers/google/models/ID, google/ID, and meta/ID as it is listed.
            let bare = String(name[name.index(after: slash)...])
            let rest = name[..<slash]
            if let before = rest.lastIndex(of: "/"), rest[rest.index(after: before)...] != "models" {
                return ["\(rest[rest.index(after: before)...])/\(bare)", bare]
            }
            return [bare]
        case .fireworks:
            return name.contains("/") ? [] : ["accounts/fireworks/models/\(name)"]
        case .openai:
            guard name.hasPrefix("ft:") else { return [] }
            // ft:BASE:organisation:suffix:id
            return ["ft:" + name.dropFirst(3).prefix { $0 != ":" }]
        default:
            return []
        }
    }

    /// The prefixes of Bedrock's inference profiles.
    /// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
    private static let regions: Set<Substring> = [
        "us", "eu", "apac", "global", "us-gov", "jp", "au", "ca", "sa", "mx", "in", "uk",
    ]

    private static func withoutRegion(_ name: String) -> String? {
        guard let dot = name.firstIndex(of: "."), BuiltInModels.regions.contains(name[..<dot]) else { return nil }
        return String(name[name.index(after: dot)...])
    }

    /// The model whose name differs in its date only: the name without a date, else the one listed name that is this
    /// one with a date or revision.
    private static func redated(_ name: String, _ lines: CatalogLines, _ kind: ProviderKind) -> CatalogModel? {
        if let undated = ModelName.undated(name), let found = BuiltInModels.exact(undated, lines, kind) { return found }
        var only: Int?
        for mark in ["-", "@"] {
            let prefix = name + mark
            var index = lines.lowerBound(prefix)
            while index < lines.count, lines.hasPrefix(index, prefix) {
                if BuiltInModels.isDate(lines.name(index).dropFirst(prefix.utf8.count)) {
                    if only != nil { return nil }
                    only = index
                }
                index += 1
            }
        }
        return only.flatMap { BuiltInModels.exact(lines.name($0), lines, kind) }
    }

    /// Whether a name's tail is nothing but a date, behind which a revision may stand: `20250929`, `2025-08-07`,
    /// `20250929-v1:0`, `v1:0`.
    private static func isDate(_ tail: Substring) -> Bool {
        let words = tail.split(separator: "-")
        return !words.isEmpty
            && words.allSatisfy { word in
                let bare = word.first == "v" ? word.dropFirst() : word
                return !bare.isEmpty && bare.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ":") }
                    && (word.first == "v" || bare.utf8.count != 1 && bare.utf8.count != 3)
            }
    }
}
