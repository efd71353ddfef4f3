import Core
import Dialects
package import HTTP1
package import Identity
package import Logging
import NIOCore
import Synchronization
package import Telemetry
package import Transport

/// The request path's shared parts: the policy in force, the keys, the counters. Every request on the data port comes
/// through ``handle(_:)``.
package final class Gateway: RequestHandler {
    private let policyInForce: Mutex<GatewayPolicy>
    private let keys: KeyRing
    private let hasher: KeyHasher
    private let metrics: Metrics
    private let logger: Logger
    private let readiness = Atomic<Bool>(true)

    package init(policy: GatewayPolicy, keys: KeyRing, hasher: @escaping KeyHasher, metrics: Metrics, logger: Logger) {
        self.policyInForce = Mutex(policy)
        self.keys = keys
        self.hasher = hasher
        self.metrics = metrics
        self.logger = logger
    }

    /// What a request that begins now is decided by.
    package var policy: GatewayPolicy { self.policyInForce.withLock { $0 } }

    /// Puts another policy in force; requests in hand end on the one they began with.
    package func replacePolicy(_ policy: GatewayPolicy) { self.policyInForce.withLock { $0 = policy } }

    /// Whether new requests are welcome: false from the moment draining begins.
    package var isReady: Bool { self.readiness.load(ordering: .relaxed) }

    package func beginDraining() { self.readiness.store(false, ordering: .relaxed) }

    package func handle(_ request: ServerRequest) async {
        await Exchange(request, gateway: self).run()
    }

    package func faultBody(_ fault: HTTPFault) -> (contentType: StaticString, body: [UInt8]) {
        let code: GatewayError.Code =
            switch fault.status {
            case 408: .requestTimeout
            case 413: .bodyTooLarge
            case 431: .headTooLarge
            case 500: .gatewayFault
            default: .badRequest
            }
        let error = GatewayError(code, origin: .client, fault.reason)
        return ("application/json", ChatErrors.write(error, request: nil).body)
    }

    // MARK: Steps of the exchange that need shared state

    /// Whose key a request presents, checked, or claims by its signature; nobody's where the configuration asks for none.
    func authenticate(_ request: ServerRequest, policy: GatewayPolicy) throws(GatewayError) -> Caller {
        let keys = self.keys
        var caller: Caller?
        try request.headBytes.withBytes { bytes throws(GatewayError) in
            let query = request.head.query.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
            try CredentialPlaces.find(
                field: { place in
                    request.head.table.first(place.name, in: bytes).map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
                },
                query: query
            ) { key throws(GatewayError) in
                if policy.isOpen {
                    caller = Caller(nil)
                    return
                }
                guard let key else {
                    caller = try SignedRequests.caller(request.head, bytes, keys: keys)
                    if let caller { try Self.check(caller.principal) }
                    return
                }
                let digest = self.hasher(key)
                switch keys.authenticate(digest: digest, now: unixMilliseconds()) {
                case .success(let principal):
                    try Self.check(principal)
                    caller = Caller(principal)
                case .failure(let refusal):
                    throw refusal.error
                }
            }
        }
        guard let caller else { throw Gateway.missingKey }
        return caller
    }

    private static func check(_ principal: Principal?) throws(GatewayError) {
        guard principal?.role.mayAskModels ?? false else {
            throw GatewayError(.permission, origin: .client, "this key may look but not ask models")
        }
    }

    private static let missingKey = GatewayError(
        .authentication,
        origin: .client,
        "no API key; send one as Authorization: Bearer tp-… (or x-api-key, x-goog-api-key, api-key, ?key=)"
    )

    func settle(_ settlement: Settlement) {
        let labels = Metrics.RequestLabels(
            dialect: settlement.dialect.rawValue,
            target: settlement.target?.name ?? "",
            status: settlement.status,
            stream: settlement.stream
        )
        self.metrics.record(
            labels,
            nanoseconds: Instant.now.nanoseconds(since: settlement.received),
            usage: settlement.usage
        )
        guard let error = settlement.error, error.origin != .client else { return }
        self.logger.warning(
            "request failed",
            metadata: [
                "request": "\(settlement.id)",
                "code": "\(error.code)",
                "target": "\(settlement.target?.name ?? "")",
                "route": "\(settlement.route)",
                "status": "\(settlement.status)",
                "upstream_status": "\(error.upstreamStatus ?? 0)",
                "why": "\(settlement.detail ?? error.message)",
            ]
        )
    }
}
