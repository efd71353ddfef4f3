internal import JSON

/// What a request asks of the model that answers it.
package struct ChatNeeds: OptionSet, Sendable, Hashable {
    /// One bit for each need.
    package let rawValue: UInt8
    /// Needs from their bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A message holds an image.
    package static let vision = ChatNeeds(rawValue: 1)
    /// A message holds audio, or the answer shall be audio.
    package static let audio = ChatNeeds(rawValue: 2)
    /// A message holds a file.
    package static let documents = ChatNeeds(rawValue: 4)
    /// Tools or legacy functions are offered.
    package static let tools = ChatNeeds(rawValue: 8)
    /// The answer shall fit a JSON schema.
    package static let schema = ChatNeeds(rawValue: 16)
    /// The answer shall be a JSON object, of no stated shape.
    package static let jsonObject = ChatNeeds(rawValue: 32)
}

extension ChatRequestFacts {
    /// What the request needs of a model: walks the messages, so it is asked only where a rule or a route wants to
    /// know.
    ///
    /// `body` is the request these facts were read from. Shapes this walk does not know need nothing.
    package func needs(in body: UnsafeRawBufferPointer) -> ChatNeeds {
        var needs: ChatNeeds = []
        if let tools = self.tools, !Self.isEmptyArray(tools, in: body) { needs.insert(.tools) }
        // A body the walk cannot read has been refused before; whatever was found until then stands.
        if let format = self.responseFormat { try? Self.readFormat(format, in: body, into: &needs) }
        if let modalities = self.modalities { try? Self.readModalities(modalities, in: body, into: &needs) }
        if let messages = self.messages { try? Self.readMessages(messages, in: body, into: &needs) }
        return needs
    }

    private static func isEmptyArray(_ value: Range<Int>, in body: UnsafeRawBufferPointer) -> Bool {
        var elements = JSONElements(at: value.lowerBound)
        return ((try? elements.next(in: body)) ?? nil) == nil
    }

    private static func readFormat(
        _ value: Range<Int>,
        in body: UnsafeRawBufferPointer,
        into needs: inout ChatNeeds
    ) throws(JSONSyntaxError) {
        var members = JSONMembers(at: value.lowerBound)
        while let member = try members.next(in: body) {
            guard member.keyIs("type", in: body), member.kind == .string else { continue }
            switch try JSONScan.string(member.value, in: body) {
            case "json_schema": needs.insert(.schema)
            case "json_object": needs.insert(.jsonObject)
            default: break
            }
        }
    }

    private static func readModalities(
        _ value: Range<Int>,
        in body: UnsafeRawBufferPointer,
        into needs: inout ChatNeeds
    ) throws(JSONSyntaxError) {
        var elements = JSONElements(at: value.lowerBound)
        while let element = try elements.next(in: body) {
            if element.kind == .string, try JSONScan.string(element.value, in: body) == "audio" { needs.insert(.audio) }
        }
    }

    private static func readMessages(
        _ value: Range<Int>,
        in body: UnsafeRawBufferPointer,
        into needs: inout ChatNeeds
    ) throws(JSONSyntaxError) {
        var messages = JSONElements(at: value.lowerBound)
        while let message = try messages.next(in: body) {
            guard message.kind == .object else { continue }
            var members = JSONMembers(at: message.value.lowerBound)
            while let member = try members.next(in: body) {
                guard member.kind == .array, member.keyIs("content", in: body) else { continue }
                var parts = JSONElements(at: member.value.lowerBound)
                while let part = try parts.next(in: body) {
                    guard part.kind == .object else { continue }
                    try Self.readPart(part.value, in: body, into: &needs)
                }
            }
        }
    }

    private static func readPart(
        _ value: Range<Int>,
        in body: UnsafeRawBufferPointer,
        into needs: inout ChatNeeds
    ) throws(JSONSyntaxError) {
        var members = JSONMembers(at: value.lowerBound)
        while let member = try members.next(in: body) {
            // The type is the short member; the picture itself is walked over but never read.
            guard member.kind == .string, member.value.count < 64, member.keyIs("type", in: body) else { continue }
            switch try JSONScan.string(member.value, in: body) {
            case "image_url": needs.insert(.vision)
            case "input_audio": needs.insert(.audio)
            case "file": needs.insert(.documents)
            default: break
            }
        }
    }
}
