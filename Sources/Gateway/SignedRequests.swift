import Core
import Credentials
import Dialects
import HTTP1
import Identity
import NIOCore
import Transport

/// Who asks, as far as the head of the request tells.
struct Caller {
    /// The holder of the key; nil where the configuration asks for none.
    let principal: Principal?
    /// The signature that is still to be proven with the body; nil where the key itself was presented.
    private let signature: RequestSignature?

    /// Whoever presented a key, or needs none.
    init(_ principal: Principal?) {
        self.principal = principal
        self.signature = nil
    }

    /// Whoever the signature says, if it holds.
    fileprivate init(claimed signature: RequestSignature) {
        self.principal = signature.key.principal
        self.signature = signature
    }

    /// The holder of the key where nothing is left to prove: what a record may already name.
    var provenPrincipal: Principal? { self.signature == nil ? self.principal : nil }

    /// The body of the request, which is whole and the caller's own: a signature is checked here, so that nothing reads a
    /// body before it was.
    ///
    /// - Throws: what ``ServerRequest/body()`` throws; `badSignature` where the signature does not hold.
    func body(of request: ServerRequest) async throws(GatewayError) -> ByteBuffer {
        let body = if let arrived = request.arrivedBody { arrived } else { try await request.body() }
        try self.signature?.verify(request, body: body)
        return body
    }
}

/// The signature of a request and the key it claims.
private final class RequestSignature {
    let claim: SigV4Claim
    let accessKeyID: AWSAccessKeyID
    let key: SigningKey
    private let keys: KeyRing

    init(_ claim: SigV4Claim, _ accessKeyID: AWSAccessKeyID, _ key: SigningKey, _ keys: KeyRing) {
        self.claim = claim
        self.accessKeyID = accessKeyID
        self.key = key
        self.keys = keys
    }

    func verify(_ request: ServerRequest, body: ByteBuffer) throws(GatewayError) {
        let signed = request.headBytes.withUnsafeReadableBytes { head in
            (target: SignedRequests.target(of: request.head, head), fields: SignedRequests.fields(request.head, head))
        }
        try body.withBytes { bytes throws(GatewayError) in
            do throws(SigV4Refusal) {
                try SigV4Verifier.verify(
                    self.claim,
                    // The only method a signature is taken with.
                    SigV4Verifier.Request(
                        method: "POST",
                        target: signed.target,
                        values: { signed.fields[$0] ?? [] },
                        body: [bytes]
                    ),
                    secret: self.key.secret,
                    now: Int64(unixMilliseconds() / 1000)
                )
            } catch {
                throw SignedRequests.error(error)
            }
        }
        self.keys.noteUse(of: self.accessKeyID)
    }
}

/// Requests that are signed as for AWS, with a key's own pair.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
enum SignedRequests {
    /// The longest `Authorization` field looked at, in bytes.
    private static let limit = 4096

    /// The caller a signed request names; nil for a request that is not signed.
    ///
    /// - Throws: `authentication` where the signature is not taken on this path or names no key that is accepted,
    ///   `badSignature` where it cannot be read.
    static func caller(
        _ head: RequestHead,
        _ bytes: UnsafeRawBufferPointer,
        keys: KeyRing
    ) throws(GatewayError) -> Caller? {
        guard let range = head.table.first("authorization", in: bytes),
            bytes.spells("aws4-", in: range.lowerBound..<min(range.lowerBound + 5, range.upperBound))
        else {
            return nil
        }
        guard head.method == .post, bytes.equals("/model/", at: head.path.lowerBound) else {
            throw GatewayError(
                .authentication,
                origin: .client,
                """
                AWS signatures are taken on Bedrock's paths (/model/…) only; send the key itself here, as \
                Authorization: Bearer tp-…
                """
            )
        }
        guard head.table.first("x-amz-security-token", in: bytes) == nil else {
            throw Self.refused("a key's AWS pair has no session token; leave x-amz-security-token out")
        }
        let text = String(decoding: bytes[range], as: UTF8.self)
        guard range.count <= Self.limit, let claim = SigV4Claim(authorization: text) else {
            throw Self.refused(
                """
                the Authorization field is no complete signature; it reads AWS4-HMAC-SHA256 Credential=ID/DAY/REGION/\
                bedrock/aws4_request, SignedHeaders=…, Signature=…
                """
            )
        }
        guard claim.service == "bedrock" else {
            throw Self.refused("the request is signed for another service; sign it for the service bedrock")
        }
        guard let accessKeyID = AWSAccessKeyID(claim.accessKeyID) else { throw Self.unknown }
        switch keys.claim(accessKeyID, now: unixMilliseconds()) {
        case .success(let key):
            return Caller(claimed: RequestSignature(claim, accessKeyID, key, keys))
        case .failure(.unknown):
            throw Self.unknown
        case .failure(let refusal):
            throw refusal.error
        }
    }

    private static let unknown = GatewayError(
        .authentication,
        origin: .client,
        """
        no key has this AWS access key id; check it, or ask the operator for a key with an AWS pair (turnpike keys create \
        --aws)
        """
    )

    private static func refused(_ message: String) -> GatewayError {
        GatewayError(.badSignature, origin: .client, message)
    }

    /// What the client is told. Whether the secret or the request differs cannot be told apart.
    fileprivate static func error(_ refusal: SigV4Refusal) -> GatewayError {
        switch refusal {
        case .fieldMissing(let name):
            Self.refused("the header \(name.prefix(64)) must be sent and signed")
        case .badDate:
            Self.refused("x-amz-date must be a moment such as 20260131T235959Z, on the day of the signature's scope")
        case .skewed:
            Self.refused(
                "the signature is older than five minutes, or lies in the future; check the clock of the client"
            )
        case .mismatch:
            Self.refused(
                """
                the signature is not the one of this request and this pair: check the AWS secret access key, and that \
                nothing between the client and the gateway changes the path, the signed headers (host among them) or the \
                body
                """
            )
        }
    }

    /// The target in origin form, as it was sent.
    fileprivate static func target(of head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        Array(bytes[head.path.lowerBound..<(head.query?.upperBound ?? head.path.upperBound)])
    }

    /// The values of every field by its lower-case name, in the order they came.
    fileprivate static func fields(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> [String: [String]] {
        var fields: [String: [String]] = [:]
        for field in head.table.fields {
            let name = String(decoding: bytes[field.name], as: UTF8.self).lowercased()
            fields[name, default: []].append(String(decoding: bytes[field.value], as: UTF8.self))
        }
        return fields
    }
}
