import Core
import Dialects
import HTTP1

/// The paths of the Bedrock runtime.
///
/// Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
enum BedrockPaths {
    static func surface(_ path: UnsafeRawBufferPointer) throws(GatewayError) -> Surface? {
        guard path.equals("/model/", at: 0), let slash = PathText.last(UInt8(ascii: "/"), in: path), slash > 7 else {
            return nil
        }
        let action = UnsafeRawBufferPointer(rebasing: path[(slash + 1)...])
        let name = try PathText.decoded(UnsafeRawBufferPointer(rebasing: path[7..<slash]))
        for (converse, invoke, stream) in [
            ("converse", "invoke", false), ("converse-stream", "invoke-with-response-stream", true),
        ] as [(StaticString, StaticString, Bool)] {
            if action.isExactly(converse) {
                return .generate(.init(dialect: .bedrockConverse, model: name, stream: stream))
            }
            // The body of InvokeModel is the model's own: of models, Claude's is spoken here.
            if action.isExactly(invoke) {
                return .generate(
                    .init(dialect: .anthropicMessages, model: name, stream: stream, envelope: .bedrock)
                )
            }
        }
        return nil
    }
}
