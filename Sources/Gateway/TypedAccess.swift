import Core
import NIOCore

extension ByteBuffer {
    /// ``NIOCore/ByteBuffer/withUnsafeReadableBytes(_:)`` for a body that throws this one type.
    func withBytes<Value>(
        _ body: (UnsafeRawBufferPointer) throws(GatewayError) -> Value
    ) throws(GatewayError) -> Value {
        let outcome: Result<Value, GatewayError> = self.withUnsafeReadableBytes { bytes in
            do throws(GatewayError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` for a body that throws this one type.
    func withBytes<Value>(
        _ body: (UnsafeRawBufferPointer) throws(GatewayError) -> Value
    ) throws(GatewayError) -> Value {
        let outcome: Result<Value, GatewayError> = self.withUnsafeBytes { bytes in
            do throws(GatewayError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}
