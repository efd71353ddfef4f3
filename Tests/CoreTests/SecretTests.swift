import Core
import Testing

@Suite struct SecretTests {
    @Test func cannotBePrintedInterpolatedReflectedOrDumped() {
        let secret = Secret("sk-hidden")
        var dumped = ""
        dump([secret], to: &dumped)
        for shown in ["\(secret)", String(reflecting: secret), String(describing: Optional(secret)), dumped] {
            #expect(!shown.contains("hidden"))
        }
        #expect(secret.reveal() == "sk-hidden")
    }
}
