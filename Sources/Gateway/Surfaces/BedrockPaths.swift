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
        let stream: Bool
        if action.isExactly("converse") {
            stream = false
        } else if action.isExactly("converse-stream") {
            stream = true
        } else {
            return nil
        }
        let name = try PathText.decoded(UnsafeRawBufferPointer(rebasing: path[7..<slash]))
        return .generate(.init(dialect: .bedrockConverse, model: name, stream: stream))
    }
}
