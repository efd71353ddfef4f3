import ArgumentParser

/// What the process ends with (sysexits.h): 0 done, 1 failed, 64 usage, 78 configuration.
enum ExitStatus {
    static let failed = ExitCode(1)
    static let configuration = ExitCode(78)
}
