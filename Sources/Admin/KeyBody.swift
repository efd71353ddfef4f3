package import Core
package import Identity
package import JSON

extension KeyDraft {
    /// The fields of a new key, in the order error messages list them.
    static let fields = ["name", "account", "role", "routes", "expires", "aws"]
    /// Fields the contract names and this version does not hold to: accepting them would be a promise.
    static let notInForce = ["budget", "limits"]

    /// Reads the body of a request for a new key at `now` (Unix milliseconds).
    ///
    /// - Throws: ``GatewayError`` that names the field at fault and what to write.
    package init(body: [UInt8], now: UInt64) throws(GatewayError) {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: body)
        } catch {
            throw GatewayError(
                .badRequest,
                origin: .client,
                "the body is not JSON: \(error.message) at byte \(error.offset)"
            )
        }
        guard case .object(let object) = value else {
            throw GatewayError(
                .badRequest,
                origin: .client,
                "the body must be a JSON object, such as {\"name\": \"ci\"}"
            )
        }
        try Self.checkFields(object)
        self.init(
            name: try Self.name(object["name"]),
            account: try Self.account(object["account"]),
            role: try Self.role(object["role"]),
            routes: try Self.routes(object["routes"]),
            expires: try Self.expires(object["expires"], now: now),
            aws: try Self.aws(object["aws"])
        )
    }

    private static func checkFields(_ object: JSONObject) throws(GatewayError) {
        var seen: Set<String> = []
        for (field, value) in object.members {
            if Self.notInForce.contains(field) {
                // Saying no to a field asks for nothing.
                if value == .null || value == .bool(false) { continue }
                throw GatewayError(
                    .notInForce,
                    origin: .client,
                    "\(field) is not in force yet: this version would not hold the key to it; leave the field out",
                    field: field
                )
            }
            guard Self.fields.contains(field) else {
                let meant = nearest(to: field, among: Self.fields).map { "; did you mean \($0)?" } ?? "."
                throw .refused(
                    String(field.prefix(64)),
                    "unknown field\(meant) A key has \(Self.fields.joined(separator: ", "))"
                )
            }
            guard seen.insert(field).inserted else { throw .refused(field, "\(field) is given twice") }
        }
    }

    /// Checks a key's name.
    package static func name(_ value: JSONValue?) throws(GatewayError) -> String {
        guard case .string(let name) = value ?? .null, (1...200).contains(name.count), Self.isPrintable(name) else {
            throw .refused("name", "name must be a text of 1 to 200 characters that says what the key is for")
        }
        return name
    }

    /// Checks an account path; the standard account where there is none.
    package static func account(_ value: JSONValue?) throws(GatewayError) -> AccountPath {
        switch value ?? .null {
        case .null: return .standard
        case .string(let text):
            if let path = AccountPath(text) { return path }
        default: break
        }
        throw .refused("account", "account must be a path: \(AccountPath.rule)")
    }

    /// Checks a role; `client` where there is none.
    package static func role(_ value: JSONValue?) throws(GatewayError) -> Role {
        switch value ?? .null {
        case .null: return .client
        case .string(let text):
            if let role = Role(rawValue: text) { return role }
        default: break
        }
        throw .refused("role", "role must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    /// Checks the routes of a key; nil, which allows all, where there are none.
    package static func routes(_ value: JSONValue?) throws(GatewayError) -> [String]? {
        switch value ?? .null {
        case .null: return nil
        case .array(let elements) where elements.count <= 256:
            var routes: [String] = []
            for element in elements {
                guard case .string(let route) = element, (1...256).contains(route.utf8.count), Self.isPrintable(route)
                else { throw .refused("routes[\(routes.count)]", "a route is a text of 1 to 256 bytes") }
                routes.append(route)
            }
            return routes
        default:
            throw .refused(
                "routes",
                "routes must be a list of at most 256 names, such as [\"chat\"]; leave it out to allow every route"
            )
        }
    }

    /// Checks an expiry: a moment (RFC 3339), a time from now (`30d`), or seconds since the Unix epoch.
    package static func expires(_ value: JSONValue?, now: UInt64) throws(GatewayError) -> UInt64? {
        switch value ?? .null {
        case .null: return nil
        case .string(let text):
            if let moment = RFC3339.milliseconds(text) { return moment }
            if let span = Self.milliseconds(of: text) { return now &+ span }
        case .number(let number):
            // The year 9999 at most, so that the milliseconds can be written as a date.
            if let seconds = number.int, (0...253_402_300_799).contains(seconds) { return UInt64(seconds) * 1000 }
        default: break
        }
        throw .refused(
            "expires",
            """
            expires must be a moment such as "2027-01-31T00:00:00Z", a time from now such as "30d" (s, m, h, d), or \
            seconds since the Unix epoch
            """
        )
    }

    /// Checks whether an AWS pair is asked for; none is where nothing is said.
    package static func aws(_ value: JSONValue?) throws(GatewayError) -> Bool {
        switch value ?? .null {
        case .null: return false
        case .bool(let asked): return asked
        default:
            throw .refused("aws", "aws must be true, for a key with a pair to sign Bedrock requests with, or false")
        }
    }

    /// The milliseconds of a whole number and its unit (`250ms 30s 10m 12h 7d`), at most a hundred years.
    private static func milliseconds(of text: String) -> UInt64? {
        let units: [(suffix: String, milliseconds: UInt64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        for (suffix, factor) in units where text.hasSuffix(suffix) {
            let digits = text.dropLast(suffix.count)
            guard !digits.isEmpty, digits.utf8.count <= 12, digits.utf8.allSatisfy({ (48...57).contains($0) }),
                let number = UInt64(digits)
            else { continue }
            let (product, overflow) = number.multipliedReportingOverflow(by: factor)
            return overflow || product > 36_525 * 86_400_000 ? nil : product
        }
        return nil
    }

    private static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}

extension KeyRecord {
    /// The key as the API shows it; never the key itself.
    func json(status: String) -> JSONObject {
        var object: JSONObject = [:]
        object["id"] = .string(self.id)
        object["name"] = .string(self.name)
        object["account"] = .string(self.account.description)
        object["role"] = .string(self.role.rawValue)
        object["routes"] = self.routes.map { .array($0.map { .string($0) }) } ?? .null
        object["prefix"] = .string(self.prefix)
        object["status"] = .string(status)
        object["created"] = .string(RFC3339.text(self.created))
        object["expires"] = self.expires.map { .string(RFC3339.text($0)) } ?? .null
        object["revoked"] = self.revoked.map { .string(RFC3339.text($0)) } ?? .null
        object["first_used"] = self.firstUsed.map { .string(RFC3339.text($0)) } ?? .null
        object["aws_access_key_id"] = self.awsAccessKeyID.map { .string($0.description) } ?? .null
        return object
    }
}

/// The one of `names` that is closest to `name` by edits, where one is close enough to be meant.
func nearest(to name: String, among names: [String]) -> String? {
    let candidates = names.map { (name: $0, distance: distance(name, $0)) }
    guard let best = candidates.min(by: { $0.distance < $1.distance }), best.distance <= max(1, best.name.count / 3)
    else {
        return nil
    }
    return best.name
}

/// The number of single-character edits between two texts (Levenshtein), the first cut to 64 characters.
private func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (index, character) in left.utf8.prefix(64).enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in right.indices {
            let substitution = diagonal + (character == right[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(substitution, diagonal + 1, row[column] + 1)
        }
    }
    return row[right.count]
}
