import Core
package import HTTP1
import NIOCore
import Providers
package import Transport

/// Serves the demo provider over HTTP: to the gateway through a socket pair, and on a port of its own as
/// `turnpike simulate`. Faults are real ones: a cut is a closed connection, a stall is silence.
package struct DemoHandler: RequestHandler {
    /// Whether models the demo does not have are answered as `demo/chat` would: for a stand-in of other providers.
    private let anyModel: Bool

    package init(anyModel: Bool = false) { self.anyModel = anyModel }

    package func handle(_ request: ServerRequest) async {
        let body: [UInt8]
        do {
            body = Array(buffer: try await request.body())
        } catch {
            request.drop()
            return
        }
        let (method, path) = request.headBytes.withUnsafeReadableBytes { bytes in
            (DemoHandler.name(of: request.head.method), String(decoding: bytes[request.head.path], as: UTF8.self))
        }
        await self.perform(DemoProvider.reply(method: method, path: path, body: body, anyModel: self.anyModel), request)
    }

    package func faultBody(_ fault: HTTPFault) -> (contentType: StaticString, body: [UInt8]) {
        ("text/plain; charset=utf-8", Array("\(fault.reason)\n".utf8))
    }

    private func perform(_ reply: DemoReply, _ request: ServerRequest) async {
        var head: (status: Int, fields: [DemoField])?
        for (index, step) in reply.steps.enumerated() {
            guard request.isOpen else { return }
            switch step {
            case .head(let status, let fields):
                head = (status, fields)
                let rest = reply.steps[(index + 1)...]
                if let whole = DemoHandler.wholeBody(rest) {
                    request.answer(DemoHandler.answerHead(status, fields), body: ByteBuffer(bytes: whole))
                    return
                }
                request.begin(DemoHandler.answerHead(status, fields))
                request.flush()
            case .bytes(let bytes):
                var chunk = ChunkBuffer(capacity: bytes.count)
                chunk.append(bytes)
                request.write(chunk)
                request.flush()
            case .pause(let duration):
                await DemoHandler.pause(duration, request)
            case .cut:
                request.drop()
            case .stall:
                await request.clientGone()
            case .end:
                if head != nil { request.end(ChunkBuffer(capacity: 0)) }
            }
        }
    }

    /// The body of an answer that has nothing but a body and an end, so that it can be sent with its length.
    private static func wholeBody(_ steps: ArraySlice<DemoStep>) -> [UInt8]? {
        guard steps.count == 2, case .bytes(let bytes)? = steps.first, case .end? = steps.last else { return nil }
        return bytes
    }

    private static func answerHead(_ status: Int, _ fields: [DemoField]) -> AnswerHead {
        var head = AnswerHead(status: status)
        // The connection writes the framing itself.
        for field in fields where field.name != "content-length" {
            var (name, value) = (field.name, field.value)
            name.withUTF8 { name in
                value.withUTF8 { head.field(checked: UnsafeRawBufferPointer(name), UnsafeRawBufferPointer($0)) }
            }
        }
        return head
    }

    private static func pause(_ duration: Duration, _ request: ServerRequest) async {
        await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
            _ = request.context.loop.scheduleTask(in: .nanoseconds(duration.nanoseconds)) { waiter.resume() }
        }
    }

    private static func name(of method: RequestHead.Method) -> String {
        switch method {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: "OTHER"
        }
    }
}
