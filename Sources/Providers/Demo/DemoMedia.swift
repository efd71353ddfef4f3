/// Describes images, audio and files by what their bytes say.
enum DemoMedia {
    /// A sentence about an image given by its URL.
    ///
    /// - Throws: A complaint about `path` where the text is no URL of an image.
    static func image(_ url: String, path: String) throws(DemoFault) -> String {
        guard url.hasPrefix("data:") else {
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw DemoFault.bad(path, "'\(path)' must be an http(s) URL or a data URL.", code: "invalid_image_url")
            }
            return "I was pointed to an image at \(url.prefix(500))."
        }
        let payload = Self.payload(of: url)
        guard url.prefix(200).contains(";base64,"), !payload.isEmpty else {
            throw DemoFault.bad(path, "'\(path)' must hold base64 data.", code: "invalid_image_url")
        }
        let size = Self.size(ofBase64: payload)
        guard let picture = DemoPicture(Self.decode(payload.prefix(Self.headLimit))) else {
            return "I see an image of \(size) bytes whose size I cannot read."
        }
        return "I see a \(picture.format) image of \(picture.width)×\(picture.height) pixels (\(size) bytes)."
    }

    /// As much base64 of an image as is decoded to find its size: JPEG may keep 64 KB of other things before it.
    private static let headLimit = 512 * 1024

    /// What stands behind the comma of a data URL, or the whole text where it is none.
    static func payload(of text: String) -> Substring.UTF8View {
        guard text.hasPrefix("data:"), let comma = text.utf8.firstIndex(of: UInt8(ascii: ",")) else {
            return text[...].utf8
        }
        return text[text.index(after: comma)...].utf8
    }

    /// The number of bytes base64 text stands for.
    static func size(ofBase64 text: some Collection<UInt8>) -> Int {
        var digits = 0
        for byte in text where Self.value(of: byte) != nil { digits += 1 }
        return digits * 6 / 8
    }

    /// Decodes base64, standard or URL-safe, up to the first byte that is neither a digit of it nor white space.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            guard let value = Self.value(of: byte) else {
                if byte == 0x20 || byte == 0x0A || byte == 0x0D { continue }
                break
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    /// Encodes base64 with padding. Source: RFC 4648 §4.
    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for digit in 0..<4 {
                text.append(
                    digit <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * digit) & 63)] : UInt8(ascii: "=")
                )
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}

/// The format and size of a picture, read from the head of its file.
struct DemoPicture: Equatable {
    /// The name of the file format.
    var format: String
    /// The width in pixels.
    var width: Int
    /// The height in pixels.
    var height: Int

    /// Reads PNG (https://www.w3.org/TR/png/#11IHDR), GIF (the 89a specification), JPEG (ITU-T T.81 §B.2.2) and WebP
    /// (https://developers.google.com/speed/webp/docs/riff_container); nil for anything else.
    init?(_ bytes: [UInt8]) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), bytes.count >= 24 {
            self.init("PNG", Self.big(bytes, 16, 4), Self.big(bytes, 20, 4))
        } else if bytes.starts(with: "GIF8".utf8), bytes.count >= 10 {
            self.init("GIF", Self.little(bytes, 6, 2), Self.little(bytes, 8, 2))
        } else if bytes.starts(with: [0xFF, 0xD8]) {
            self.init(jpeg: bytes)
        } else if bytes.starts(with: "RIFF".utf8), bytes.count >= 30, bytes[8..<12].elementsEqual("WEBP".utf8) {
            self.init(webP: bytes)
        } else {
            return nil
        }
    }

    private init(_ format: String, _ width: Int, _ height: Int) {
        self.format = format
        self.width = width
        self.height = height
    }

    /// Walks the segments up to the frame header, which holds the size.
    private init?(jpeg bytes: [UInt8]) {
        var place = 2
        while place + 9 <= bytes.count {
            guard bytes[place] == 0xFF else { return nil }
            let marker = bytes[place + 1]
            switch marker {
            case 0xFF:
                // Fill bytes may stand before a marker.
                place += 1
            case 0x01, 0xD0...0xD9:
                place += 2
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
                self.init("JPEG", Self.big(bytes, place + 7, 2), Self.big(bytes, place + 5, 2))
                return
            default:
                place += 2 + max(Self.big(bytes, place + 2, 2), 2)
            }
        }
        return nil
    }

    private init?(webP bytes: [UInt8]) {
        switch bytes[12..<16] {
        case let kind where kind.elementsEqual("VP8 ".utf8):
            self.init("WebP", Self.little(bytes, 26, 2) & 0x3FFF, Self.little(bytes, 28, 2) & 0x3FFF)
        case let kind where kind.elementsEqual("VP8L".utf8):
            let bits = Self.little(bytes, 21, 4)
            self.init("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case let kind where kind.elementsEqual("VP8X".utf8):
            self.init("WebP", Self.little(bytes, 24, 3) + 1, Self.little(bytes, 27, 3) + 1)
        default:
            return nil
        }
    }

    private static func big(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int {
        bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func little(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int {
        bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
