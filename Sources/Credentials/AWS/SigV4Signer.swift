import Core
import Crypto
import Glibc
import Synchronization

/// Signs requests to one service in one region of AWS (Signature Version 4).
///
/// Most of what is signed is the same from request to request: the lines of a target, and for a day the key and the scope. They
/// are made once and kept, so that a request costs its hashes and little else.
package final class SigV4Signer: Sendable {
    /// What is signed of every request to one target, up to the value of `x-amz-date`.
    private struct Lines {
        var method: StaticString
        var target: [UInt8]
        var host: String
        var contentType: String?
        var bytes: [UInt8]

        func isFor(_ method: StaticString, _ target: [UInt8], _ host: String, _ contentType: String?) -> Bool {
            self.target == target && self.host == host && self.contentType == contentType
                && self.method.utf8CodeUnitCount == method.utf8CodeUnitCount
                && memcmp(self.method.utf8Start, method.utf8Start, method.utf8CodeUnitCount) == 0
        }
    }

    /// What is signed and written the same way all day with one pair of credentials.
    private struct Day {
        var credentials: AWSCredentials
        var day: [UInt8]
        var hasType: Bool
        /// Keyed and ready for a text.
        var mac: HMAC<SHA256>
        /// `20261121/us-east-1/bedrock/aws4_request`.
        var scope: [UInt8]
        /// What is signed between the date and the hash of the body.
        var middle: [UInt8]
        /// What is written between the date and the signature.
        var head: [UInt8]
    }

    private struct Kept {
        var lines: [Lines] = []
        /// The place of the lines that are given up next.
        var oldest = 0
        var day: Day?
    }

    private let region: String
    private let service: String
    private let kept = Mutex(Kept())

    /// How many targets are kept; a provider has two paths for each of its models.
    private static let mostTargets = 32

    /// - Parameters:
    ///   - region: The region of the endpoint (`us-east-1`).
    ///   - service: The service's name in signatures (`bedrock`), which its host name need not show.
    package init(region: String, service: String) {
        self.region = region
        self.service = service
    }

    /// Appends the lines `x-amz-date`, `x-amz-security-token` where the credentials have one, and `authorization` to
    /// `head`, each with its CRLF. `host` and `content-type` are signed but not written: the caller writes them, with the
    /// same values.
    ///
    /// - Parameters:
    ///   - method: The request method, in upper case.
    ///   - target: The target in origin form as it goes on the wire, path and query percent-encoded.
    ///   - host: The value of the `host` field, with its port where it shows one.
    ///   - contentType: The value of the `content-type` field; nil where there is none.
    ///   - body: The pieces of the body, in order.
    ///   - credentials: The pair to sign with.
    ///   - now: Seconds since the Unix epoch.
    ///   - head: The bytes of the request's head so far.
    package func sign(
        method: StaticString,
        target: [UInt8],
        host: String,
        contentType: String?,
        body: [UnsafeRawBufferPointer],
        credentials: AWSCredentials,
        now: Int64,
        into head: inout [UInt8]
    ) {
        let time = SigningTime(now)
        let day = self.day(time.day, credentials, hasType: contentType != nil)

        var canonical = self.lines(method, target, host, contentType)
        canonical += time.text
        canonical += day.middle
        Self.appendHash(of: body, to: &canonical)

        var text: [UInt8] = []
        text.reserveCapacity(192)
        text += SignatureSteps.algorithm.utf8
        text.append(0x0A)
        text += time.text
        text.append(0x0A)
        text += day.scope
        text.append(0x0A)
        canonical.withUnsafeBytes { Self.appendHash(of: [$0], to: &text) }
        var mac = day.mac
        mac.update(data: text)

        head += "x-amz-date: ".utf8
        head += time.text
        head += day.head
        mac.finalize().withUnsafeBytes { Self.appendDigits(of: $0, to: &head) }
        head.append(0x0D)
        head.append(0x0A)
    }

    /// The lines of a target, with room for the rest.
    private func lines(_ method: StaticString, _ target: [UInt8], _ host: String, _ contentType: String?) -> [UInt8] {
        let held = self.kept.withLock { kept in
            kept.lines.first { $0.isFor(method, target, host, contentType) }?.bytes
        }
        var bytes: [UInt8] = []
        if let held {
            bytes.reserveCapacity(held.count + 1024)
            bytes += held
            return bytes
        }
        bytes.reserveCapacity(512 + 2 * target.count)
        let (path, query) = CanonicalRequest.split(target)
        method.withUTF8Buffer { bytes += $0 }
        bytes.append(0x0A)
        CanonicalRequest.appendPath(path, .twice, to: &bytes)
        bytes.append(0x0A)
        CanonicalRequest.appendQuery(query, to: &bytes)
        bytes.append(0x0A)
        if let contentType { Self.appendField("content-type", contentType.utf8, to: &bytes) }
        Self.appendField("host", host.utf8, to: &bytes)
        bytes += "x-amz-date:".utf8
        let lines = Lines(method: method, target: target, host: host, contentType: contentType, bytes: bytes)
        self.kept.withLock { kept in
            if kept.lines.count < Self.mostTargets {
                kept.lines.append(lines)
            } else {
                kept.lines[kept.oldest] = lines
                kept.oldest = (kept.oldest + 1) % Self.mostTargets
            }
        }
        return bytes
    }

    private func day(_ day: ArraySlice<UInt8>, _ credentials: AWSCredentials, hasType: Bool) -> Day {
        let held = self.kept.withLock { kept in
            kept.day.flatMap { held -> Day? in
                let isSame =
                    held.hasType == hasType && held.day[...] == day
                    && held.credentials.accessKeyID == credentials.accessKeyID
                    && held.credentials.secretAccessKey == credentials.secretAccessKey
                    && held.credentials.sessionToken == credentials.sessionToken
                return isSame ? held : nil
            }
        }
        if let held { return held }
        let names = Self.signedNames(hasType: hasType, hasToken: credentials.sessionToken != nil)
        var scope: [UInt8] = []
        SignatureSteps.appendScope(day: day, region: self.region, service: self.service, to: &scope)

        var middle: [UInt8] = [0x0A]
        var head: [UInt8] = []
        if let token = credentials.sessionToken {
            Self.appendField("x-amz-security-token", token.reveal().utf8, to: &middle)
            head += "\r\nx-amz-security-token: ".utf8
            head += token.reveal().utf8
        }
        middle.append(0x0A)
        names.withUTF8Buffer { middle += $0 }
        middle.append(0x0A)
        head += "\r\nauthorization: AWS4-HMAC-SHA256 Credential=".utf8
        head += credentials.accessKeyID.utf8
        head.append(UInt8(ascii: "/"))
        head += scope
        head += ", SignedHeaders=".utf8
        names.withUTF8Buffer { head += $0 }
        head += ", Signature=".utf8

        let key = SignatureSteps.key(
            secret: credentials.secretAccessKey.reveal(),
            day: day,
            region: self.region,
            service: self.service
        )
        let made = Day(
            credentials: credentials,
            day: Array(day),
            hasType: hasType,
            mac: HMAC<SHA256>(key: key),
            scope: scope,
            middle: middle,
            head: head
        )
        self.kept.withLock { $0.day = made }
        return made
    }

    private static func signedNames(hasType: Bool, hasToken: Bool) -> StaticString {
        switch (hasType, hasToken) {
        case (true, true): "content-type;host;x-amz-date;x-amz-security-token"
        case (true, false): "content-type;host;x-amz-date"
        case (false, true): "host;x-amz-date;x-amz-security-token"
        case (false, false): "host;x-amz-date"
        }
    }

    private static func appendField(_ name: StaticString, _ value: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        name.withUTF8Buffer { bytes += $0 }
        bytes.append(UInt8(ascii: ":"))
        CanonicalRequest.appendValue(value, to: &bytes)
        bytes.append(0x0A)
    }

    /// The SHA-256 of the pieces in order, as 64 lower-case digits.
    private static func appendHash(of pieces: [UnsafeRawBufferPointer], to bytes: inout [UInt8]) {
        var hash = SHA256()
        for piece in pieces { hash.update(bufferPointer: piece) }
        hash.finalize().withUnsafeBytes { Self.appendDigits(of: $0, to: &bytes) }
    }

    /// Appends each byte as two lower-case digits, in one step.
    private static func appendDigits(of raw: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * raw.count) { digits in
            for (at, byte) in raw.enumerated() {
                digits.initializeElement(at: 2 * at, to: Self.digit(byte &>> 4))
                digits.initializeElement(at: 2 * at + 1, to: Self.digit(byte & 15))
            }
            bytes.append(contentsOf: UnsafeBufferPointer(digits))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &- 10 &+ value
    }
}
