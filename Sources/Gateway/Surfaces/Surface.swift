import Core
import Dialects
import HTTP1

/// What a path of the data port is: the one place that knows the paths clients may ask.
enum Surface: Equatable {
    case chat(ChatEndpoint)
    case models
    case model(String)
    case health
    case readiness

    /// - Throws: `notFound` with the paths that are served, `methodNotAllowed` with the method that is.
    static func of(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) throws(GatewayError) -> Surface {
        let path = UnsafeRawBufferPointer(rebasing: bytes[head.path])
        let surface: Surface
        if path.isExactly("/v1/chat/completions") {
            surface = .chat(.chat)
        } else if path.isExactly("/v1/completions") {
            surface = .chat(.completions)
        } else if path.isExactly("/v1/embeddings") {
            surface = .chat(.embeddings)
        } else if path.isExactly("/v1/models") {
            surface = .models
        } else if path.isExactly("/healthz") {
            surface = .health
        } else if path.isExactly("/readyz") {
            surface = .readiness
        } else if path.equals("/v1/models/", at: 0), path.count > 11 {
            surface = .model(try Surface.name(UnsafeRawBufferPointer(rebasing: path[11...])))
        } else {
            throw GatewayError(
                .notFound,
                origin: .client,
                """
                nothing is served at this path; POST /v1/chat/completions, /v1/completions and /v1/embeddings and \
                GET /v1/models are
                """
            )
        }
        guard surface.allows(head.method) else {
            throw GatewayError(
                .methodNotAllowed,
                origin: .client,
                "this path takes \(surface.allowed)"
            )
        }
        return surface
    }

    /// The value of an `Allow` field.
    var allowed: String {
        switch self {
        case .chat: "POST"
        case .models, .model, .health, .readiness: "GET, HEAD"
        }
    }

    private func allows(_ method: RequestHead.Method) -> Bool {
        switch self {
        case .chat: method == .post
        case .models, .model, .health, .readiness: method == .get || method == .head
        }
    }

    /// The `Allow` field for a path whose method was refused.
    static func allowed(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> String {
        let path = UnsafeRawBufferPointer(rebasing: bytes[head.path])
        let isGet = path.equals("/v1/models", at: 0) || path.isExactly("/healthz") || path.isExactly("/readyz")
        return isGet ? "GET, HEAD" : "POST"
    }

    /// A model name in a path, percent-decoded once: names may hold slashes and colons.
    private static func name(_ bytes: UnsafeRawBufferPointer) throws(GatewayError) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%") {
                guard at + 2 < bytes.count, let high = Surface.digit(bytes[at + 1]),
                    let low = Surface.digit(bytes[at + 2])
                else {
                    throw GatewayError(.badRequest, origin: .client, "the path holds a '%' without two hex digits")
                }
                decoded.append(high << 4 | low)
                at += 3
            } else {
                decoded.append(bytes[at])
                at += 1
            }
        }
        guard let name = String(validating: decoded, as: UTF8.self) else {
            throw GatewayError(.badRequest, origin: .client, "the model name in the path is not UTF-8")
        }
        return name
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are `text`, no more and no less.
    fileprivate func isExactly(_ text: StaticString) -> Bool {
        self.count == text.utf8CodeUnitCount && self.equals(text, at: 0)
    }
}
