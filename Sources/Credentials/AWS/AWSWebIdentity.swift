import Core

// Credentials for a token of an identity provider, as Kubernetes service accounts have on EKS.
// Source: AWS STS API Reference, AssumeRoleWithWebIdentity (2011-06-15).

extension AWSCredentialChain {
    /// The token file and role of the environment.
    func fromWebIdentity() async throws(SourceFailure) -> Outcome {
        guard let path = self.variable("AWS_WEB_IDENTITY_TOKEN_FILE") else {
            return .absent("web identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set)")
        }
        guard let role = self.variable("AWS_ROLE_ARN") else {
            throw SourceFailure("AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not.")
        }
        return .found(try await self.assumeRole(role, tokenFile: path, session: self.variable("AWS_ROLE_SESSION_NAME")))
    }

    /// Trades the token of a file for temporary credentials of `role`.
    func assumeRole(_ role: String, tokenFile: String, session: String?) async throws(SourceFailure) -> AWSCredentials {
        let path = CredentialFile.expanded(tokenFile, home: self.variable("HOME"))
        guard let token = self.readFile(path)?.trimmedText, !token.isEmpty else {
            throw SourceFailure("the web identity token file \(path) cannot be read or is empty.")
        }
        let endpoint = self.tokenServiceEndpoint
        guard isEncryptedOrLocal(endpoint) else { throw SourceFailure("the endpoint of STS must be https.") }
        var request = BackgroundRequest(.post, endpoint + "/", timeout: .seconds(10))
        request.add("accept", "text/xml")
        request.setForm([
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session ?? "turnpike"), ("WebIdentityToken", token),
        ])
        let response: BackgroundResponse
        do throws(BackgroundHTTPError) {
            response = try await self.http.send(request)
        } catch {
            throw SourceFailure("STS at \(endpoint): \(error).")
        }
        let text = String(decoding: response.body, as: UTF8.self)
        guard response.status == 200 else {
            let code = Self.element("Code", in: text[...]) ?? "no error code"
            let message = Self.element("Message", in: text[...]) ?? ""
            let detail = shown("\(code) \(message)", hiding: [Secret(token)])
            throw SourceFailure("STS refused the role \(role) with status \(response.status): \(detail).")
        }
        guard let inner = Self.inner("Credentials", in: text[...]), let id = Self.element("AccessKeyId", in: inner),
            let secret = Self.element("SecretAccessKey", in: inner),
            let session = Self.element("SessionToken", in: inner),
            let expires = Self.element("Expiration", in: inner).flatMap(SigningTime.seconds(extended:))
        else {
            throw SourceFailure("STS answered without credentials.")
        }
        return AWSCredentials(
            accessKeyID: id,
            secretAccessKey: Secret(secret),
            sessionToken: Secret(session),
            expires: expires
        )
    }

    private var tokenServiceEndpoint: String {
        if var endpoint = self.variable("AWS_ENDPOINT_URL_STS") {
            while endpoint.hasSuffix("/") { endpoint.removeLast() }
            return endpoint
        }
        guard let region = self.options.region ?? self.variable("AWS_REGION") ?? self.variable("AWS_DEFAULT_REGION")
        else {
            return "https://sts.amazonaws.com"
        }
        return "https://sts.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
    }

    /// What is between the first start tag of this name and its end tag. The answers of STS have neither attributes nor
    /// nesting of one name, which is what makes this enough.
    private static func inner(_ name: String, in text: Substring) -> Substring? {
        guard let start = text.firstRange(of: "<\(name)>"),
            let end = text[start.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        return text[start.upperBound..<end.lowerBound]
    }

    private static func element(_ name: String, in text: Substring) -> String? {
        guard let inner = self.inner(name, in: text)?.trimmedText, !inner.isEmpty else { return nil }
        guard inner.contains("&") else { return inner }
        var decoded = inner
        for (reference, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        {
            decoded = decoded.replacing(reference, with: character)
        }
        return decoded
    }
}
