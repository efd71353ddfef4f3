package import Core
import Crypto
import FoundationEssentials
package import Identity
import Synchronization

/// Seals secrets with AES-256-GCM under the master key.
///
/// A sealed secret is a version (1 byte), the name of the key it was sealed under (8 bytes), a nonce of its own (12), the
/// ciphertext and the tag (16). The owner is authenticated with it, so a sealed secret does not open for another one.
///
/// Both the key and its name are derived from the master key (HKDF-SHA256, RFC 5869), which is taken from the
/// configuration, else from a file that is made when the first secret is sealed. Nothing is read or made before a secret
/// has to be sealed or opened.
package final class SecretSeal: SecretSealing {
    private let configured: Secret?
    private let file: MasterKeyFile
    private let inUse: SealedSecret?
    private let key = Mutex<Key?>(nil)

    private struct Key {
        let sealing: SymmetricKey
        let name: [UInt8]
    }

    private static let version: UInt8 = 1
    private static let nameLength = 8

    /// Makes a seal.
    ///
    /// - Parameters:
    ///   - masterKey: the configured master key; nil or empty where the file holds it.
    ///   - path: the file that holds it otherwise.
    ///   - keys: the stored keys: a master key that does not fit what they have sealed is refused before anything is sealed
    ///     with it.
    package init(masterKey: Secret?, file path: String, keys: [StoredKey] = []) {
        self.configured = masterKey.flatMap { $0.isEmpty ? nil : $0 }
        self.file = MasterKeyFile(path: path)
        self.inUse = keys.first { $0.record.revoked == nil && $0.awsSecret != nil }?.awsSecret
    }

    /// Refuses a configured master key that cannot be one, before anything depends on it.
    ///
    /// - Throws: ``SealError/tooShort(_:)``.
    package func checkConfigured() throws(SealError) {
        if let configured { _ = try Self.material(of: configured) }
    }

    package func seal(_ secret: Secret, for owner: String) throws(SealError) -> SealedSecret {
        let key = try self.keyInForce(makesFile: self.inUse == nil)
        if let inUse = self.inUse, Self.name(of: inUse) != key.name[...] { throw .otherMasterKey }
        do {
            let box = try AES.GCM.seal(
                Array(secret.reveal().utf8),
                using: key.sealing,
                authenticating: Array(owner.utf8)
            )
            guard let combined = box.combined else { throw SealError.damaged }
            return SealedSecret([Self.version] + key.name + Array(combined))
        } catch {
            throw .damaged
        }
    }

    package func open(_ sealed: SealedSecret, for owner: String) throws(SealError) -> Secret {
        guard let name = Self.name(of: sealed) else { throw .damaged }
        let key = try self.keyInForce(makesFile: false)
        guard name == key.name[...] else { throw .otherMasterKey }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.bytes.dropFirst(1 + Self.nameLength))
            let opened = try AES.GCM.open(box, using: key.sealing, authenticating: Array(owner.utf8))
            return Secret(String(decoding: opened, as: UTF8.self))
        } catch {
            throw .damaged
        }
    }

    private static func name(of sealed: SealedSecret) -> ArraySlice<UInt8>? {
        guard sealed.bytes.count > 1 + Self.nameLength, sealed.bytes[0] == Self.version else { return nil }
        return sealed.bytes[1..<(1 + Self.nameLength)]
    }

    private func keyInForce(makesFile: Bool) throws(SealError) -> Key {
        let outcome: Result<Key, SealError> = self.key.withLock { held in
            if let held { return .success(held) }
            do throws(SealError) {
                let master = if let configured { configured } else { try self.file.read(makesFile: makesFile) }
                let key = Self.derived(from: try Self.material(of: master))
                held = key
                return .success(key)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// The bytes of a master key: 32 of them written in hexadecimal or base64, or any text that is long enough.
    private static func material(of master: Secret) throws(SealError) -> [UInt8] {
        let text = master.reveal()
        guard text.utf8.count >= SealError.shortest else { throw .tooShort(text.utf8.count) }
        if text.utf8.count == 64, let bytes = Self.hexadecimal(text) { return bytes }
        if let bytes = Data(base64Encoded: text), bytes.count == 32 { return Array(bytes) }
        return Array(text.utf8)
    }

    private static func hexadecimal(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text {
            guard character.isASCII, let digit = character.hexDigitValue.map(UInt8.init) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    private static func derived(from material: [UInt8]) -> Key {
        func derive(_ purpose: String, _ count: Int) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: material),
                salt: Array("turnpike".utf8),
                info: Array(purpose.utf8),
                outputByteCount: count
            )
        }
        return Key(
            sealing: derive("seal stored secrets, version 1", 32),
            name: derive("name of the master key", Self.nameLength).withUnsafeBytes { Array($0) }
        )
    }
}
