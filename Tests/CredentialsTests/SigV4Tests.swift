import Core
import Crypto
import Foundation
import TestSupport
import Testing

@testable import Credentials

/// A request as it is signed, and the lines the signer writes for it.
private struct Signed {
    var method: StaticString = "GET"
    var target = "/"
    var host = "example.amazonaws.com"
    var contentType: String?
    var body = ""
    var region = "us-east-1"
    var service = "service"
    var credentials = AWSCredentials(
        accessKeyID: "AKIDEXAMPLE",
        secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    )
    var now: Int64 = 1_440_938_160

    /// The fields written, by lower-case name.
    func fields(by signer: SigV4Signer? = nil) -> [String: String] {
        let signer = signer ?? SigV4Signer(region: self.region, service: self.service)
        var head: [UInt8] = []
        let body = Array(self.body.utf8)
        body.withUnsafeBytes { raw in
            // In pieces, as bodies come.
            let middle = raw.count / 2
            let pieces = [
                UnsafeRawBufferPointer(rebasing: raw[..<middle]), UnsafeRawBufferPointer(rebasing: raw[middle...]),
            ]
            signer.sign(
                method: self.method,
                target: Array(self.target.utf8),
                host: self.host,
                contentType: self.contentType,
                body: pieces,
                credentials: self.credentials,
                now: self.now,
                into: &head
            )
        }
        var fields: [String: String] = [:]
        for line in String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n") where !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[String(parts[0])] = String(parts[1].dropFirst())
        }
        return fields
    }

    var signature: String { String(self.fields()["authorization"]?.suffix(64) ?? "") }

    /// Verifies a request with the signed fields and `changes`.
    func verify(
        authorization: String? = nil,
        target: String? = nil,
        body: String? = nil,
        changes: [String: [String]] = [:],
        secret: String? = nil,
        now: Int64? = nil
    ) throws {
        var fields = self.fields().mapValues { [$0] }
        fields["host"] = [self.host]
        if let contentType { fields["content-type"] = [contentType] }
        let claim = try #require(
            SigV4Claim(authorization: authorization ?? fields["authorization"]?.first ?? "")
        )
        fields.merge(changes) { $1 }
        try Array((body ?? self.body).utf8).withUnsafeBytes { raw in
            try SigV4Verifier.verify(
                claim,
                SigV4Verifier.Request(
                    method: "\(self.method)",
                    target: Array((target ?? self.target).utf8),
                    values: { fields[$0] ?? [] },
                    body: [raw]
                ),
                secret: secret.map { Secret($0) } ?? self.credentials.secretAccessKey,
                now: now ?? self.now
            )
        }
    }
}

