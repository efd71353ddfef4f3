// swift-tools-version:6.2
import PackageDescription

// The strict settings every target is built with: explicit `any`, imports that do not leak, async functions that stay on
// their caller's executor (what keeps a request on its event loop), and no warning left standing.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // Dynamic exclusivity checks cost a fifth of the request path's instructions; debug builds and tests keep them
    // (docs/adr/0003-exclusivity-checks.md).
    // Generic code is specialised across our targets: unspecialised, a closure-taking call costs a microsecond.
    .unsafeFlags(
        ["-enforce-exclusivity=unchecked", "-cross-module-optimization"],
        .when(configuration: .release)
    ),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")

/// A room of the house: a target under `Sources/` that imports only the rooms below it.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "turnpike",
    platforms: [.macOS(.v26)],
    products: [.executable(name: "turnpike", targets: ["turnpike"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Pure rooms: no NIO, no BoringSSL, no sockets.
        // System calls Swift's Glibc module does not show.
        .target(name: "CProcess"),
        room("Core"),
        room("JSON"),
        room("HTTP1"),
        room("TurnpikeConfiguration", ["Core", "JSON", .product(name: "Yams", package: "Yams")]),
        room("Catalog", ["Core", "TurnpikeConfiguration"]),
        room("Dialects", ["Core", "JSON"]),
        room("Providers", ["Core", "JSON", "TurnpikeConfiguration", "Dialects"]),
        room("Routing", ["Core", "TurnpikeConfiguration", "Catalog"]),
        room("Identity", ["Core"]),
        room("Telemetry", ["Core", "JSON", logging]),

        // Adapters and the request path.
        room("Storage", ["Core", "Identity", crypto, .product(name: "GRDB", package: "GRDB.swift")]),
        room(
            "Transport",
            ["Core", "HTTP1", nioCore, nioPosix, nioSSL, .product(name: "NIOTLS", package: "swift-nio")]
        ),
        room(
            "Credentials",
            [
                "Core", "JSON", crypto, cryptoExtras, nioCore, nioPosix,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]
        ),
        room(
            "Gateway",
            [
                "Core", "JSON", "HTTP1", "TurnpikeConfiguration", "Catalog", "Dialects", "Providers", "Routing",
                "Identity",
                "Telemetry", "Transport", "Credentials", nioCore, logging,
            ]
        ),
        room(
            "Admin",
            [
                "Core", "JSON", "Identity", "Telemetry", "Storage",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"), nioCore, nioPosix, logging,
            ]
        ),
        .executableTarget(
            name: "turnpike",
            dependencies: [
                "CProcess", "Core", "JSON", "HTTP1", "TurnpikeConfiguration", "Catalog", "Providers", "Routing",
                "Identity", "Telemetry", "Storage",
                "Transport", "Credentials", "Gateway", "Admin", nioCore, nioPosix,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"), logging,
            ],
            swiftSettings: strict,
            // One binary that needs no Swift on the machine; calls into the runtime are direct, and what of it is not
            // used is not there.
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-static-stdlib", "-lCoreFoundation", "-l_FoundationICU", "-l_FoundationCShims",
                        "-l_FoundationCollections",
                    ],
                    .when(configuration: .release)
                )
            ]
        ),

        // What tests share: seeded generators, and the suites every store has to pass.
        room("TestSupport", ["Core", "JSON"]),
        room("StoreCompatibility", ["Core", "Identity"]),
        tests("CoreTests", ["Core", "TestSupport"]),
        tests("JSONTests", ["JSON", "TestSupport"]),
        tests(
            "TurnpikeConfigurationTests",
            ["Core", "JSON", "TurnpikeConfiguration", "TestSupport", .product(name: "Yams", package: "Yams")]
        ),
        tests("CatalogTests", ["Core", "TurnpikeConfiguration", "Catalog", "TestSupport"]),
        tests(
            "CredentialsTests",
            [
                "Core", "JSON", "Credentials", "TestSupport", crypto, cryptoExtras, nioPosix, nioCore,
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        tests("RoutingTests", ["Core", "TurnpikeConfiguration", "Catalog", "Routing"]),
        tests("TelemetryTests", ["Core", "Telemetry", logging]),
        tests("DialectsTests", ["Core", "JSON", "Dialects", "TestSupport"]),
        tests("ProvidersTests", ["Core", "JSON", "Dialects", "Providers", "TestSupport"]),
        tests("IdentityTests", ["Core", "Identity", "StoreCompatibility"]),
        tests(
            "StorageTests",
            ["Core", "Identity", "Storage", "StoreCompatibility", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        tests(
            "AdminTests",
            [
                "Core", "JSON", "Identity", "Storage", "StoreCompatibility", "Admin", nioPosix, logging,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        tests("HTTP1Tests", ["HTTP1", "TestSupport"]),
        tests(
            "TransportTests",
            [
                "Core", "HTTP1", "Transport", "TestSupport", nioCore, nioPosix,
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
