import Core
import Foundation
import Testing

@testable import Credentials

/// A folder that goes away with the test.
private final class Folder {
    let path = FileManager.default.temporaryDirectory.appending(path: "credentials-\(UUID().uuidString)").path

    init(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = URL(filePath: self.path).appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }
}

private func chain(
    _ environment: [String: String],
    pair: AWSCredentials? = nil,
    profile: String? = nil,
    region: String? = nil,
    http: any BackgroundHTTP = NoHTTP()
) -> AWSCredentialChain {
    AWSCredentialChain(
        .init(pair: pair, profile: profile, region: region, environment: environment),
        http: http,
        clock: { 1_000_000 }
    )
}

@Suite(.timeLimit(.minutes(1))) struct AWSCredentialChainTests {
    private let inEnvironment = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "env-secret"]

    @Test func thePairOfTheSettingsComesFirst() async throws {
        let pair = AWSCredentials(accessKeyID: "SET", secretAccessKey: Secret("set-secret"))
        #expect(try await chain(self.inEnvironment, pair: pair).find() == pair)
    }

    @Test func theEnvironmentComesNext() async throws {
        var environment = self.inEnvironment
        environment["AWS_SESSION_TOKEN"] = "env-token"
        environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x"
        let found = try await chain(environment).find()
        #expect(found.accessKeyID == "ENV")
        #expect(found.secretAccessKey == Secret("env-secret"))
        #expect(found.sessionToken == Secret("env-token"))
        #expect(found.expires == nil)
    }

    @Test func halfAPairInTheEnvironmentIsAnError() async {
        let text = await message { () async throws(GatewayError) in
            try await chain(["AWS_ACCESS_KEY_ID": "ENV", "HOME": "/nonexistent"]).find()
        }
        #expect(text?.contains("AWS_SECRET_ACCESS_KEY is not") == true)
    }

    @Test func profilesAreReadFromBothFiles() async throws {
        let folder = try Folder([
            ".aws/credentials": "[default]\naws_access_key_id = D\naws_secret_access_key = ds\n",
            ".aws/config":
                "[profile work]\naws_access_key_id = W\naws_secret_access_key = ws\naws_session_token = wt\n",
        ])
        let home = ["HOME": folder.path]
        #expect(try await chain(home).find().accessKeyID == "D")
        let work = home.merging(["AWS_PROFILE": "work"]) { $1 }
        let found = try await chain(work).find()
        #expect(found.accessKeyID == "W")
        #expect(found.sessionToken == Secret("wt"))
        // A profile of the settings is meant: the environment's pair does not stand in for it.
        let named = home.merging(self.inEnvironment) { $1 }
        #expect(try await chain(named, profile: "work").find().accessKeyID == "W")
        #expect(try await chain(named).find().accessKeyID == "ENV")
    }

    @Test func filesMayLieElsewhere() async throws {
        let folder = try Folder(["elsewhere": "[default]\naws_access_key_id = E\naws_secret_access_key = es\n"])
        let environment = [
            "HOME": folder.path, "AWS_SHARED_CREDENTIALS_FILE": "~/elsewhere", "AWS_CONFIG_FILE": "/nonexistent",
        ]
        #expect(try await chain(environment).find().accessKeyID == "E")
    }

    @Test(arguments: [
        ("[profile p]\nrole_arn = r\nsource_profile = q\n", "role_arn with source_profile"),
        ("[profile p]\ncredential_process = /bin/x\n", "credential_process"),
        ("[profile p]\nsso_session = s\n", "sso_session"),
        ("[profile p]\naws_access_key_id = k\n", "no aws_secret_access_key"),
        ("[profile p]\nregion = r\n", "has no credentials"),
        ("[profile q]\nregion = r\n", "is neither in"),
    ])
    func aProfileThatCannotBeUsedSaysWhy(config: String, reason: String) async throws {
        let folder = try Folder([".aws/config": config])
        let text = await message { () async throws(GatewayError) in
            try await chain(["HOME": folder.path], profile: "p").find()
        }
        #expect(text?.contains(reason) == true)
        #expect(text?.contains("'p'") == true)
    }

    @Test func sayWhatWasTriedAndWhatToSet() async throws {
        let error = await #expect(throws: GatewayError.self) {
            try await chain(["HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "TRUE"]).find()
        }
        let found = try #require(error)
        #expect(found.code == .upstreamAuthentication)
        #expect(found.origin == .gateway)
        for part in [
            "environment (AWS_ACCESS_KEY_ID", "web identity", "profile 'default'", "/nonexistent/.aws/credentials",
            "container", "AWS_EC2_METADATA_DISABLED", "access_key_id and secret_access_key or profile",
        ] {
            #expect(found.message.contains(part), "\(part)")
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct AWSMetadataServicesTests {
    private static let answer = """
        {"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"meta-secret","Token":"meta-token",\
        "Expiration":"2026-11-21T01:02:03Z"}
        """
    private static let expected = AWSCredentials(
        accessKeyID: "ASIA",
        secretAccessKey: Secret("meta-secret"),
        sessionToken: Secret("meta-token"),
        expires: 1_795_222_923
    )

    /// A metadata service with a role.
    private static func instance(_ request: LocalServer.Request) -> LocalServer.Reply {
        if request.method == "PUT", request.target == "/latest/api/token",
            request.value(of: "x-aws-ec2-metadata-token-ttl-seconds") == "21600"
        {
            return .init(body: "imds-session")
        }
        guard request.value(of: "x-aws-ec2-metadata-token") == "imds-session" else { return .init(status: 401) }
        switch request.target {
        case "/latest/meta-data/iam/security-credentials/": return .init(body: "my-role\n")
        case "/latest/meta-data/iam/security-credentials/my-role": return .init(body: Self.answer)
        default: return .init(status: 404)
        }
    }

    @Test func theInstancesRoleIsUsedWhereNothingElseIsSet() async throws {
        try await LocalServer.run(Self.instance) { server, http in
            let environment = ["HOME": "/nonexistent", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url + "/"]
            let found = try await chain(environment, http: http).find()
            #expect(found == Self.expected)
            #expect(server.requests.map(\.method) == ["PUT", "GET", "GET"])
        }
    }

    @Test func aHundredCallersAskTheServiceOnce() async throws {
        try await LocalServer.run(Self.instance) { server, http in
            let environment = ["HOME": "/nonexistent", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url]
            let credential = chain(environment, http: http).refreshing()
            try await withThrowingTaskGroup(of: AWSCredentials.self) { group in
                for _ in 0..<100 { group.addTask { try await credential.value() } }
                for try await found in group { #expect(found == Self.expected) }
            }
            #expect(server.requests.count == 3)
            #expect(credential.current == Self.expected)
        }
    }

    @Test func aDeadServiceIsNotAskedByEveryRequest() async throws {
        try await LocalServer.run { _ in
            .init(status: 500, body: "imds-secret")
        } _: { server, http in
            let environment = ["HOME": "/nonexistent", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url]
            let credential = chain(environment, http: http).refreshing()
            for _ in 0..<10 {
                let text = await message { () async throws(GatewayError) in try await credential.value() }
                #expect(text?.contains("instance metadata at \(server.url) (status 500") == true)
                #expect(text?.contains("imds-secret") == false)
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func anInstanceWithoutARoleIsNoSource() async throws {
        try await LocalServer.run {
            $0.method == "PUT" ? .init(body: "s") : .init(status: 404)
        } _: { server, http in
            let environment = ["HOME": "/nonexistent", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url]
            let text = await message { () async throws(GatewayError) in try await chain(environment, http: http).find()
            }
            #expect(text?.contains("the instance has no role") == true)
        }
    }

    @Test(arguments: ["../../x", "a/b", "a?b", "a b", ""])
    func aRoleNameThatLeadsElsewhereIsRefused(name: String) async throws {
        try await LocalServer.run { request in
            request.method == "PUT" ? .init(body: "s") : .init(body: name)
        } _: { server, http in
            let environment = ["HOME": "/nonexistent", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url]
            let text = await message { () async throws(GatewayError) in try await chain(environment, http: http).find()
            }
            #expect(text?.contains("names no usable role") == true)
            #expect(server.requests.count == 2)
        }
    }

    @Test func theContainerEndpointIsAskedWithItsToken() async throws {
        let folder = try Folder(["token": "file-token\n"])
        try await LocalServer.run { request in
            ["file-token", "env-token"].contains(request.value(of: "authorization"))
                ? .init(body: Self.answer) : .init(status: 403)
        } _: { server, http in
            var environment = [
                "HOME": "/nonexistent", "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/role?id=1",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "env-token",
            ]
            let first = try await chain(environment, http: http).find()
            environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = folder.path + "/token"
            let second = try await chain(environment, http: http).find()
            #expect(first == Self.expected)
            #expect(second == Self.expected)
            #expect(server.requests.map { $0.value(of: "authorization") } == ["env-token", "file-token"])
            #expect(server.requests.map(\.target) == ["/role?id=1", "/role?id=1"])
        }
    }

    @Test func aContainerEndpointThatRefusesEndsTheSearch() async throws {
        try await LocalServer.run { _ in
            .init(status: 403, body: "secret words")
        } _: { server, http in
            let environment = [
                "HOME": "/nonexistent", "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "env-token", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url,
            ]
            let text = await message { () async throws(GatewayError) in try await chain(environment, http: http).find()
            }
            #expect(text?.contains("status 403") == true)
            #expect(text?.contains("env-token") == false)
            #expect(text?.contains("secret words") == false)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:9/x", true), ("http://localhost/x", true), ("http://[::1]:9/x", true),
        ("http://169.254.170.2/x", true), ("http://169.254.170.23/v1/credentials", true),
        ("http://[fd00:ec2::23]/v1", true), ("https://example.com/x", true), ("http://example.com/x", false),
        ("http://169.254.169.254/x", false), ("http://127.0.0.1.example.com/x", false),
        ("http://127.0.0.1@evil/x", false),
        ("ftp://127.0.0.1/x", false), ("/x", false), ("http://127.1/x", false), ("http://127.0.0.1\\@evil/", false),
    ])
    func cleartextStaysOnTheHost(url: String, isAllowed: Bool) {
        let found = Result { () throws(SourceFailure) in
            try chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]).containerURL()
        }
        #expect((try? found.get()) == (isAllowed ? url : nil))
    }

    @Test func aRelativePathIsThatOfECS() throws {
        #expect(
            try chain(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/c"]).containerURL() == "http://169.254.170.2/v2/c"
        )
        #expect(throws: SourceFailure.self) {
            try chain(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@evil/"]).containerURL()
        }
    }

    @Test(arguments: [
        ("not json meta-secret", "not JSON"), (#"{"AccessKeyId":"A"}"#, "without AccessKeyId"),
        (#"{"AccessKeyId":"A","SecretAccessKey":"meta-secret","Expiration":"soon"}"#, "no time"),
        (#"{"Code":"Failed","Message":"no\u000arole"}"#, "refused: Failed no role"),
    ])
    func answersThatAreNoCredentialsSayWhy(body: String, reason: String) async throws {
        try await LocalServer.run { _ in
            .init(body: body)
        } _: { server, http in
            let environment = ["HOME": "/nonexistent", "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url]
            let text = await message { () async throws(GatewayError) in try await chain(environment, http: http).find()
            }
            #expect(text?.contains(reason) == true)
            #expect(text?.contains("meta-secret") == false)
        }
    }

    @Test func noDescriptionShowsASecret() {
        var dumped = ""
        dump(Self.expected, to: &dumped)
        dumped += "\(Self.expected) \(String(reflecting: Self.expected))"
        #expect(!dumped.contains("meta-secret") && !dumped.contains("meta-token"))
    }
}

@Suite(.timeLimit(.minutes(1))) struct AWSWebIdentityTests {
    private static let answer = """
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult>
            <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/turnpike</Arn></AssumedRoleUser>
            <Credentials>
              <SessionToken>sts&amp;token</SessionToken>
              <SecretAccessKey>sts-secret</SecretAccessKey>
              <Expiration>2026-11-21T01:02:03Z</Expiration>
              <AccessKeyId>ASIASTS</AccessKeyId>
            </Credentials>
          </AssumeRoleWithWebIdentityResult>
        </AssumeRoleWithWebIdentityResponse>
        """

    @Test func aTokenIsTradedForCredentials() async throws {
        let folder = try Folder(["token": "jwt.of.cluster\n"])
        try await LocalServer.run { _ in
            .init(body: Self.answer)
        } _: { server, http in
            let environment = [
                "HOME": "/nonexistent", "AWS_WEB_IDENTITY_TOKEN_FILE": folder.path + "/token",
                "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_ENDPOINT_URL_STS": server.url,
            ]
            let found = try await chain(environment, http: http).find()
            #expect(
                found
                    == AWSCredentials(
                        accessKeyID: "ASIASTS",
                        secretAccessKey: Secret("sts-secret"),
                        sessionToken: Secret("sts&token"),
                        expires: 1_795_222_923
                    )
            )
            #expect(
                server.requests.first?.form == [
                    "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleSessionName": "turnpike",
                    "RoleArn": "arn:aws:iam::1:role/r", "WebIdentityToken": "jwt.of.cluster",
                ]
            )
        }
    }

    @Test func aProfileMayNameTheToken() async throws {
        let folder = try Folder(["token": "jwt.of.profile"])
        let config =
            "[profile p]\nrole_arn = role\nrole_session_name = me\nweb_identity_token_file = \(folder.path)/token\n"
        let files = try Folder([".aws/config": config])
        try await LocalServer.run { _ in
            .init(body: Self.answer)
        } _: { server, http in
            let environment = ["HOME": files.path, "AWS_ENDPOINT_URL_STS": server.url]
            let found = try await chain(environment, profile: "p", http: http).find()
            #expect(found.accessKeyID == "ASIASTS")
            #expect(server.requests.first?.form["RoleSessionName"] == "me")
        }
    }

    @Test func aRefusalIsPassedOnWithoutTheToken() async throws {
        let folder = try Folder(["token": "jwt.of.cluster"])
        let refusals = [
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>",
            "<ErrorResponse><Error><Code>Invalid</Code><Message>jwt.of.cluster</Message></Error></ErrorResponse>",
        ]
        for (refusal, shown) in zip(refusals, ["AccessDenied not you", "[withheld]"]) {
            try await LocalServer.run { _ in
                .init(status: 403, body: refusal)
            } _: { server, http in
                let environment = [
                    "AWS_WEB_IDENTITY_TOKEN_FILE": folder.path + "/token", "AWS_ROLE_ARN": "role",
                    "AWS_ENDPOINT_URL_STS": server.url,
                ]
                let text = await message { () async throws(GatewayError) in
                    try await chain(environment, http: http).find()
                }
                #expect(text?.contains("status 403: \(shown)") == true)
                #expect(text?.contains("jwt.of.cluster") == false)
            }
        }
    }
}