@Suite struct SigV4SigningTests {
    @Test(.enabled(if: !SignatureVector.all.isEmpty, "no vectors: set TURNPIKE_VECTORS to their folder"))
    func agreesWithEveryVector() throws {
        for vector in SignatureVector.all {
            let fields = Self.fields(vector)
            #expect(fields["authorization"] == vector.authorization, "\(vector.name)")
            #expect(fields["x-amz-date"] == vector.date, "\(vector.name)")
            #expect(fields["x-amz-security-token"] == vector.token, "\(vector.name)")
            // And the other way round: what the other implementation signed is let in.
            #expect(throws: Never.self, "\(vector.name)") {
                try Self.signed(vector).verify(authorization: vector.authorization)
            }
        }
    }

    private static func fields(_ vector: SignatureVector) -> [String: String] { Self.signed(vector).fields() }

    private static func signed(_ vector: SignatureVector) -> Signed {
        let (host, target) = vector.hostAndTarget
        return Signed(
            method: vector.method == "GET" ? "GET" : "POST",
            target: target,
            host: host,
            contentType: vector.contentType,
            body: vector.body,
            region: vector.region,
            service: vector.service,
            credentials: AWSCredentials(
                accessKeyID: vector.accessKeyID,
                secretAccessKey: Secret(vector.secret),
                sessionToken: vector.token.map { Secret($0) }
            ),
            now: SigningTime.seconds(Array(vector.date.utf8)) ?? 0
        )
    }

    // The examples of AWS's own test suite and documentation for version 4.
    @Test func agreesWithTheSuiteOnAPlainGet() {
        #expect(Signed().signature == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
    }

    @Test func agreesWithTheSuiteOnAPlainPost() {
        let signature = Signed(method: "POST").signature
        #expect(signature == "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
    }

    @Test func agreesWithTheSuiteOnTheOrderOfParameters() {
        let signature = Signed(target: "/?Param2=value2&Param1=value1").signature
        #expect(signature == "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")
    }

    @Test func agreesWithTheDocumentedCallOfIAM() {
        let signed = Signed(
            target: "/?Action=ListUsers&Version=2010-05-08",
            host: "iam.amazonaws.com",
            contentType: "application/x-www-form-urlencoded; charset=utf-8",
            service: "iam"
        )
        #expect(
            signed.fields()["authorization"]
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request,"
                + " SignedHeaders=content-type;host;x-amz-date,"
                + " Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        )
    }

    @Test func derivesTheDocumentedKey() {
        let key = SignatureSteps.key(
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            day: "20150830".utf8,
            region: "us-east-1",
            service: "iam"
        )
        var digits: [UInt8] = []
        key.withUnsafeBytes { Hexadecimal.append($0, to: &digits) }
        #expect(
            String(decoding: digits, as: UTF8.self)
                == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        )
    }

    @Test func theHeldKeyIsThatOfTheDayAndTheSecret() {
        let signer = SigV4Signer(region: "us-east-1", service: "service")
        let first = Signed()
        let nextDay = Signed(now: first.now + 86_400)
        let rotated = Signed(credentials: AWSCredentials(accessKeyID: "AKIDOTHER", secretAccessKey: Secret("other")))
        for signed in [first, first, nextDay, rotated, first, rotated, nextDay] {
            #expect(signed.fields(by: signer) == signed.fields())
        }
    }

    @Test func keptLinesAreThoseOfTheTarget() {
        let signer = SigV4Signer(region: "us-east-1", service: "service")
        let token = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            sessionToken: Secret("token")
        )
        var requests = [
            Signed(), Signed(method: "POST", body: "{}"), Signed(method: "PUT", body: "{}"),
            Signed(host: "other.amazonaws.com"), Signed(contentType: "application/json", body: "{}"),
            Signed(credentials: token), Signed(contentType: "text/plain", body: "a", credentials: token),
            Signed(target: "/?b=2&a=1"),
        ]
        // More than are kept.
        requests += (0..<40).map { Signed(method: "POST", target: "/model/m:\($0)/converse", body: "{\($0)}") }
        for signed in requests + requests.reversed() {
            #expect(signed.fields(by: signer) == signed.fields())
        }
    }

    @Test(arguments: [
        ("", "/"), ("/", "/"), ("/a/b", "/a/b"), ("/a/b/", "/a/b/"), ("//a///b", "/a/b"), ("/a/./b/../c", "/a/c"),
        ("/../..", "/"), ("/a%3A0", "/a%253A0"), ("/a:0", "/a%3A0"), ("/é", "/%C3%A9"), ("/a b~c", "/a%20b~c"),
    ])
    func encodesPathsOnceMore(wire: String, canonical: String) {
        var bytes: [UInt8] = []
        CanonicalRequest.appendPath(Array(wire.utf8)[...], .twice, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == canonical)
    }

    @Test(arguments: [
        ("", ""), ("a", "a="), ("b=2&a=1", "a=1&b=2"), ("a=2&a=1", "a=1&a=2"), ("a=x%20y", "a=x%20y"),
        ("a=x:y", "a=x%3Ay"), ("a-b=1&a=2", "a=2&a-b=1"), ("a=b=c", "a=b%3Dc"), ("&&a=1&", "a=1"), ("a=%3d", "a=%3D"),
    ])
    func sortsAndCompletesQueries(wire: String, canonical: String) {
        var bytes: [UInt8] = []
        CanonicalRequest.appendQuery(Array(wire.utf8)[...], to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == canonical)
    }

    @Test(arguments: [(" a  b ", "a b"), ("a\t b", "a b"), ("", ""), ("   ", ""), ("a", "a")])
    func trimsValues(value: String, canonical: String) {
        var bytes = Array("x:".utf8)
        CanonicalRequest.appendValue(value.utf8, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "x:" + canonical)
    }
}

