import Core
import Dialects
import HTTP1

/// The paths of OpenAI's SDK and of Azure's two styles.
///
/// Sources: https://platform.openai.com/docs/api-reference,
/// https://learn.microsoft.com/azure/ai-services/openai/reference
enum OpenAIPaths {
    static func surface(_ path: UnsafeRawBufferPointer) throws(GatewayError) -> Surface? {
        if path.isExactly("/v1/responses") || path.isExactly("/openai/v1/responses")
            || path.isExactly("/openai/responses")
        {
            return .generate(.init(dialect: .openAIResponses))
        }
        if path.equals("/v1/", at: 0) { return Self.endpoint(path, from: 4).map(Self.generation) }
        if path.equals("/openai/v1/", at: 0) { return Self.endpoint(path, from: 11).map(Self.generation) }
        // Azure's dated versions name the deployment in the path: here a route or a model.
        if path.equals("/openai/deployments/", at: 0) {
            for endpoint in ChatEndpoint.allCases {
                let ending = "/" + endpoint.path
                let end = path.count - ending.utf8.count
                guard end > 20, path[end...].elementsEqual(ending.utf8) else { continue }
                let name = try PathText.decoded(UnsafeRawBufferPointer(rebasing: path[20..<end]))
                return .generate(.init(dialect: .openAIChat, endpoint: endpoint, model: name))
            }
        }
        return nil
    }

    private static func generation(_ endpoint: ChatEndpoint) -> Surface {
        .generate(.init(dialect: .openAIChat, endpoint: endpoint))
    }

    private static func endpoint(_ path: UnsafeRawBufferPointer, from start: Int) -> ChatEndpoint? {
        let rest = UnsafeRawBufferPointer(rebasing: path[start...])
        if rest.isExactly("chat/completions") { return .chat }
        if rest.isExactly("completions") { return .completions }
        if rest.isExactly("embeddings") { return .embeddings }
        return nil
    }
}
