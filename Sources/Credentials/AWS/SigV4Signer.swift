import Core
import Crypto
import Synchronization

/// Signs requests to one service in one region of AWS (Signature Version 4).
///
/// The key a signature is made with holds for a day, so the last one is kept: the next request of the day with the same
/// secret needs one HMAC instead of five.
package final class SigV4Signer: Sendable {
    private struct DayKey {
        var secret: Secret
        var day: ArraySlice<UInt8>
        var key: SymmetricKey
    }

    private let region: String
    private let service: String
    private let dayKey = Mutex<DayKey?>(nil)

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
        let (path, query) = CanonicalRequest.split(target)
        let names = Self.signedNames(hasType: contentType != nil, hasToken: credentials.sessionToken != nil)

        var canonical: [UInt8] = []
        canonical.reserveCapacity(512 + 2 * target.count)
        method.withUTF8Buffer { canonical += $0 }
        canonical.append(0x0A)
        CanonicalRequest.appendPath(path, .twice, to: &canonical)
        canonical.append(0x0A)
        CanonicalRequest.appendQuery(query, to: &canonical)
        canonical.append(0x0A)
        if let contentType { Self.appendField("content-type", contentType.utf8, to: &canonical) }
        Self.appendField("host", host.utf8, to: &canonical)
        Self.appendField("x-amz-date", time.text, to: &canonical)
        if let token = credentials.sessionToken {
            Self.appendField("x-amz-security-token", token.reveal().utf8, to: &canonical)
        }
        canonical.append(0x0A)
        names.withUTF8Buffer { canonical += $0 }
        canonical.append(0x0A)
        CanonicalRequest.appendHash(of: body, to: &canonical)

        var scope: [UInt8] = []
        scope.reserveCapacity(64)
        SignatureSteps.appendScope(day: time.day, region: self.region, service: self.service, to: &scope)
        let signature = SignatureSteps.signature(
            canonical: canonical,
            stamp: time.text,
            scope: scope,
            key: self.key(secret: credentials.secretAccessKey, day: time.day)
        )

        head += "x-amz-date: ".utf8
        head += time.text
        if let token = credentials.sessionToken {
            head += "\r\nx-amz-security-token: ".utf8
            head += token.reveal().utf8
        }
        head += "\r\nauthorization: AWS4-HMAC-SHA256 Credential=".utf8
        head += credentials.accessKeyID.utf8
        head.append(UInt8(ascii: "/"))
        head += scope
        head += ", SignedHeaders=".utf8
        names.withUTF8Buffer { head += $0 }
        head += ", Signature=".utf8
        head += signature
        head += "\r\n".utf8
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

    private func key(secret: Secret, day: ArraySlice<UInt8>) -> SymmetricKey {
        let held = self.dayKey.withLock { held in
            held.flatMap { $0.secret == secret && $0.day == day ? $0.key : nil }
        }
        if let held { return held }
        let key = SignatureSteps.key(secret: secret.reveal(), day: day, region: self.region, service: self.service)
        self.dayKey.withLock { $0 = DayKey(secret: secret, day: day, key: key) }
        return key
    }
}