@Suite struct SigningTimeTests {
    @Test(arguments: [
        (0, "19700101T000000Z"), (1_440_938_160, "20150830T123600Z"), (951_782_399, "20000228T235959Z"),
        (951_782_400, "20000229T000000Z"), (951_868_800, "20000301T000000Z"), (4_107_542_400, "21000301T000000Z"),
        (4_107_542_399, "21000228T235959Z"), (1_795_222_923, "20261121T010203Z"), (1_735_689_599, "20241231T235959Z"),
    ])
    func writesAndReadsMoments(seconds: Int, text: String) {
        #expect(String(decoding: SigningTime(Int64(seconds)).text, as: UTF8.self) == text)
        #expect(SigningTime.seconds(Array(text.utf8)) == Int64(seconds))
    }

    @Test func everyDayForFourHundredYearsComesBack() {
        for day in 0..<146_097 {
            let seconds = Int64(day) * 86_400 + Int64(day % 86_400)
            let read = SigningTime.seconds(SigningTime(seconds).text)
            if read != seconds { Issue.record("day \(day) reads as \(String(describing: read))") }
        }
    }

    @Test(arguments: [
        "", "20260230T000000Z", "20261301T000000Z", "20260100T000000Z", "20260101T240000Z", "20260101T000000",
        "2026010T0000000Z", "20260101 000000Z", "20260431T000000Z", "+0260101T000000Z",
    ])
    func refusesWhatIsNoMoment(text: String) { #expect(SigningTime.seconds(Array(text.utf8)) == nil) }

    @Test(
        arguments: [
            ("2026-11-21T01:02:03Z", 1_795_222_923), ("2026-11-21T01:02:03.999Z", 1_795_222_923),
            ("2026-11-21T01:02:03+01:00", nil), ("soon", nil),
        ] as [(String, Int64?)]
    )
    func readsTheEndsOfCredentials(text: String, seconds: Int64?) {
        #expect(SigningTime.seconds(extended: text) == seconds)
    }
}

@Suite struct SigV4VerificationTests {
    private let signed = Signed(
        method: "POST",
        target: "/model/arn%3Aaws%2Fx/converse?b=2&a=1",
        contentType: "application/json",
        body: #"{"messages":[]}"#
    )

    @Test func passesWhatTheSignerSigned() throws { try self.signed.verify() }

    @Test(arguments: 0..<200)
    func passesWhateverTheSignerSigned(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("abcXYZ019-._~%/:;é &=+!*'()")
        func text(_ most: Int) -> String {
            String(
                (0..<Int.random(in: 0...most, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? "a"
                }
            )
        }
        var encoded: [UInt8] = []
        for segment in text(30).split(separator: "/") {
            encoded.append(UInt8(ascii: "/"))
            PercentEncoding.append(segment.utf8, to: &encoded)
        }
        var query: [UInt8] = []
        PercentEncoding.append(text(10).utf8, to: &query)
        var signed = self.signed
        signed.target = "/" + String(decoding: encoded, as: UTF8.self) + "?k=" + String(decoding: query, as: UTF8.self)
        signed.body = text(100)
        signed.contentType = Bool.random(using: &generator) ? nil : "application/json;  charset=utf-8"
        signed.credentials.sessionToken = Bool.random(using: &generator) ? nil : Secret("token/\(seed)==")
        try signed.verify()
        #expect(throws: SigV4Refusal.mismatch) { try signed.verify(body: signed.body + "x") }
        #expect(throws: SigV4Refusal.mismatch) { try signed.verify(target: signed.target + "x") }
    }

    @Test func passesASignatureOverThePathAsItIsOnTheWire() throws {
        // What a signer that encodes once signs: the same request made canonical with the wire's own path.
        let stamp = "20150830T123600Z"
        let canonical =
            "GET\n/model/a%3A0/invoke\n\nhost:gateway\nx-amz-date:\(stamp)\n\nhost;x-amz-date\n"
            + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let scope = "20150830/eu-west-1/bedrock/aws4_request"
        let signature = SignatureSteps.signature(
            canonical: Array(canonical.utf8),
            stamp: Array(stamp.utf8),
            scope: Array(scope.utf8),
            key: SignatureSteps.key(secret: "s", day: "20150830".utf8, region: "eu-west-1", service: "bedrock")
        )
        let claim = try #require(
            SigV4Claim(
                authorization: "AWS4-HMAC-SHA256 Credential=ID/\(scope),SignedHeaders=host;x-amz-date,"
                    + "Signature=\(String(decoding: signature, as: UTF8.self))"
            )
        )
        #expect(claim.accessKeyID == "ID")
        #expect(claim.region == "eu-west-1")
        try SigV4Verifier.verify(
            claim,
            SigV4Verifier.Request(
                method: "GET",
                target: Array("/model/a%3A0/invoke".utf8),
                values: { ["host": ["gateway"], "x-amz-date": [stamp]][$0] ?? [] },
                body: []
            ),
            secret: Secret("s"),
            now: 1_440_938_160
        )
    }

