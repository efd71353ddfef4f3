// swift-tools-version:6.2
import PackageDescription

// Fuzz targets over the pure rooms, with the libFuzzer of the toolchain. `run.sh` builds and runs them; they exist only under
// FUZZ=1, as they link against a runtime that a normal build knows nothing of.
//
// To add a target: a row in `fuzzed`, a folder `Sources/Fuzz<Name>` with a `main.swift`, a seed corpus in `corpus/<name>`, and,
// for a room that is not here yet, a symbolic link `Sources/<Room>` to `../../Sources/<Room>`.

/// The rooms under test, instrumented for coverage, and the rooms below each.
let rooms: [(name: String, below: [String])] = [
    ("JSON", []), ("HTTP1", []), ("Core", []), ("Dialects", ["Core", "JSON"]),
]
/// Executable targets and what each calls. What the targets of the dialects share is in `DialectPromises`.
let fuzzed: [(target: String, calls: [String])] = [
    ("FuzzJSON", ["JSON"]),
    ("FuzzSSE", ["JSON"]),
    ("FuzzHTTP1", ["HTTP1"]),
    ("FuzzEventStream", ["JSON"]),
    ("FuzzChat", ["DialectPromises", "Dialects"]),
    ("FuzzAnthropic", ["DialectPromises", "Dialects"]),
    ("FuzzGemini", ["DialectPromises", "Dialects"]),
    ("FuzzConverse", ["DialectPromises", "Dialects"]),
]

let isFuzzing = Context.environment["FUZZ"] == "1"
let architecture = Context.environment["FUZZ_ARCHITECTURE"] ?? "x86_64"
let runtime = Context.environment["FUZZ_RUNTIME"] ?? "/usr/lib/clang/21/lib/linux"

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

// Only the rooms are instrumented: the flag takes `main` away from an executable target.
let instrumented = strict + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"])] : [])
let driver: [LinkerSetting] = [
    .unsafeFlags(["-L\(runtime)", "-lclang_rt.fuzzer_no_main-\(architecture)", "-lstdc++", "-lm"])
]

let package = Package(
    name: "turnpike-fuzz",
    platforms: [.macOS(.v26)],
    targets: rooms.map { room in
        .target(name: room.name, dependencies: room.below.map { .init(stringLiteral: $0) }, swiftSettings: instrumented)
    }
        + (isFuzzing
            ? [
                .systemLibrary(name: "CFuzzer"),
                .target(name: "DialectPromises", dependencies: ["Core", "JSON", "Dialects"], swiftSettings: strict),
            ]
                + fuzzed.map {
                    .executableTarget(
                        name: $0.target,
                        dependencies: ["CFuzzer"] + $0.calls.map { .init(stringLiteral: $0) },
                        swiftSettings: strict,
                        linkerSettings: driver
                    )
                }
            : []),
    swiftLanguageModes: [.v6]
)
