import Core
import Glibc

/// Reading of the small files credentials lie in.
package enum CredentialFile {
    /// Files over this are no credentials: 1 MiB.
    private static let largest = 1 << 20

    /// The text of a regular file of at most 1 MiB; nil where it cannot be read or is not UTF-8.
    package static func read(_ path: String) -> String? {
        // Non-blocking, so that a pipe put in the file's place cannot hold the thread.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= self.largest
        else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0, bytes.count + count <= self.largest else { return nil }
            if count == 0 { return String(validating: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// The path with a leading `~/` replaced by the home folder.
    static func expanded(_ path: String, home: String?) -> String {
        guard path.hasPrefix("~/"), let home else { return path }
        return home + path.dropFirst()
    }
}

/// Percent-encoding as RFC 3986 §2.3 has it: everything but letters, digits, `-`, `.`, `_` and `~`.
enum PercentEncoding {
    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        if self.isUnreserved(byte) {
            bytes.append(byte)
        } else {
            let digits: StaticString = "0123456789ABCDEF"
            bytes.append(UInt8(ascii: "%"))
            bytes.append(digits.utf8Start[Int(byte >> 4)])
            bytes.append(digits.utf8Start[Int(byte & 15)])
        }
    }

    static func append(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        for byte in text { self.append(byte, to: &bytes) }
    }

    /// The bytes with every `%XX` made one byte; a percent sign that begins no such triple stays.
    static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var at = text.startIndex
        while at < text.endIndex {
            if text[at] == UInt8(ascii: "%"), text.endIndex - at > 2, let high = Hexadecimal.value(text[at + 1]),
                let low = Hexadecimal.value(text[at + 2])
            {
                bytes.append(high << 4 | low)
                at += 3
            } else {
                bytes.append(text[at])
                at += 1
            }
        }
        return bytes
    }
}

/// Bytes as hexadecimal digits.
enum Hexadecimal {
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Appends each byte as two lower-case digits.
    static func append(_ raw: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        let digits: StaticString = "0123456789abcdef"
        for byte in raw {
            bytes.append(digits.utf8Start[Int(byte >> 4)])
            bytes.append(digits.utf8Start[Int(byte & 15)])
        }
    }
}

/// Base 64 with the URL-safe alphabet and no padding (RFC 4648 §5), as JSON Web Tokens are written.
enum Base64URL {
    static func text(_ raw: some Sequence<UInt8>) -> String {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var held = 0
        for byte in raw {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 6 {
                held -= 6
                text.append(alphabet.utf8Start[Int(bits >> UInt32(held) & 63)])
            }
        }
        if held > 0 { text.append(alphabet.utf8Start[Int(bits << UInt32(6 - held) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension StringProtocol {
    /// Without spaces, tabs and line ends at either end.
    var trimmedText: String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let tail = Substring(self).utf8.drop(while: isSpace)
        guard let last = tail.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(decoding: tail[...last], as: UTF8.self)
    }
}

/// A text that came from a token service, fit for an error message: one line, at most 200 characters, and nothing at all
/// where one of the secrets that were sent is in it.
func shown(_ text: String, hiding secrets: [Secret]) -> String {
    for secret in secrets where !secret.isEmpty && text.contains(secret.reveal()) { return "[withheld]" }
    return String(text.prefix(200).map { $0.isNewline || $0.isASCII && ($0.asciiValue ?? 0) < 0x20 ? " " : $0 })
}

/// The error of a credential that could not be had. Another target may still answer.
func noCredential(_ message: String) -> GatewayError {
    GatewayError(.upstreamAuthentication, origin: .gateway, retry: .otherTarget, message)
}

/// A source that is set up but does not work, in a sentence for the operator; it ends the search.
struct SourceFailure: Error {
    var message: String
    init(_ message: String) { self.message = message }
}

/// Whether cleartext HTTP to the host of `url` stays on this machine; true for every `https` URL.
func isEncryptedOrLocal(_ url: String) -> Bool {
    if url.lowercased().hasPrefix("https://") { return true }
    guard url.lowercased().hasPrefix("http://"), let host = hostOfURL(url) else { return false }
    return isLoopback(host)
}

/// The host of an absolute URL, without port and brackets, in lower case; nil where there is none, a user name is before
/// it, or there are bytes in the URL that parsers disagree about.
func hostOfURL(_ url: String) -> String? {
    guard let slashes = url.firstRange(of: "://"),
        url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
    else { return nil }
    let authority = url[slashes.upperBound...].prefix { !"/?#".contains($0) }
    if authority.contains("@") { return nil }
    if authority.hasPrefix("[") {
        guard let end = authority.firstIndex(of: "]") else { return nil }
        return authority[authority.index(after: authority.startIndex)..<end].lowercased()
    }
    let host = authority.prefix { $0 != ":" }
    return host.isEmpty ? nil : host.lowercased()
}

/// Whether `host` names this machine without asking a resolver: `localhost`, 127.0.0.0/8, `::1`.
func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
}
