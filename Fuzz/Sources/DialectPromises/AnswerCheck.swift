import Core
import Dialects
import JSON

/// A provider's whole answer, or its error: reading never traps (what of an answer is not read need not be well-formed);
/// what was read can be written for every client, is JSON there, and says the same text and calls when it is read again.
struct AnswerCheck {
    let dialect: Dialect
    var choices: Choices

    init(dialect: Dialect, choices: Choices) {
        self.dialect = dialect
        self.choices = choices
    }

    func check(_ body: UnsafeRawBufferPointer) {
        var choices = self.choices
        let status = [400, 401, 404, 413, 429, 500, 503, 529].randomElement(using: &choices) ?? 500
        Self.check(UpstreamErrors.read(status: status, header: { _ in nil }, body: body, now: 0))
        let answer: CanonicalAnswer
        do {
            answer = try self.dialect.decodeAnswer(body, from: self.dialect.source(&choices))
        } catch {
            Self.check(error)
            return
        }
        if let usage = answer.usage { Self.check(usage) }
        for choice in answer.choices {
            for part in choice.parts {
                if case .toolCall(let call) = part.content { promise(!call.id.isEmpty, "a call without an id") }
            }
        }
        var shaper = ReplyShaper(ReplyPlan.any(&choices))
        let shaped = shaper.shape(answer)
        for client in Dialect.allCases {
            let written = client.encodeAnswer(shaped, ReplyStyle.any(&choices))
            let text = String(decoding: written, as: UTF8.self)
            written.withUnsafeBytes { bytes in
                promise((try? JSONScan.validate(bytes)) != nil, "\(client) was written no JSON: \(text)")
                do throws(GatewayError) {
                    let again = try client.decodeAnswer(bytes, from: client.source(&choices))
                    Told(shaped).compare(with: Told(again), of: client, text)
                } catch {
                    promise(
                        !Told(shaped).isWorthAnything,
                        "\(client) does not read its answer: \(error.message) in \(text)"
                    )
                }
            }
        }
    }

    /// Counts stay small enough to be added up and priced.
    static func check(_ usage: Usage) {
        let counts = [
            usage.freshInput, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning, usage.cacheWriteHour,
            usage.audioInput, usage.audioOutput, usage.searches,
        ]
        for count in counts { promise(count >= 0, "a count below zero in \(usage)") }
        _ = usage.total
        promise(usage.reasoning <= usage.output, "more reasoning than output: \(usage)")
        promise(usage.cacheWriteHour <= usage.cacheWrite, "more kept for an hour than written: \(usage)")
        promise(usage.audioInput <= usage.freshInput, "more audio than input: \(usage)")
    }

    /// Every dialect says an error as JSON.
    static func check(_ error: GatewayError) {
        for dialect in Dialect.allCases {
            let (status, body, _) = dialect.writeError(error, request: nil)
            promise((400..<600).contains(status), "an error with status \(status)")
            promise(body.withUnsafeBytes { (try? JSONScan.validate($0)) != nil }, "an error that is not JSON")
        }
    }
}
