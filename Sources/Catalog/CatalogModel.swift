package import Core
package import TurnpikeConfiguration

/// One model as the catalogue knows it.
package struct CatalogModel: Sendable, Hashable {
    /// The kind of provider that serves it.
    package var kind: ProviderKind
    /// The provider's own name for it, of several the one without a date. A request carries the name the client chose:
    /// `Catalog.requestName(of:)`.
    package var id: String
    /// Other names of the same thing at the same provider.
    package var aliases: [String] = []
    /// The family: `claude`, `gpt`, `gemini`; empty where the name tells none.
    package var family = ""
    /// What it is for.
    package var mode = Mode.chat
    /// The most tokens of input and output together.
    package var context: Int?
    /// The most tokens of input.
    package var inputLimit: Int?
    /// The most tokens of output.
    package var outputLimit: Int?
    /// What it can do, as far as it is known.
    package var capabilities: Set<Capability> = []
    /// Whether what is not among the capabilities is really beyond it. False where only the name is known, or a source
    /// lists the model without saying what it can do.
    package var capabilitiesAreKnown = false
    /// How requests to it have to be shaped.
    package var traits = ModelTraits()
    /// What it costs.
    package var prices = PriceList()
    /// How far it is from its first or last day.
    package var status = Status.available
    /// The day it is withdrawn, `2026-11-30`; nil where none is announced.
    package var deprecates: String?
    /// The publisher's page the facts are from; of a model the configuration declares, the word `configuration`.
    package var source = ""
    /// The data set the facts were read from, with its version.
    package var dataset = ""
    /// Whether the built-in catalogue lists it; else what is here comes from the configuration and from its name.
    package var isListed = false

    /// A model of which only the name is known.
    package init(kind: ProviderKind, id: String) {
        self.kind = kind
        self.id = id
    }
}

extension CatalogModel {
    /// What a model is for.
    package enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Answers messages.
        case chat
        /// Goes on from a text.
        case completion
        /// Turns texts into vectors.
        case embedding
        /// Ranks documents.
        case rerank
        /// Makes or changes pictures.
        case image
        /// Makes speech from text.
        case speech
        /// Makes text from speech.
        case transcription
        /// Judges whether text is harmful.
        case moderation
        /// Talks, over a connection that stays open.
        case realtime
        /// Makes films.
        case video
        /// Reads documents.
        case ocr
    }

    /// How far a model is from its first or last day.
    package enum Status: String, Sendable, Hashable {
        /// Generally available.
        case available
        /// A preview or beta, which may go without notice.
        case preview
        /// Its last day is announced.
        case deprecated
    }
}
