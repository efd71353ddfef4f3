package import Core

/// What an `Authorization: AWS4-HMAC-SHA256 …` field says.
package struct SigV4Claim: Sendable, Hashable {
    /// The id of the pair it was signed with: look up the secret by it.
    package var accessKeyID: String
    /// The day of the scope, `20261121`.
    package var day: String
    /// The region of the scope, whatever the client takes the gateway for.
    package var region: String
    /// The service of the scope.
    package var service: String
    /// The names of the signed fields, in lower case, in the order of the list.
    package var signedFields: [String]
    /// The signature's 64 lower-case digits.
    package var signature: String

    /// Reads the field's value; nil where it is no well-formed signature of version 4.
    package init?(authorization: String) {
        guard let space = authorization.firstIndex(of: " "),
            authorization[..<space] == SignatureSteps.algorithm
        else { return nil }
        var parts: [Substring: Substring] = [:]
        for part in authorization[space...].split(separator: ",") {
            let trimmed = part.drop { $0 == " " }
            guard let equals = trimmed.firstIndex(of: "=") else { return nil }
            let value = trimmed[trimmed.index(after: equals)...]
            guard parts.updateValue(value.prefix { $0 != " " }, forKey: trimmed[..<equals]) == nil else { return nil }
        }
        guard parts.count == 3, let credential = parts["Credential"], let names = parts["SignedHeaders"],
            let signature = parts["Signature"]
        else { return nil }
        let scope = credential.split(separator: "/", omittingEmptySubsequences: false)
        guard scope.count == 5, scope.allSatisfy({ !$0.isEmpty }), scope[4] == "aws4_request",
            signature.utf8.count == 64
        else { return nil }
        self.accessKeyID = String(scope[0])
        self.day = String(scope[1])
        self.region = String(scope[2])
        self.service = String(scope[3])
        self.signedFields = names.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        self.signature = String(signature)
        guard self.signedFields.count <= 64, self.signedFields.allSatisfy({ !$0.isEmpty && $0 == $0.lowercased() }),
            zip(self.signedFields, self.signedFields.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
    }
}

/// Why a signature does not hold.
package enum SigV4Refusal: Error, Sendable, Hashable {
    /// `host`, the date or the session token is not signed, or a signed field is not in the request.
    case fieldMissing(String)
    /// The date is not one, or not of the scope's day.
    case badDate
    /// The date is too far from the gateway's clock; its field `now` is the gateway's time.
    case skewed(now: Int64)
    /// The signature is not the one of this request and this secret.
    case mismatch
}

/// Checks the signature of a client that signs as for AWS, with a pair the gateway issued.
package struct SigV4Verifier: Sendable {
    /// How far the date of a request may be from the gateway's clock, in seconds: AWS's five minutes.
    package static let largestSkew: Int64 = 300

    /// A request as it came over the wire.
    package struct Request {
        /// The method, in upper case.
        package var method: String
        /// The target in origin form, as it came.
        package var target: [UInt8]
        /// The values of a field by its lower-case name, in order; empty where there is none.
        package var values: (String) -> [String]
        /// The pieces of the body, in order.
        package var body: [UnsafeRawBufferPointer]

        /// A request from its parts.
        package init(
            method: String,
            target: [UInt8],
            values: @escaping (String) -> [String],
            body: [UnsafeRawBufferPointer]
        ) {
            self.method = method
            self.target = target
            self.values = values
            self.body = body
        }
    }

    /// Checks `claim` against `request`.
    ///
    /// Exactly the fields the claim lists are read, whatever they are. The path is tried in both encodings signers use.
    /// The body is always hashed: a request that says its payload is unsigned does not pass.
    ///
    /// - Parameters:
    ///   - secret: The secret of the claim's pair.
    ///   - now: Seconds since the Unix epoch.
    /// - Throws: ``SigV4Refusal``.
    package static func verify(
        _ claim: SigV4Claim,
        _ request: Request,
        secret: Secret,
        now: Int64
    ) throws(SigV4Refusal) {
        guard claim.signedFields.contains("host") else { throw .fieldMissing("host") }
        guard claim.signedFields.contains("x-amz-date") else { throw .fieldMissing("x-amz-date") }
        if !request.values("x-amz-security-token").isEmpty, !claim.signedFields.contains("x-amz-security-token") {
            throw .fieldMissing("x-amz-security-token")
        }
        let dates = request.values("x-amz-date")
        guard dates.count == 1, let date = dates.first, let seconds = SigningTime.seconds(Array(date.utf8)),
            date.hasPrefix(claim.day), claim.day.utf8.count == 8
        else { throw .badDate }
        guard abs(seconds - now) <= Self.largestSkew else { throw .skewed(now: now) }

        let rest = try Self.rest(claim, request)
        let (path, query) = CanonicalRequest.split(request.target)
        var scope: [UInt8] = []
        SignatureSteps.appendScope(day: claim.day.utf8, region: claim.region, service: claim.service, to: &scope)
        let key = SignatureSteps.key(
            secret: secret.reveal(),
            day: claim.day.utf8,
            region: claim.region,
            service: claim.service
        )
        var matches = false
        for encoding in [CanonicalRequest.PathEncoding.twice, .once] {
            var canonical = Array(request.method.utf8)
            canonical.append(0x0A)
            CanonicalRequest.appendPath(path, encoding, to: &canonical)
            canonical.append(0x0A)
            CanonicalRequest.appendQuery(query, to: &canonical)
            canonical.append(0x0A)
            canonical += rest
            let expected = SignatureSteps.signature(
                canonical: canonical,
                stamp: Array(date.utf8),
                scope: scope,
                key: key
            )
            if Self.areEqual(expected, Array(claim.signature.utf8)) { matches = true }
        }
        if !matches { throw .mismatch }
    }

    /// What follows the query: the signed fields, their list, and the hash of the body.
    private static func rest(_ claim: SigV4Claim, _ request: Request) throws(SigV4Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        for name in claim.signedFields {
            let values = request.values(name)
            if values.isEmpty { throw .fieldMissing(name) }
            bytes += name.utf8
            bytes.append(UInt8(ascii: ":"))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                CanonicalRequest.appendValue(value.utf8, to: &bytes)
            }
            bytes.append(0x0A)
        }
        bytes.append(0x0A)
        bytes += claim.signedFields.joined(separator: ";").utf8
        bytes.append(0x0A)
        CanonicalRequest.appendHash(of: request.body, to: &bytes)
        return bytes
    }

    /// Compares in a time that does not depend on where the two differ.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
