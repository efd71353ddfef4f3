import TestSupport
import Testing
import TurnpikeConfiguration

/// Whatever the text, the loader answers, and what it says lies in the file.
struct RobustnessTests {
    @Test(arguments: 0..<200)
    func brokenFilesAreReportedWithinTheFile(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        var scalars = Array(try sampleText().unicodeScalars)
        let letters: [Unicode.Scalar] = [
            ":", " ", "\n", "{", "}", "[", "]", "\"", "'", "#", "&", "*", "-", "$", "x", "\t", "é", "\u{0}",
        ]
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            let place = Int.random(in: 0..<scalars.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: scalars.remove(at: place)
            case 1: scalars.insert(letters.randomElement(using: &generator)!, at: place)
            default:
                let end = min(place + Int.random(in: 0...60, using: &generator), scalars.count)
                scalars.removeSubrange(place..<end)
            }
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        let text = String(view)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let result = load(text, environment: sampleEnvironment)
        #expect((result.configuration == nil) == !result.errors.isEmpty)
        for diagnostic in result.diagnostics {
            #expect((1...lines.count + 1).contains(diagnostic.line), "\(diagnostic)")
            #expect(diagnostic.column >= 1)
        }
    }

    @Test(arguments: 0..<100)
    func aMisspeltKeyIsFoundAtItsPlaceWithItsName(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let keys = [
            "direct_names", "mid_stream", "between_chunks", "bodies_in_flight", "prometheus", "guardrails",
            "max_false_hits",
        ]
        let key = try #require(keys.randomElement(using: &generator))
        let sample = try sampleText()
        let lines = sample.split(separator: "\n", omittingEmptySubsequences: false)
        let place = try #require(
            lines.enumerated().first { $0.element.contains("\(key):") && !$0.element.hasPrefix("#") }
        )
        var wrong = Array(key)
        let position = Int.random(in: 1..<wrong.count, using: &generator)
        wrong[position] = wrong[position] == "x" ? "y" : "x"
        let range = try #require(place.element.firstRange(of: "\(key):"))
        let column = place.element.unicodeScalars.distance(from: place.element.startIndex, to: range.lowerBound) + 1
        var changed = lines.map(String.init)
        changed[place.offset] = changed[place.offset].replacing(
            "\(key):",
            with: "\(String(wrong)):",
            maxReplacements: 1
        )
        let found = load(changed.joined(separator: "\n"), environment: sampleEnvironment).errors
        #expect(found.count == 1)
        #expect(found.first?.line == place.offset + 1)
        #expect(found.first?.column == column)
        #expect(found.first?.fix == "did you mean '\(key)'?")
    }
}
