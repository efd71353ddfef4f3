/// The place of an account in the tree of accounts: names joined by `/`, such as `acme/research`.
///
/// A name is one to 64 letters, digits, `.`, `_` or `-`; a path has at most eight names. The empty path is the root,
/// which only the admin key belongs to.
package struct AccountPath: Sendable, Hashable, CustomStringConvertible {
    /// The path as text.
    package let description: String

    /// The root of the tree.
    package static let root = AccountPath(unchecked: "")
    /// Where a key goes that names no account.
    package static let standard = AccountPath(unchecked: "default")

    /// What a path must look like, for error messages.
    package static let rule =
        "names of 1 to 64 letters, digits, '.', '_' or '-' joined by '/', at most eight of them, such as acme/research"

    private init(unchecked text: String) { self.description = text }

    /// Reads a path; nil where it breaks the rule above.
    package init?(_ text: String) {
        let names = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard names.count <= 8 else { return nil }
        for name in names {
            guard (1...64).contains(name.count), name.allSatisfy(Self.isAllowed) else { return nil }
            // "." and ".." would read as something else in a URL path.
            if name.allSatisfy({ $0 == UInt8(ascii: ".") }) { return nil }
        }
        self.description = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}
