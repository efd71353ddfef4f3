import Crypto

/// The pieces of a request in the one form both sides of a signature compute.
///
/// Source: AWS, Signature Version 4, "Create a signed AWS API request".
enum CanonicalRequest {
    /// How the path on the wire becomes the path that is signed.
    enum PathEncoding {
        /// Dot segments and doubled slashes gone, every segment percent-encoded once more: all services but S3.
        case twice
        /// As it is on the wire, with only what had to be encoded and was not encoded: S3, and signers that know no better.
        case once
    }

    /// Path and query of a target in origin form.
    static func split(_ target: [UInt8]) -> (path: ArraySlice<UInt8>, query: ArraySlice<UInt8>) {
        guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else { return (target[...], []) }
        return (target[..<mark], target[(mark + 1)...])
    }

    static func appendPath(_ path: ArraySlice<UInt8>, _ encoding: PathEncoding, to bytes: inout [UInt8]) {
        let slash = UInt8(ascii: "/")
        switch encoding {
        case .once:
            if path.isEmpty { bytes.append(slash) }
            for byte in path {
                if byte == slash || byte == UInt8(ascii: "%") {
                    bytes.append(byte)
                } else {
                    PercentEncoding.append(byte, to: &bytes)
                }
            }
        case .twice:
            var segments: [ArraySlice<UInt8>] = []
            for segment in path.split(separator: slash) {
                if segment.elementsEqual("..".utf8) {
                    _ = segments.popLast()
                } else if !segment.elementsEqual(".".utf8) {
                    segments.append(segment)
                }
            }
            for segment in segments {
                bytes.append(slash)
                PercentEncoding.append(segment, to: &bytes)
            }
            if segments.isEmpty || path.last == slash { bytes.append(slash) }
        }
    }

    /// The query's parameters sorted by name, then by value, each with its equals sign.
    static func appendQuery(_ query: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        if query.isEmpty { return }
        var parameters: [(name: [UInt8], value: [UInt8])] = []
        for parameter in query.split(separator: UInt8(ascii: "&")) {
            let name = parameter.prefix { $0 != UInt8(ascii: "=") }
            parameters.append((Self.encodedAnew(name), Self.encodedAnew(parameter.dropFirst(name.count + 1))))
        }
        parameters.sort {
            $0.name == $1.name
                ? $0.value.lexicographicallyPrecedes($1.value) : $0.name.lexicographicallyPrecedes($1.name)
        }
        for (index, parameter) in parameters.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "&")) }
            bytes += parameter.name
            bytes.append(UInt8(ascii: "="))
            bytes += parameter.value
        }
    }

    private static func encodedAnew(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        PercentEncoding.append(PercentEncoding.decoded(text), to: &bytes)
        return bytes
    }

    /// A field's value without space at its ends, and with one space for every run of them.
    static func appendValue(_ value: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        let start = bytes.count
        var isAfterSpace = false
        for byte in value {
            if byte == 0x20 || byte == 0x09 {
                isAfterSpace = true
                continue
            }
            if isAfterSpace, bytes.count > start { bytes.append(0x20) }
            isAfterSpace = false
            bytes.append(byte)
        }
    }

    /// The SHA-256 of the pieces in order, as 64 lower-case digits.
    static func appendHash(of pieces: [UnsafeRawBufferPointer], to bytes: inout [UInt8]) {
        var hash = SHA256()
        for piece in pieces { hash.update(bufferPointer: piece) }
        hash.finalize().withUnsafeBytes { Hexadecimal.append($0, to: &bytes) }
    }
}

/// The last steps of a signature: from the canonical request to the 64 digits.
enum SignatureSteps {
    static let algorithm = "AWS4-HMAC-SHA256"

    /// The key of one day, region and service: four HMACs from the secret.
    static func key(secret: String, day: some Sequence<UInt8>, region: String, service: String) -> SymmetricKey {
        var key = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in [Array(day), Array(region.utf8), Array(service.utf8), Array("aws4_request".utf8)] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: part, using: key))
        }
        return key
    }

    /// `20261121/us-east-1/bedrock/aws4_request`.
    static func appendScope(day: some Sequence<UInt8>, region: String, service: String, to bytes: inout [UInt8]) {
        bytes += day
        bytes.append(UInt8(ascii: "/"))
        bytes += region.utf8
        bytes.append(UInt8(ascii: "/"))
        bytes += service.utf8
        bytes += "/aws4_request".utf8
    }

    /// The signature of a canonical request, as 64 lower-case digits.
    static func signature(canonical: [UInt8], stamp: [UInt8], scope: [UInt8], key: SymmetricKey) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text += Self.algorithm.utf8
        text.append(0x0A)
        text += stamp
        text.append(0x0A)
        text += scope
        text.append(0x0A)
        canonical.withUnsafeBytes { CanonicalRequest.appendHash(of: [$0], to: &text) }
        var digits: [UInt8] = []
        digits.reserveCapacity(64)
        HMAC<SHA256>.authenticationCode(for: text, using: key).withUnsafeBytes { Hexadecimal.append($0, to: &digits) }
        return digits
    }
}
