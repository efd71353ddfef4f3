import Glibc
import Providers
import Testing

/// The README at the root of the package, which is two folders above this file's.
private func readme() -> String? {
    let path = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/README.md"
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
}

@Suite struct ReadmeTests {
    @Test func theReadmeListsTheDemoModelsAsTheyAre() throws {
        #expect(try #require(readme()).contains(DemoModels.markdown))
    }
}
