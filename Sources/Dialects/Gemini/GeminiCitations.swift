internal import JSON

/// The sources an answer rests on, one by one, from `groundingMetadata` and `citationMetadata`.
///
/// Google counts places in bytes of UTF-8; other dialects count characters, so the places are counted anew over the text
/// of the answer. Source: `GroundingMetadata` and `CitationMetadata` of https://ai.google.dev/api/generate-content.
enum GeminiCitations {
    /// More are no help to a reader.
    private static let most = 256

    /// The citations: the metadata as it stands first, which only this dialect knows, then each source as
    /// `{"web":{uri, title, start_index, end_index}}` or `{uri, title, start_index, end_index}`.
    ///
    /// - Parameter text: the text of the answer; nil where it was too long to keep, and no places are told.
    static func list(grounding: JSONValue?, citations: JSONValue?, text: String?) -> [Opaque] {
        guard grounding != nil || citations != nil else { return [] }
        var list: [Opaque] = []
        if let grounding {
            list.append(Opaque(.gemini, .object(JSONObject([("groundingMetadata", grounding)]))))
            list.append(contentsOf: Self.sources(grounding, Places(text ?? "")))
        }
        if let citations {
            list.append(Opaque(.gemini, .object(JSONObject([("citationMetadata", citations)]))))
            let places = Places(text ?? "")
            for citation in (citations["citations"] ?? citations["citationSources"])?.asArray?.prefix(Self.most) ?? [] {
                guard let uri = citation["uri"]?.asString else { continue }
                let source = Self.source(uri, citation["title"]?.asString, segment: citation, places)
                list.append(Opaque(.gemini, .object(source)))
            }
        }
        return list
    }

    /// Whether it is a member of a candidate, not one source of it.
    static func isMember(_ key: String) -> Bool { key == "groundingMetadata" || key == "citationMetadata" }

    private static func sources(_ grounding: JSONValue, _ places: Places) -> [Opaque] {
        let chunks = grounding["groundingChunks"]?.asArray ?? []
        var pairs: [(chunk: JSONValue, segment: JSONValue?)] = []
        for support in grounding["groundingSupports"]?.asArray ?? [] {
            for index in support["groundingChunkIndices"]?.asArray ?? [] {
                guard let at = index.asInt, chunks.indices.contains(at), pairs.count < Self.most else { continue }
                pairs.append((chunks[at], support["segment"]))
            }
        }
        if pairs.isEmpty { pairs = chunks.prefix(Self.most).map { ($0, nil) } }
        return pairs.compactMap { chunk, segment in
            // What was found in the web, in a file store, on a map: each under a key of its own.
            guard let found = chunk["web"] ?? chunk["retrievedContext"] ?? chunk["maps"],
                let uri = found["uri"]?.asString
            else { return nil }
            let source = Self.source(uri, found["title"]?.asString, segment: segment, places)
            return Opaque(.gemini, .object(JSONObject([("web", .object(source))])))
        }
    }

    private static func source(
        _ uri: String,
        _ title: String?,
        segment: JSONValue?,
        _ places: Places
    ) -> JSONObject {
        var source = JSONObject([("uri", .string(uri))])
        if let title { source.members.append(("title", .string(title))) }
        // A start of 0 is left out.
        if let end = segment?["endIndex"]?.asInt.flatMap(places.characters),
            let start = places.characters(before: segment?["startIndex"]?.asInt ?? 0), start <= end
        {
            source.members.append(("start_index", .number(JSONNumber(start))))
            source.members.append(("end_index", .number(JSONNumber(end))))
        }
        return source
    }

    /// Counts the characters before a byte of a text without going through all of it each time.
    private struct Places {
        private static let stride = 1024
        private let bytes: [UInt8]
        /// The characters that begin before each `stride`th byte.
        private var marks: [Int] = [0]

        init(_ text: String) {
            self.bytes = Array(text.utf8)
            var count = 0
            for (at, byte) in self.bytes.enumerated() {
                if byte & 0xC0 != 0x80 { count += 1 }
                if (at + 1) % Self.stride == 0 { self.marks.append(count) }
            }
        }

        /// nil where `offset` is outside the text.
        func characters(before offset: Int) -> Int? {
            guard (0...self.bytes.count).contains(offset), !self.bytes.isEmpty else { return nil }
            let mark = offset / Self.stride
            return self.bytes[mark * Self.stride..<offset].reduce(self.marks[mark]) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        }
    }
}
