import Core
import JSON

// Credentials from the services beside the gateway: the container's endpoint and the instance's metadata.

extension AWSCredentialChain {
    /// How long a metadata service, which is on the same host, may take.
    private static let metadataTimeout: Duration = .seconds(2)

    /// The container endpoint of ECS and of EKS Pod Identity.
    func fromContainer() async throws(SourceFailure) -> Outcome {
        guard let url = try self.containerURL() else {
            return .absent(
                "container (neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set)"
            )
        }
        var request = BackgroundRequest(.get, url, timeout: Self.metadataTimeout)
        request.add("accept", "application/json")
        var sent: [Secret] = []
        if let token = try self.containerToken() {
            request.add("authorization", token)
            sent.append(token)
        }
        let response: BackgroundResponse
        do throws(BackgroundHTTPError) {
            response = try await self.http.send(request)
        } catch {
            throw SourceFailure("the container endpoint at \(hostOfURL(url) ?? "?"): \(error).")
        }
        guard response.status == 200 else {
            throw SourceFailure(
                "the container endpoint at \(hostOfURL(url) ?? "?") answered with status \(response.status)."
            )
        }
        return .found(try Self.credentials(response.body, from: "the container endpoint"))
    }

    /// The endpoint's URL; nil where none is set.
    func containerURL() throws(SourceFailure) -> String? {
        if let path = self.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/") else {
                throw SourceFailure("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash.")
            }
            return "http://169.254.170.2\(path)"
        }
        guard let url = self.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        // Cleartext only to this machine and to the addresses of ECS and EKS: the token must not leave the host.
        let local = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]
        let isMetadata = url.lowercased().hasPrefix("http://") && hostOfURL(url).map(local.contains) ?? false
        guard isMetadata || isEncryptedOrLocal(url) else {
            throw SourceFailure(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to a loopback address or one of"
                    + " \(local.joined(separator: ", "))."
            )
        }
        return url
    }

    private func containerToken() throws(SourceFailure) -> Secret? {
        var token = self.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        // The file changes while the process runs, so it is read for every fetch, and wins.
        if let path = self.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            guard let text = self.readFile(path) else {
                throw SourceFailure("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE (\(path)) cannot be read.")
            }
            token = text.trimmedText
        }
        guard let token else { return nil }
        if token.contains(where: \.isNewline) {
            throw SourceFailure("the container's authorization token has a line end in it.")
        }
        return Secret(token)
    }

    /// The instance's metadata service, version 2: a session token first, then the role's name, then its credentials.
    func fromInstanceMetadata() async throws(SourceFailure) -> Outcome {
        if self.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
            return .absent("instance metadata (AWS_EC2_METADATA_DISABLED is true)")
        }
        let base = self.metadataBase + "/latest"
        var request = BackgroundRequest(.put, base + "/api/token", timeout: Self.metadataTimeout)
        request.add("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        // Nothing there is the ordinary case of a machine outside EC2.
        let token: BackgroundResponse
        do throws(BackgroundHTTPError) {
            token = try await self.http.send(request)
        } catch {
            return .absent("instance metadata at \(self.metadataBase) (\(error))")
        }
        guard token.status == 200, !token.body.isEmpty else {
            return .absent("instance metadata at \(self.metadataBase) (status \(token.status) for a session token)")
        }
        let session = Secret(String(decoding: token.body, as: UTF8.self).trimmedText)
        let folder = base + "/meta-data/iam/security-credentials/"
        guard let role = try await self.metadata(folder, session: session) else {
            return .absent("instance metadata (the instance has no role)")
        }
        // The name goes into a path: one line of it, and nothing that would lead elsewhere.
        let name = String(decoding: role.prefix { $0 != 0x0A }, as: UTF8.self).trimmedText
        guard !name.isEmpty, name.utf8.allSatisfy({ PercentEncoding.isUnreserved($0) || "+=,@".utf8.contains($0) })
        else {
            throw SourceFailure("the instance metadata names no usable role.")
        }
        guard let body = try await self.metadata(folder + name, session: session) else {
            throw SourceFailure("the instance metadata has no credentials for its role \(name).")
        }
        return .found(try Self.credentials(body, from: "the instance metadata"))
    }

    private var metadataBase: String {
        if var endpoint = self.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            while endpoint.hasSuffix("/") { endpoint.removeLast() }
            return endpoint
        }
        let isSix = self.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
        return isSix ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
    }

    /// A document of the metadata service; nil where there is none.
    private func metadata(_ url: String, session: Secret) async throws(SourceFailure) -> [UInt8]? {
        var request = BackgroundRequest(.get, url, timeout: Self.metadataTimeout)
        request.add("x-aws-ec2-metadata-token", session)
        do throws(BackgroundHTTPError) {
            let response = try await self.http.send(request)
            if response.status == 404 { return nil }
            if response.status == 200 { return response.body }
            throw BackgroundHTTPError.failed("status \(response.status)")
        } catch {
            throw SourceFailure("the instance metadata at \(url): \(error).")
        }
    }

    /// The credentials of a JSON answer of either service.
    private static func credentials(_ body: [UInt8], from place: String) throws(SourceFailure) -> AWSCredentials {
        guard let answer = try? JSONValue(parsing: body) else {
            throw SourceFailure("\(place) answered what is not JSON.")
        }
        if let code = answer["Code"]?.asString, code != "Success" {
            let detail = answer["Message"]?.asString ?? ""
            throw SourceFailure("\(place) refused: \(shown("\(code) \(detail)", hiding: [])).")
        }
        guard let id = answer["AccessKeyId"]?.asString, let secret = answer["SecretAccessKey"]?.asString, !id.isEmpty,
            !secret.isEmpty
        else {
            throw SourceFailure("\(place) answered without AccessKeyId and SecretAccessKey.")
        }
        var expires: Int64?
        if let text = answer["Expiration"]?.asString {
            guard let seconds = SigningTime.seconds(extended: text) else {
                throw SourceFailure("\(place) answered with an Expiration that is no time.")
            }
            expires = seconds
        }
        return AWSCredentials(
            accessKeyID: id,
            secretAccessKey: Secret(secret),
            sessionToken: answer["Token"]?.asString.map(Secret.init),
            expires: expires
        )
    }
}
