/// A base URL taken apart: scheme, host, port, and the path in front of every other.
///
/// Source: RFC 3986. User names and fragments are refused; a query is kept, for gateways that want one on every
/// request.
package struct UpstreamBase: Sendable, Hashable {
    /// Whether the connection is encrypted (`https`).
    package var isSecure: Bool
    /// The host name in lower case, or the address; an IPv6 address without its brackets.
    package var host: String
    /// The port, the scheme's own where the URL names none.
    package var port: Int
    /// The path without a trailing slash, so empty or beginning with a slash.
    package var path: String
    /// The query without its question mark.
    package var query: String?

    /// Reads an absolute URL.
    ///
    /// - Throws: What is wrong with it.
    package init(_ text: String) throws(UpstreamSettingsError) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw UpstreamSettingsError("base_url holds a character that no URL may hold.")
        }
        let lower = text.lowercased()
        let rest: Substring
        if lower.hasPrefix("https://") {
            self.isSecure = true
            rest = text.dropFirst(8)
        } else if lower.hasPrefix("http://") {
            self.isSecure = false
            rest = text.dropFirst(7)
        } else {
            throw UpstreamSettingsError("base_url must begin with http:// or https://.")
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else {
            throw UpstreamSettingsError("base_url must not hold a user name or password; set api_key instead.")
        }
        guard !rest.contains("#") else { throw UpstreamSettingsError("base_url must not hold a fragment.") }
        (self.host, self.port) = try Self.hostAndPort(authority, isSecure: self.isSecure)
        var path = rest[authority.endIndex...]
        if let mark = path.firstIndex(of: "?") {
            let query = path[path.index(after: mark)...]
            self.query = query.isEmpty ? nil : String(query)
            path = path[..<mark]
        } else {
            self.query = nil
        }
        while path.last == "/" { path.removeLast() }
        self.path = String(path)
    }

    private static func hostAndPort(
        _ authority: Substring,
        isSecure: Bool
    ) throws(UpstreamSettingsError) -> (String, Int) {
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else {
                throw UpstreamSettingsError("base_url holds an address without its closing bracket.")
            }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.first == ":" else {
                throw UpstreamSettingsError("base_url holds something between its host and its port.")
            }
            port = behind.isEmpty ? nil : behind.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty else { throw UpstreamSettingsError("base_url names no host.") }
        guard let port, !port.isEmpty else { return (host.lowercased(), isSecure ? 443 : 80) }
        guard let number = Int(port), (1...65535).contains(number) else {
            throw UpstreamSettingsError("base_url holds a port that is not between 1 and 65535.")
        }
        return (host.lowercased(), number)
    }
}
