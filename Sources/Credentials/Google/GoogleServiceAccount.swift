import Core
import CryptoExtras
import JSON

/// A service account's key, as Google Cloud hands it out in a JSON file.
///
/// Source: Google Identity, "Using OAuth 2.0 for Server to Server Applications"; RFC 7523.
struct GoogleServiceAccount: Sendable {
    /// The grant a signed assertion is presented with.
    static let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    /// Where tokens come from unless the key says otherwise.
    static let standardTokenURI = "https://oauth2.googleapis.com/token"

    /// Where the assertion is traded for a token; also its audience.
    let tokenURI: String
    private let email: String
    private let keyID: String?
    private let key: _RSA.Signing.PrivateKey

    /// - Parameters:
    ///   - document: The file's JSON.
    ///   - place: How to name the file in errors.
    init(_ document: JSONValue, place: String) throws(SourceFailure) {
        guard let email = document["client_email"]?.asString, let pem = document["private_key"]?.asString else {
            throw SourceFailure("\(place) lacks client_email or private_key.")
        }
        // The reason may quote the key, so it is not passed on.
        guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem) else {
            throw SourceFailure("the private_key of \(place) is no RSA key of 2048 bits or more in PEM.")
        }
        self.email = email
        self.keyID = document["private_key_id"]?.asString
        self.key = key
        self.tokenURI = document["token_uri"]?.asString ?? Self.standardTokenURI
    }

    /// A JSON Web Token signed with the key (RS256), good for an hour from `now` in Unix seconds.
    func assertion(scope: String, now: Int64) throws(SourceFailure) -> Secret {
        var header = JSONWriter()
        header.beginObject()
        header.key("alg")
        header.string("RS256")
        header.key("typ")
        header.string("JWT")
        if let keyID = self.keyID {
            header.key("kid")
            header.string(keyID)
        }
        header.endObject()
        var claims = JSONWriter()
        claims.beginObject()
        for (name, value) in [("iss", self.email), ("sub", self.email), ("scope", scope), ("aud", self.tokenURI)] {
            claims.key(name)
            claims.string(value)
        }
        claims.key("iat")
        claims.number(Int(now))
        claims.key("exp")
        claims.number(Int(now) + 3600)
        claims.endObject()

        let signed = "\(Base64URL.text(header.bytes)).\(Base64URL.text(claims.bytes))"
        // The padding RS256 is defined by (RFC 7518 §3.3): the library's warning is about encryption.
        let digest = SHA256.hash(data: Array(signed.utf8))
        guard let signature = try? self.key.signature(for: digest, padding: .insecurePKCS1v1_5) else {
            throw SourceFailure("the service account's key cannot sign.")
        }
        return Secret("\(signed).\(signature.withUnsafeBytes { Base64URL.text($0) })")
    }
}
