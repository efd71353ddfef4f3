/// A text that must never be shown: a provider key, an admin key, a master key.
///
/// It cannot be printed, interpolated, reflected or encoded by accident; ``reveal()`` is the one way to read it, so a
/// search for that name lists every place a secret leaves its box.
package struct Secret: Sendable, Hashable {
    private let text: String

    package init(_ text: String) { self.text = text }

    /// The secret itself, for the one place that sends or compares it.
    package func reveal() -> String { self.text }

    package var isEmpty: Bool { self.text.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[secret]" }
    package var debugDescription: String { "[secret]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
