package import Core
package import HTTP1

/// The bounds of the data port.
package struct ServerLimits: Sendable {
    package var http: HTTPLimits
    /// Bytes of one request body.
    package var body: Int
    /// Bytes of all request bodies in flight together.
    package var bodiesInFlight: Int
    /// Open client connections.
    package var connections: Int
    /// How long a connection may wait for its next request, and a stalled client for its next byte.
    package let idle: Delay
    /// From a head's first byte to its last.
    let headTime: Delay
    /// Between two reads of a body.
    let bodyStall: Delay

    package init(
        http: HTTPLimits = HTTPLimits(),
        body: Int = 32 << 20,
        bodiesInFlight: Int = 1 << 30,
        connections: Int = 20_000,
        idle: Duration = .seconds(75)
    ) {
        self.http = http
        self.body = body
        self.bodiesInFlight = bodiesInFlight
        self.connections = connections
        self.idle = Delay(idle)
        self.headTime = Delay(min(idle, .seconds(15)))
        self.bodyStall = Delay(min(idle, .seconds(30)))
    }

    /// A whole body: a minute, and a second for each 64 KiB (the slowest link a client may reasonably have).
    func bodyTime(length: Int) -> Duration { .seconds(60 + length / 65_536) }
}
