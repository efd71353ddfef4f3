import Core
import CryptoExtras
import Foundation
import JSON
import Testing

@testable import Credentials

@Suite(.timeLimit(.minutes(1))) struct GoogleTokenSourceTests {
    /// A key made for this run; making one takes a while, so the tests share it.
    private static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    private static let now: Int64 = 1_795_222_923

    private func account(tokenURI: String, pem: String? = nil) throws -> String {
        let text = try pem ?? Self.key.get().pkcs8PEMRepresentation
        let document: JSONValue = [
            "type": "service_account", "project_id": "p", "private_key_id": "key-1", "private_key": .string(text),
            "client_email": "me@p.iam.gserviceaccount.com", "token_uri": .string(tokenURI),
        ]
        return document.text
    }

    private func source(
        _ credentials: String?,
        environment: [String: String] = ["HOME": "/nonexistent", "NO_GCE_CHECK": "true"],
        http: any BackgroundHTTP = NoHTTP(),
        files: [String: String] = [:]
    ) -> GoogleTokenSource {
        GoogleTokenSource(
            credentials: credentials.map { Secret($0) },
            environment: environment,
            http: http,
            clock: { Self.now },
            readFile: { files[$0] }
        )
    }

    private static func decoded(_ part: Substring) throws -> Data {
        var text = part.replacing("-", with: "+").replacing("_", with: "/")
        while text.count % 4 != 0 { text += "=" }
        return try #require(Data(base64Encoded: String(text)))
    }

    @Test(arguments: [true, false]) func aServiceAccountSignsForItsToken(isInline: Bool) async throws {
        try await LocalServer.run { _ in
            .init(body: #"{"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"}"#)
        } _: { server, http in
            let text = try self.account(tokenURI: server.url + "/token")
            let source = self.source(isInline ? text : "/key.json", http: http, files: ["/key.json": text])
            let (token, expires) = try await source.fetch()
            #expect(token == GoogleToken(token: Secret("ya29.token")))
            #expect(expires == Self.now + 3599)

            let request = try #require(server.requests.first)
            #expect(request.method == "POST")
            #expect(request.target == "/token")
            #expect(request.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
            let parts = try #require(request.form["assertion"]).split(separator: ".")
            #expect(parts.count == 3)
            let header = try JSONValue(parsing: Array(try Self.decoded(parts[0])))
            #expect(header == ["alg": "RS256", "typ": "JWT", "kid": "key-1"])
            let claims = try JSONValue(parsing: Array(try Self.decoded(parts[1])))
            let email: JSONValue = "me@p.iam.gserviceaccount.com"
            let (now, later) = (Int(Self.now), Int(Self.now) + 3600)
            #expect(
                claims == [
                    "iss": email, "sub": email, "scope": "https://www.googleapis.com/auth/cloud-platform",
                    "aud": .string(server.url + "/token"), "iat": .number(JSONNumber(now)),
                    "exp": .number(JSONNumber(later)),
                ]
            )
            let signature = _RSA.Signing.RSASignature(rawRepresentation: try Self.decoded(parts[2]))
            let signed = Data("\(parts[0]).\(parts[1])".utf8)
            let key = try Self.key.get().publicKey
            #expect(key.isValidSignature(signature, for: signed, padding: .insecurePKCS1v1_5))
        }
    }

    @Test func aKeyInTheOlderPEMFormIsRead() async throws {
        try await LocalServer.run { _ in
            .init(body: #"{"access_token":"t","expires_in":10}"#)
        } _: { server, http in
            let text = try self.account(tokenURI: server.url, pem: Self.key.get().pemRepresentation)
            #expect(try await self.source(text, http: http).fetch().0.token == Secret("t"))
        }
    }

    @Test func aUsersOwnCredentialsAreRefreshed() async throws {
        try await LocalServer.run { _ in
            .init(body: #"{"access_token":"user","expires_in":3599}"#)
        } _: { server, http in
            let document: JSONValue = [
                "type": "authorized_user", "client_id": "id", "client_secret": "cs", "refresh_token": "rt",
                "quota_project_id": "quota", "token_uri": .string(server.url),
            ]
            let files = ["/home/me/.config/gcloud/application_default_credentials.json": document.text]
            let source = self.source(nil, environment: ["HOME": "/home/me"], http: http, files: files)
            let (token, _) = try await source.fetch()
            #expect(token == GoogleToken(token: Secret("user"), quotaProject: "quota"))
            #expect(
                server.requests.first?.form == [
                    "grant_type": "refresh_token", "client_id": "id", "client_secret": "cs", "refresh_token": "rt",
                ]
            )
        }
    }

    @Test func theMetadataServerIsTheLastResort() async throws {
        try await LocalServer.run { request in
            guard request.target == "/computeMetadata/v1/instance/service-accounts/default/token",
                request.value(of: "metadata-flavor") == "Google"
            else { return .init(status: 403) }
            return .init(
                fields: [("Metadata-Flavor", "Google")],
                body: #"{"access_token":"gce","expires_in":1200,"token_type":"Bearer"}"#
            )
        } _: { server, http in
            let environment = ["HOME": "/nonexistent", "GCE_METADATA_HOST": server.host]
            let credential = self.source(nil, environment: environment, http: http).refreshing()
            try await withThrowingTaskGroup(of: GoogleToken.self) { group in
                for _ in 0..<100 { group.addTask { try await credential.value() } }
                for try await token in group { #expect(token.token == Secret("gce")) }
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func whatOnlyLooksLikeTheMetadataServerIsNotBelieved() async throws {
        try await LocalServer.run { _ in
            .init(body: #"{"access_token":"portal","expires_in":1200}"#)
        } _: {
            server,
            http in
            let environment = ["HOME": "/nonexistent", "GCE_METADATA_HOST": server.host]
            let text = await message { () async throws(GatewayError) in
                try await self.source(nil, environment: environment, http: http).fetch()
            }
            #expect(text?.contains("is not Google's metadata server") == true)
        }
    }

    @Test func theVariableComesBeforeGcloudsFile() async throws {
        try await LocalServer.run { request in
            .init(body: #"{"access_token":"\#(request.form["refresh_token"] ?? "")","expires_in":9}"#)
        } _: { server, http in
            func user(_ refresh: String) -> String {
                #"{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"\#(refresh)","token_uri":"\#(server.url)"}"#
            }
            let environment = ["GOOGLE_APPLICATION_CREDENTIALS": "/named.json", "CLOUDSDK_CONFIG": "/gcloud"]
            let files = [
                "/named.json": user("named"), "/gcloud/application_default_credentials.json": user("gcloud"),
                "/set.json": user("set"),
            ]
            func token(_ credentials: String?, _ environment: [String: String]) async throws -> Secret {
                try await self.source(credentials, environment: environment, http: http, files: files).fetch().0.token
            }
            let set = try await token("/set.json", environment)
            let named = try await token(nil, environment)
            let gcloud = try await token(nil, ["CLOUDSDK_CONFIG": "/gcloud"])
            #expect(set == Secret("set"))
            #expect(named == Secret("named"))
            #expect(gcloud == Secret("gcloud"))
        }
    }

    @Test(arguments: [
        ("{", "is not JSON"), ("[]", "cannot be read"), ("/missing.json", "cannot be read"),
        (#"{"type":"external_account"}"#, "external_account, which is not supported yet"),
        (#"{"type":"impersonated_service_account"}"#, "not supported yet"), ("{}", "neither of type"),
        (#"{"type":"service_account","client_email":"e"}"#, "lacks client_email or private_key"),
        (#"{"type":"service_account","client_email":"e","private_key":"hunter2"}"#, "no RSA key"),
        (#"{"type":"authorized_user","client_id":"i","client_secret":"hunter2"}"#, "lacks client_id"),
        (
            #"{"type":"authorized_user","client_id":"i","client_secret":"hunter2","refresh_token":"hunter2","token_uri":"http://example.com/t"}"#,
            "must be https"
        ),
    ])
    func credentialsThatCannotBeUsedSayWhy(credentials: String, reason: String) async throws {
        let error = await #expect(throws: GatewayError.self) { try await self.source(credentials).fetch() }
        let found = try #require(error)
        #expect(found.code == .upstreamAuthentication)
        #expect(found.origin == .gateway)
        #expect(found.message.contains(reason), "\(found.message)")
        #expect(!found.message.contains("hunter2"))
    }

    @Test func nothingAtAllSaysWhatToSet() async {
        let text = await message { () async throws(GatewayError) in
            try await self.source(nil, environment: ["HOME": "/nonexistent"]).fetch()
        }
        for part in [
            "GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/.config/gcloud", "metadata.google.internal", "credentials",
        ] {
            #expect(text?.contains(part) == true, "\(part)")
        }
    }

    @Test(arguments: [
        (
            400, #"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
            "invalid_grant Invalid JWT Signature."
        ),
        (400, #"{"error":"bad","error_description":"you sent hunter2"}"#, "[withheld]"),
        (500, "<html>hunter2", "no error code"), (200, "<html>hunter2", "without a usable access_token"),
        (200, #"{"access_token":"a\r\nb","expires_in":1}"#, "without a usable access_token"),
    ])
    func aTokenEndpointThatRefusesIsQuotedWithoutSecrets(status: Int, body: String, reason: String) async throws {
        try await LocalServer.run { _ in
            .init(status: status, body: body)
        } _: { server, http in
            let document = """
                {"type":"authorized_user","client_id":"i","client_secret":"cs","refresh_token":"hunter2",\
                "token_uri":"\(server.url)"}
                """
            let text = await message { () async throws(GatewayError) in
                try await self.source(document, http: http).fetch()
            }
            #expect(text?.contains(reason) == true, "\(text ?? "")")
            #expect(text?.contains("hunter2") == false)
        }
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("\u{fb}\u{ff}", "w7vDvw"),
    ])
    func writesBase64ForURLs(text: String, encoded: String) {
        #expect(Base64URL.text(text.utf8) == encoded)
        #expect(Base64URL.text([0xfb, 0xff, 0xfe]) == "-__-")
    }
}
