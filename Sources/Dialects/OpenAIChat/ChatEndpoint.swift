/// The endpoints of OpenAI's API that this dialect covers.
///
/// Source: https://platform.openai.com/docs/api-reference
package enum ChatEndpoint: Sendable, Hashable, CaseIterable {
    /// `POST /v1/chat/completions`: `choices[].message`, in streams `choices[].delta`.
    case chat
    /// `POST /v1/completions`, the legacy endpoint: `choices[].text` in answers and in streams.
    case completions
    /// `POST /v1/embeddings`: `data[].embedding`, never a stream.
    case embeddings

    /// The path behind the version (`chat/completions`), without a leading slash.
    package var path: String {
        switch self {
        case .chat: "chat/completions"
        case .completions: "completions"
        case .embeddings: "embeddings"
        }
    }
}
