import Core
import Dialects
import Testing

struct MediaTypeTests {
    @Test(arguments: ["image/png", "application/vnd.ms-excel", "audio/x-wav", "image/svg+xml"])
    func takesAMediaType(text: String) {
        #expect(Media.isType(text))
    }

    @Test(arguments: [
        "", "image", "image/", "/png", "image/,ng", "image/png;base64", "image/p ng", "a/b/c", "image/\n",
    ])
    func refusesWhatWouldBreakADataURL(text: String) {
        #expect(!Media.isType(text))
    }

    @Test(arguments: [
        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"u\"}}]}]}",
        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/,\",\"data\":\"AA\"}}]}]}",
    ])
    func refusesAnImageNoProviderCouldRead(body: String) {
        let error = #expect(throws: GatewayError.self) {
            try Array(body.utf8).withUnsafeBytes { try Dialect.anthropicMessages.decodeRequest($0) }
        }
        #expect(error?.code == .badRequest && error?.field?.contains("source") == true)
    }

    @Test
    func refusesAMediaTypeOfGeminisThatIsNone() {
        let body =
            "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"inlineData\":{\"mimeType\":\"image/,ng\",\"data\":\"AA\"}}]}]}"
        let error = #expect(throws: GatewayError.self) {
            try Array(body.utf8).withUnsafeBytes { try Dialect.gemini.decodeRequest($0, model: "m", stream: false) }
        }
        #expect(error?.code == .badRequest && error?.field?.hasSuffix("mimeType") == true)
    }
}
