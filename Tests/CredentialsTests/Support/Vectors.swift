import Foundation
import Testing

/// A signature made by another implementation: the request, and what it was signed with.
struct SignatureVector: Sendable, CustomTestStringConvertible {
    var name: String
    var region: String
    var service: String
    var accessKeyID: String
    var secret: String
    var token: String?
    var date: String
    var method: String
    var url: String
    var contentType: String?
    var body: String
    var authorization: String

    var testDescription: String { self.name }

    /// Those of every `sigv4*.json` in the folder TURNPIKE_VECTORS names, or in ../shared/wire/vectors beside the
    /// package; none where there is no such folder.
    static let all: [SignatureVector] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["TURNPIKE_VECTORS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/wire/vectors")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().filter { $0.hasPrefix("sigv4") && $0.hasSuffix(".json") }.flatMap { name in
            let data = (try? Data(contentsOf: folder.appending(path: name))) ?? Data()
            let values = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
            return (values ?? []).compactMap(SignatureVector.init)
        }
    }()

    private init?(_ value: [String: Any]) {
        func text(_ key: String) -> String? { value[key] as? String }
        let headers = value["headers"] as? [String: String] ?? [:]
        guard let name = text("name"), let region = text("region"), let service = text("service"),
            let id = text("access_key"), let secret = text("secret_key"), let date = text("amz_date"),
            let method = text("method"), let url = text("url"), let body = text("body"),
            let authorization = headers["Authorization"]
        else { return nil }
        self.name = name
        self.region = region
        self.service = service
        self.accessKeyID = id
        self.secret = secret
        self.token = text("session_token")
        self.date = date
        self.method = method
        self.url = url
        self.contentType = headers["Content-Type"]
        self.body = body
        self.authorization = authorization
    }

    /// The host of the URL with its port, and the target behind it.
    var hostAndTarget: (host: String, target: String) {
        let rest = self.url.firstRange(of: "://").map { self.url[$0.upperBound...] } ?? ""
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        return (String(rest[..<slash]), String(rest[slash...]))
    }
}
