import Core
import Dialects
import JSON
import NIOCore
import Providers
import Transport
import TurnpikeConfiguration

/// One target as it is asked: everything of the upstream request that is the same every time, as bytes.
final class TargetRuntime: Sendable {
    /// `provider/model`.
    let name: String
    let model: String
    let provider: ProviderRuntime
    /// The field lines of every answer that comes from here: `x-turnpike-target` and `x-turnpike-route`.
    let answerLines: [UInt8]
    private let heads: [ChatEndpoint: [UInt8]]

    init(_ target: Target, route: String, provider: ProviderRuntime) {
        self.name = target.description
        self.model = target.model
        self.provider = provider
        self.answerLines = AnswerHead.lines([("x-turnpike-target", target.description), ("x-turnpike-route", route)])
        var heads: [ChatEndpoint: [UInt8]] = [:]
        for endpoint in ChatEndpoint.allCases {
            heads[endpoint] = TargetRuntime.head(of: target.model, endpoint, provider)
        }
        self.heads = heads
    }

    /// The request line and fields that never change, up to the value of `content-length`, which comes last.
    private static func head(of model: String, _ endpoint: ChatEndpoint, _ provider: ProviderRuntime) -> [UInt8] {
        let plan = provider.upstream.plan(model: model, endpoint: endpoint, key: provider.keys.first)
        var head = Array("POST ".utf8)
        head.append(contentsOf: plan?.target ?? Array("/v1/\(endpoint.path)".utf8))
        head.append(contentsOf: " HTTP/1.1\r\nhost: \(plan?.authority ?? "demo")\r\n".utf8)
        head.append(contentsOf: "content-type: application/json\r\naccept: */*\r\naccept-encoding: identity\r\n".utf8)
        head.append(contentsOf: "user-agent: turnpike/\(GatewayVersion.text)\r\n".utf8)
        for field in plan?.fields ?? [] {
            let value =
                switch field.value {
                case .plain(let text): text
                case .secret(let prefix, let secret): prefix + secret.reveal()
                }
            head.append(contentsOf: "\(field.name): \(value)\r\n".utf8)
        }
        return head
    }

    /// The bytes of a request to this target: the client's body with `splices` in place.
    ///
    /// The body from the last splice on is a slice of the client's, unless it is small enough that one write is cheaper.
    func request(
        _ endpoint: ChatEndpoint,
        body: ByteBuffer,
        splices: [Splice],
        forwarding fields: ByteBuffer?
    ) -> UpstreamRequest {
        let head = self.heads[endpoint] ?? []
        let length = splices.reduce(body.readableBytes) { $0 + $1.replacement.count - $1.range.count }
        let lastEdit = splices.last?.range.upperBound ?? 0
        let tail = body.readableBytes - lastEdit
        let inlinesTail = tail <= 8192
        let edited = length - tail
        var first = ByteBufferAllocator().buffer(
            capacity: head.count + (fields?.readableBytes ?? 0) + 48 + edited + (inlinesTail ? tail : 0)
        )
        first.writeBytes(head)
        if let fields { first.writeImmutableBuffer(fields) }
        first.writeStaticString("content-length: ")
        first.writeDecimal(length)
        first.writeStaticString("\r\n\r\n")
        body.withUnsafeReadableBytes { bytes in
            var at = 0
            for splice in splices {
                first.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[at..<splice.range.lowerBound]))
                first.writeBytes(splice.replacement)
                at = splice.range.upperBound
            }
            if inlinesTail { first.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[at...])) }
        }
        let rest = inlinesTail ? nil : body.getSlice(at: body.readerIndex + lastEdit, length: tail)
        return UpstreamRequest(first: first, rest: rest)
    }
}

/// The version the gateway names itself with.
package enum GatewayVersion {
    package static let text = "0.1.0"
}
