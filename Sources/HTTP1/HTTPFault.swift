/// Why a message is not acceptable HTTP/1.1, with the status a server answers before it closes the connection.
package struct HTTPFault: Error, Sendable, Hashable {
    /// The status to answer (4xx); a client of an upstream ignores it.
    package var status: Int
    /// What is wrong and where the rule stands; never quotes the message.
    package var reason: String

    package init(_ status: Int = 400, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}

/// The bounds on one message head.
package struct HTTPLimits: Sendable, Hashable {
    /// Bytes of a whole head: start line, fields and line ends.
    package var head: Int
    /// Number of field lines.
    package var fields: Int
    /// Bytes of a request target.
    package var target: Int

    package init(head: Int = 64 * 1024, fields: Int = 128, target: Int = 16 * 1024) {
        self.head = head
        self.fields = fields
        self.target = target
    }
}
