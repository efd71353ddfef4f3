package import Core

/// Cleans what an upstream says before it may reach a client, a log or a record.
package enum UpstreamText {
    /// The most bytes of an upstream's text that are passed on.
    private static let limit = 2000

    /// `text` without credentials, addresses and control characters, cut to 2000 bytes.
    ///
    /// URLs become `[url]`, keys and tokens `[redacted]`, IP addresses `[address]`. Keys are recognised by the prefixes
    /// providers give them, by the word before them, by their asterisks where they are masked, and by being long and
    /// random; `credentials` are removed to the letter.
    package static func scrubbed(_ text: String, credentials: [Secret] = []) -> String {
        var bytes = Self.bounded(Array(text.utf8.prefix(4 * Self.limit)))
        for credential in credentials {
            let secret = Array(credential.reveal().utf8)
            if secret.count >= 4 { bytes = Self.replace(secret, in: bytes) }
        }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var offset = 0
        var redactNext = false
        while offset < bytes.count {
            let end = Self.endOfToken(in: bytes, from: offset)
            if end == offset {
                // Between tokens: one byte that belongs to none.
                let byte = bytes[offset]
                result.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte)
                offset += 1
                continue
            }
            Self.append(bytes[offset..<end], to: &result, redactNext: &redactNext)
            offset = end
        }
        return String(decoding: Self.bounded(result, to: Self.limit), as: UTF8.self)
    }

    /// `bytes` cut to `limit` bytes, between characters.
    private static func bounded(_ bytes: [UInt8], to limit: Int = 4 * limit) -> [UInt8] {
        guard bytes.count > limit else { return bytes }
        var end = limit
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(bytes[..<end])
    }

    private static func replace(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var offset = 0
        while offset < bytes.count {
            if bytes.count - offset >= secret.count, bytes[offset..<offset + secret.count].elementsEqual(secret) {
                result.append(contentsOf: "[redacted]".utf8)
                offset += secret.count
            } else {
                result.append(bytes[offset])
                offset += 1
            }
        }
        return result
    }

    /// Where the token that starts at `start` ends: white space, quotes, brackets and commas part tokens.
    private static func endOfToken(in bytes: [UInt8], from start: Int) -> Int {
        var end = start
        while end < bytes.count {
            switch bytes[end] {
            case 0x00...0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "<"),
                UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"),
                UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ","), UInt8(ascii: ";"):
                return end
            default:
                end += 1
            }
        }
        return end
    }

    private static func append(_ token: ArraySlice<UInt8>, to result: inout [UInt8], redactNext: inout Bool) {
        // Punctuation that ends a sentence is not part of a key.
        var core = token
        while let last = core.last, Self.isPunctuation(last) { core.removeLast() }
        let tail = token[core.endIndex...]
        let lower = core.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        if Self.holdsURL(lower) {
            result.append(contentsOf: "[url]".utf8)
        } else if redactNext, core.count >= 8 {
            result.append(contentsOf: "[redacted]".utf8)
        } else if let value = Self.startOfNamedSecret(lower) {
            result.append(contentsOf: core[core.startIndex..<core.startIndex + value])
            result.append(contentsOf: "[redacted]".utf8)
        } else if Self.looksSecret(core, lower: lower) {
            result.append(contentsOf: "[redacted]".utf8)
        } else if Self.isAddress(core) {
            result.append(contentsOf: "[address]".utf8)
        } else {
            result.append(contentsOf: core)
        }
        result.append(contentsOf: tail)
        redactNext = lower.elementsEqual("bearer".utf8)
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?")
    }

    private static func holdsURL(_ lower: [UInt8]) -> Bool {
        if lower.starts(with: "www.".utf8) { return true }
        guard let colon = lower.indices.first(where: { lower[$0...].starts(with: "://".utf8) }) else { return false }
        return colon > 0
    }

    /// The length of a leading `key=`, `api_key:` and the like, behind which a secret stands.
    private static func startOfNamedSecret(_ lower: [UInt8]) -> Int? {
        guard let sign = lower.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }) else {
            return nil
        }
        guard lower.count - sign > 8 else { return nil }
        let name = lower[..<sign]
        for ending in ["key", "token", "secret", "password", "signature", "authorization"]
        where name.count >= ending.utf8.count && name.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
            return sign + 1
        }
        return nil
    }

    /// The prefixes providers give to keys, account and project names.
    private static let prefixes = [
        "sk-", "sk_", "pk-", "rk-", "gsk_", "xai-", "aiza", "ya29.", "akia", "asia", "hf_", "nvapi-", "pplx-", "csk-",
        "fw_",
        "tgp_", "tp-", "org-", "proj_", "eyj",
    ]

    private static func looksSecret(_ core: ArraySlice<UInt8>, lower: [UInt8]) -> Bool {
        guard core.count >= 6 else { return false }
        if Self.isMasked(lower) { return true }
        let digits = lower.contains { (0x30...0x39).contains($0) }
        for prefix in Self.prefixes where lower.starts(with: prefix.utf8) {
            // A word that merely begins like a key ("asian", "org-wide") has no digits and is short.
            if lower.count >= prefix.utf8.count + 8, digits || lower.count >= 24 { return true }
        }
        guard core.count >= 32, core.allSatisfy(Self.isAlphanumeric), digits else { return false }
        let isHex = lower.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        let mixesCase = core.contains { (0x41...0x5A).contains($0) } && core.contains { (0x61...0x7A).contains($0) }
        return isHex || mixesCase
    }

    /// Whether a run of two or more asterisks stands between letters or digits: `sk-ab****yz`.
    private static func isMasked(_ lower: [UInt8]) -> Bool {
        guard let first = lower.firstIndex(of: UInt8(ascii: "*")), let last = lower.lastIndex(of: UInt8(ascii: "*"))
        else {
            return false
        }
        return last > first && (first > 0 || last < lower.count - 1)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// Whether the token is an IPv4 address, with or without a port.
    private static func isAddress(_ core: ArraySlice<UInt8>) -> Bool {
        let host = core.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (1...2).contains(host.count) else { return false }
        let parts = host[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return false }
        return (parts + host.dropFirst()).allSatisfy { part in
            (1...5).contains(part.count) && part.allSatisfy { (0x30...0x39).contains($0) }
        }
    }
}
