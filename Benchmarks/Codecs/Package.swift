// swift-tools-version:6.2
import PackageDescription

// Time and instructions of the codecs alone, by size: what a body costs per byte must not grow with its length.
// `../codecs.py` builds and runs it.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"]),
]

let package = Package(
    name: "turnpike-codecs",
    platforms: [.macOS(.v26)],
    targets: [
        .target(name: "Core", swiftSettings: strict),
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "Dialects", dependencies: ["Core", "JSON"], swiftSettings: strict),
        .executableTarget(name: "CodecBench", dependencies: ["Core", "JSON", "Dialects"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
