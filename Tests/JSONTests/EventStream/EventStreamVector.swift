import JSON
import Testing

/// A message whose bytes were made by other code: AWS's framing written down by hand in Python.
struct EventStreamVector: Sendable, CustomTestStringConvertible {
    var name: String
    /// All of them strings, in their order.
    var headers: [(String, String)]
    var payload: String
    /// What is wrong with the bytes; nil where nothing is.
    var fault: EventStreamFault?
    var hex: String

    var testDescription: String { self.name }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in self.hex.utf8 {
            let value = digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    static let all: [EventStreamVector] = [
        EventStreamVector(
            name: "messageStart",
            headers: [
                (":event-type", "messageStart"),
                (":content-type", "application/json"),
                (":message-type", "event"),
            ],
            payload: #"{"p":"abc","role":"assistant"}"#,
            fault: nil,
            hex: "000000800000005251a15f230b3a6576656e742d7479706507000c6d65737361676553746172740d3a636f6e"
                + "74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700"
                + "056576656e747b2270223a22616263222c22726f6c65223a22617373697374616e74227df29ed8da"
        ),
        EventStreamVector(
            name: "contentBlockDelta text utf-8",
            headers: [
                (":event-type", "contentBlockDelta"),
                (":content-type", "application/json"),
                (":message-type", "event"),
            ],
            payload: #"{"contentBlockIndex":0,"delta":{"text":"ü☃"},"p":"ab"}"#,
            fault: nil,
            hex: "000000a000000057e00a84a80b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c7461"
                + "0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74"
                + "7970650700056576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b22"
                + "74657874223a22c3bce29883227d2c2270223a226162227d547fa7a4"
        ),
        EventStreamVector(
            name: "invoke chunk",
            headers: [
                (":event-type", "chunk"),
                (":content-type", "application/json"),
                (":message-type", "event"),
            ],
            payload: #"{"bytes": "eyJ0eXBlIjoicGluZyJ9", "p": "a"}"#,
            fault: nil,
            hex: "000000860000004bba8a02430b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d7479"
                + "70650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b"
                + "226279746573223a202265794a306558426c496a6f6963476c755a794a39222c202270223a202261227d4405"
                + "285c"
        ),
        EventStreamVector(
            name: "exception throttling",
            headers: [
                (":exception-type", "throttlingException"),
                (":content-type", "application/json"),
                (":message-type", "exception"),
            ],
            payload: #"{"message":"Too many tokens, please wait before trying again."}"#,
            fault: nil,
            hex: "000000b0000000614f5086b30f3a657863657074696f6e2d747970650700137468726f74746c696e67457863"
                + "657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573"
                + "736167652d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e7920746f"
                + "6b656e732c20706c656173652077616974206265666f726520747279696e6720616761696e2e227df70ae57f"
        ),
        EventStreamVector(
            name: "exception modelStreamError",
            headers: [
                (":exception-type", "modelStreamErrorException"),
                (":content-type", "application/json"),
                (":message-type", "exception"),
            ],
            payload: #"{"message":"The system encountered an unexpected error during processi"#
                + #"ng.","originalStatusCode":500}"#,
            fault: nil,
            hex: "000000db0000006748d165da0f3a657863657074696f6e2d747970650700196d6f64656c53747265616d4572"
                + "726f72457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f"
                + "6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a225468652073"
                + "797374656d20656e636f756e746572656420616e20756e6578706563746564206572726f7220647572696e67"
                + "2070726f63657373696e672e222c226f726967696e616c537461747573436f6465223a3530307d8feaf86b"
        ),
        EventStreamVector(
            name: "error message type",
            headers: [
                (":error-code", "InternalFailure"),
                (":error-message", "boom"),
                (":message-type", "error"),
            ],
            payload: #""#,
            fault: nil,
            hex: "0000005a0000004a8188a08d0b3a6572726f722d636f646507000f496e7465726e616c4661696c7572650e3a"
                + "6572726f722d6d657373616765070004626f6f6d0d3a6d6573736167652d747970650700056572726f72f8d6"
                + "999d"
        ),
        EventStreamVector(
            name: "empty payload",
            headers: [
                (":event-type", "contentBlockStop"),
                (":content-type", "application/json"),
                (":message-type", "event"),
            ],
            payload: #""#,
            fault: nil,
            hex: "0000006600000056f158a9450b3a6576656e742d74797065070010636f6e74656e74426c6f636b53746f700d"
                + "3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d7479"
                + "70650700056576656e740b2f9cc0"
        ),
        EventStreamVector(
            name: "bad prelude crc",
            headers: [
                (":event-type", "messageStart"),
                (":content-type", "application/json"),
                (":message-type", "event"),
            ],
            payload: #"{}"#,
            fault: .preludeChecksum,
            hex: "00000064000000528df53e3c0b3a6576656e742d7479706507000c6d65737361676553746172740d3a636f6e"
                + "74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700"
                + "056576656e747b7dff2bb64b"
        ),
        EventStreamVector(
            name: "bad message crc",
            headers: [
                (":event-type", "messageStart"),
                (":content-type", "application/json"),
                (":message-type", "event"),
            ],
            payload: #"{"a":1}"#,
            fault: .messageChecksum,
            hex: "00000069000000527465fa8d0b3a6576656e742d7479706507000c6d65737361676553746172740d3a636f6e"
                + "74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700"
                + "056576656e747b2261223a317d4b38f97c"
        ),
    ]
}