    @Test(arguments: [-300, 300]) func passesWithinFiveMinutes(skew: Int64) throws {
        try self.signed.verify(now: self.signed.now + skew)
    }

    @Test(arguments: [-301, 301]) func refusesAClockThatIsOff(skew: Int64) {
        let now = self.signed.now + skew
        #expect(throws: SigV4Refusal.skewed(now: now)) { try self.signed.verify(now: now) }
    }

    @Test func refusesWhateverIsNotWhatWasSigned() {
        #expect(throws: SigV4Refusal.mismatch) { try self.signed.verify(target: "/model/other/converse") }
        #expect(throws: SigV4Refusal.mismatch) { try self.signed.verify(body: "{}") }
        #expect(throws: SigV4Refusal.mismatch) { try self.signed.verify(secret: "other") }
        #expect(throws: SigV4Refusal.mismatch) { try self.signed.verify(changes: ["host": ["other"]]) }
        #expect(throws: SigV4Refusal.mismatch) { try self.signed.verify(changes: ["host": [self.signed.host, "x"]]) }
        #expect(throws: SigV4Refusal.fieldMissing("content-type")) {
            try self.signed.verify(changes: ["content-type": []])
        }
        #expect(throws: SigV4Refusal.fieldMissing("x-amz-security-token")) {
            try self.signed.verify(changes: ["x-amz-security-token": ["smuggled"]])
        }
        #expect(throws: SigV4Refusal.badDate) { try self.signed.verify(changes: ["x-amz-date": ["now"]]) }
        #expect(throws: SigV4Refusal.badDate) {
            try self.signed.verify(changes: ["x-amz-date": ["20150831T000000Z"]], now: 1_440_979_200)
        }
    }

    @Test(arguments: ["x-amz-date", "content-type;x-amz-date", "host"])
    func refusesListsWithoutHostOrDate(list: String) throws {
        let full = try #require(self.signed.fields()["authorization"])
        let changed = full.replacing("content-type;host;x-amz-date", with: list)
        let missing = list == "host" ? "x-amz-date" : "host"
        #expect(throws: SigV4Refusal.fieldMissing(missing)) { try self.signed.verify(authorization: changed) }
    }

    @Test(arguments: [
        "", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request",
        "AWS4-HMAC-SHA256 Credential=a/b/c/aws4_request, SignedHeaders=host, Signature=\(String(repeating: "0", count: 64))",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws5_request, SignedHeaders=host, Signature=\(String(repeating: "0", count: 64))",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host;a, Signature=\(String(repeating: "0", count: 64))",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=Host, Signature=\(String(repeating: "0", count: 64))",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host;;x, Signature=\(String(repeating: "0", count: 64))",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, Credential=a/b/c/d/aws4_request, SignedHeaders=host",
    ])
    func readsNoClaimFromWhatIsNone(field: String) { #expect(SigV4Claim(authorization: field) == nil) }
}
