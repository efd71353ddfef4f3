package import Core
package import JSON

/// A response that is kept, so that a later request can go on from it (`previous_response_id`), and so that it can be asked
/// for by its id.
package struct StoredResponse: Sendable, Hashable {
    /// The id the client knows it by (`resp_…`).
    package var id: String
    /// The response this one went on from; nil where it began a conversation.
    package var previousID: String?
    /// When it was made, in seconds since 1970.
    package var createdAt: Int
    /// The items of its own request's input, one JSON array; those of the responses before it are kept with these.
    package var input: [UInt8]
    /// The items of its output, one JSON array.
    package var output: [UInt8]
    /// The response object as the client got it, for `GET /v1/responses/{id}`.
    package var body: [UInt8]

    /// A kept response.
    package init(
        id: String,
        previousID: String? = nil,
        createdAt: Int,
        input: [UInt8],
        output: [UInt8],
        body: [UInt8]
    ) {
        self.id = id
        self.previousID = previousID
        self.createdAt = createdAt
        self.input = input
        self.output = output
        self.body = body
    }
}

/// What keeping responses needs to know of their JSON. Pure: what is kept, where and for how long is the caller's affair.
///
/// Source: https://platform.openai.com/docs/guides/conversation-state
package enum ResponsesState {
    /// What a request says about keeping.
    package struct Wish: Sendable, Hashable {
        /// Whether the response shall be kept; kept it is where the client does not say.
        package var store = true
        /// The response the request goes on from.
        package var previousID: String?
    }

    /// What the request in `body` says about keeping.
    ///
    /// - Throws: a client error naming the field.
    package static func wish(of body: UnsafeRawBufferPointer) throws(GatewayError) -> Wish {
        var wish = Wish()
        try Self.members(of: body) { member throws(GatewayError) in
            if member.keyIs("store", in: body) {
                switch member.kind {
                case .true, .null: wish.store = true
                case .false: wish.store = false
                default: throw ChatField.wrong("store", "true or false")
                }
            } else if member.keyIs("previous_response_id", in: body), member.kind != .null {
                guard member.kind == .string, let id = try? JSONScan.string(member.value, in: body) else {
                    throw ChatField.wrong("previous_response_id", "a string")
                }
                wish.previousID = id
            }
        }
        return wish
    }

    /// The items of a request's input as one JSON array, each with a type and an id, the way they are listed. A text is one
    /// message of the user's.
    ///
    /// - Parameter seed: what ids are made of where items have none: the id of the request.
    /// - Throws: a client error naming the field.
    package static func inputItems(
        of body: UnsafeRawBufferPointer,
        seed: String
    ) throws(GatewayError) -> [UInt8] {
        var place: JSONMember?
        try Self.members(of: body) { member throws(GatewayError) in
            if member.keyIs("input", in: body) { place = member }
        }
        guard let place, let input = try? ChatInBand.value(place.value, in: body) else {
            throw ChatField.missing("input")
        }
        var items: [JSONValue]
        switch input {
        case .string:
            items = [["type": "message", "role": "user", "content": [["type": "input_text", "text": input]]]]
        case .array(let list): items = list
        default: throw ChatField.wrong("input", "a string or an array of items")
        }
        for at in items.indices { items[at] = Self.listed(items[at], seed: seed, at: at) }
        return JSONValue.array(items).bytes
    }

    /// An item with a type and an id.
    private static func listed(_ item: JSONValue, seed: String, at index: Int) -> JSONValue {
        guard case .object(var object) = item else { return item }
        if object["type"] == nil, object["role"] != nil { object.members.insert(("type", "message"), at: 0) }
        let prefix =
            switch object["type"]?.asString {
            case "message": "msg"
            case "reasoning": "rs"
            case "function_call": "fc"
            case "function_call_output": "fco"
            case "custom_tool_call": "ctc"
            case "custom_tool_call_output": "ctco"
            default: "item"
            }
        if object["type"]?.asString == "message" {
            if case .string? = object["content"], let text = object["content"] {
                let kind = object["role"]?.asString == "assistant" ? "output_text" : "input_text"
                object["content"] = [["type": .string(kind), "text": text]]
            }
            if object["status"] == nil { object["status"] = "completed" }
        }
        if object["id"] == nil || object["id"]?.isNull == true {
            object["id"] = .string("\(prefix)_\(seed)_in\(index)")
        }
        return .object(object)
    }

    /// The items of a response's output, one JSON array as it stands there; empty where there is none.
    ///
    /// - Parameter answer: the response object.
    package static func outputItems(of answer: UnsafeRawBufferPointer) -> [UInt8] {
        var members = JSONMembers(at: 0)
        while let member = (try? members.next(in: answer)) ?? nil {
            if member.kind == .array, member.keyIs("output", in: answer) { return Array(answer[member.value]) }
        }
        return Array("[]".utf8)
    }

    /// The response object in the last event of a stream (`response.completed` and the like); nil in any other event.
    ///
    /// - Parameter data: the data of the event.
    package static func response(inEvent data: UnsafeRawBufferPointer) -> Range<Int>? {
        var isLast = false
        var place: Range<Int>?
        var members = JSONMembers(at: 0)
        while let member = (try? members.next(in: data)) ?? nil {
            if member.kind == .string, member.keyIs("type", in: data) {
                isLast =
                    JSONScan.isString("response.completed", member.value, in: data)
                    || JSONScan.isString("response.incomplete", member.value, in: data)
            } else if member.kind == .object, member.keyIs("response", in: data) {
                place = member.value
            }
        }
        return isLast ? place : nil
    }

    /// The id in a response object; nil where there is none.
    package static func id(of answer: UnsafeRawBufferPointer) -> String? {
        var members = JSONMembers(at: 0)
        while let member = (try? members.next(in: answer)) ?? nil {
            if member.kind == .string, member.keyIs("id", in: answer) {
                return try? JSONScan.string(member.value, in: answer)
            }
        }
        return nil
    }

    /// The items of a conversation up to and with the last of `responses`, which are given in the order they were made.
    package static func history(of responses: [StoredResponse]) -> [UInt8] {
        var items: [UInt8] = [UInt8(ascii: "[")]
        for response in responses {
            for list in [response.input, response.output] {
                let inside = Self.inside(list)
                guard !inside.isEmpty else { continue }
                if items.count > 1 { items.append(UInt8(ascii: ",")) }
                items.append(contentsOf: inside)
            }
        }
        items.append(UInt8(ascii: "]"))
        return items
    }

    /// The request in `body` with `history`, a JSON array of items, before its own input, and without
    /// `previous_response_id`. All other members stay as they are.
    ///
    /// - Throws: a client error naming the field.
    package static func prepending(
        history: [UInt8],
        to body: UnsafeRawBufferPointer
    ) throws(GatewayError) -> [UInt8] {
        var result: [UInt8] = [UInt8(ascii: "{")]
        result.reserveCapacity(body.count + history.count + 64)
        var input: JSONMember?
        try Self.members(of: body) { member throws(GatewayError) in
            if member.keyIs("previous_response_id", in: body) { return }
            if member.keyIs("input", in: body) {
                input = member
                return
            }
            if result.count > 1 { result.append(UInt8(ascii: ",")) }
            result.append(contentsOf: body[(member.key.lowerBound - 1)..<(member.key.upperBound + 1)])
            result.append(UInt8(ascii: ":"))
            result.append(contentsOf: body[member.value])
        }
        guard let input else { throw ChatField.missing("input") }
        if result.count > 1 { result.append(UInt8(ascii: ",")) }
        result.append(contentsOf: "\"input\":[".utf8)
        let before = Self.inside(history)
        result.append(contentsOf: before)
        var own: ArraySlice<UInt8> = []
        switch input.kind {
        case .array: own = Self.inside(Array(body[input.value]))
        case .string:
            var message = Array("{\"type\":\"message\",\"role\":\"user\",\"content\":".utf8)
            message.append(contentsOf: body[input.value])
            message.append(UInt8(ascii: "}"))
            own = message[...]
        default: throw ChatField.wrong("input", "a string or an array of items")
        }
        if !before.isEmpty, !own.isEmpty { result.append(UInt8(ascii: ",")) }
        result.append(contentsOf: own)
        result.append(contentsOf: "]}".utf8)
        return result
    }

    /// The fields of a request that its response repeats (``ReplyStyle/echo``).
    package static func echo(of body: UnsafeRawBufferPointer) -> JSONObject {
        var echo = JSONObject()
        guard let root = try? JSONValue(parsing: body), case .object(let object) = root else { return echo }
        for (key, value) in object.members where ResponsesEnvelope.echoed.contains(where: { $0.key == key }) {
            echo.members.append((key, value))
        }
        return echo
    }

    /// What stands between the brackets of a JSON array, white space at its ends left out.
    private static func inside(_ array: [UInt8]) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        guard let open = array.firstIndex(of: UInt8(ascii: "[")), let close = array.lastIndex(of: UInt8(ascii: "]")),
            open < close
        else { return [] }
        var inside = array[(open + 1)..<close]
        while let first = inside.first, isSpace(first) { inside = inside.dropFirst() }
        while let last = inside.last, isSpace(last) { inside = inside.dropLast() }
        return inside
    }

    /// Calls `body` with each member of the request.
    private static func members(
        of request: UnsafeRawBufferPointer,
        _ body: (JSONMember) throws(GatewayError) -> Void
    ) throws(GatewayError) {
        var members = JSONMembers(at: 0)
        while true {
            let next: JSONMember?
            do {
                next = try members.next(in: request)
            } catch {
                throw .badRequest("The request body is not valid JSON: \(error.message) at byte \(error.offset).")
            }
            guard let next else { return }
            try body(next)
        }
    }
}
