import JSON
import Testing

struct JSONMembersTests {
    @Test
    func findsKeysValuesAndKinds() throws {
        let text = #" { "a" : 1 ,"b":"x\"}","c":[1,{"d":"]"}], "e":{} ,"f":true,"g":false,"h":null,"i":-1.5e3 } "#
        #expect(
            try walkMembers(text) == [
                WalkedMember(key: "a", value: "1", kind: .number),
                WalkedMember(key: "b", value: #""x\"}""#, kind: .string),
                WalkedMember(key: "c", value: #"[1,{"d":"]"}]"#, kind: .array),
                WalkedMember(key: "e", value: "{}", kind: .object),
                WalkedMember(key: "f", value: "true", kind: .true),
                WalkedMember(key: "g", value: "false", kind: .false),
                WalkedMember(key: "h", value: "null", kind: .null),
                WalkedMember(key: "i", value: "-1.5e3", kind: .number),
            ]
        )
    }

    @Test
    func givesDuplicateKeysEachTime() throws {
        #expect(try walkMembers(#"{"a":1,"a":2}"#).map(\.value) == ["1", "2"])
    }

    @Test(arguments: [
        (#"{"model":1}"#, true), (#"{"\u006dodel":1}"#, true), (#"{"m\u006Fdel":1}"#, true), (#"{"Model":1}"#, false),
        (#"{"mode":1}"#, false), (#"{"models":1}"#, false), (#"{"\u006dodels":1}"#, false),
        (#"{"\u006dode":1}"#, false),
        (#"{"":1}"#, false), (#"{"mod\\el":1}"#, false),
    ])
    func comparesTheDecodedKey(text: String, isModel: Bool) throws {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var walk = JSONMembers()
            let member = try #require(try walk.next(in: bytes))
            #expect(member.keyIs("model", in: bytes) == isModel)
        }
    }

    @Test
    func comparesEscapedPairsAndSurrogatesWithoutPartner() throws {
        try Array(#"{"\ud83d\ude00é":1,"\ud83d":2,"\"":3,"":4}"#.utf8).withUnsafeBytes { bytes in
            var walk = JSONMembers()
            let pair = try #require(try walk.next(in: bytes))
            #expect(pair.keyIs("😀é", in: bytes) && !pair.keyIs("😀", in: bytes))
            let alone = try #require(try walk.next(in: bytes))
            #expect(alone.keyIs("\u{FFFD}", in: bytes))
            let quote = try #require(try walk.next(in: bytes))
            #expect(quote.keyIs("\"", in: bytes))
            let empty = try #require(try walk.next(in: bytes))
            #expect(empty.keyIs("", in: bytes))
        }
    }

    @Test
    func endsPastTheBraceWithinAText() throws {
        let bytes = Array(#"[{"a":1} , 2]"#.utf8)
        let (members, end) = try walkMembers(bytes, at: 1)
        #expect(members.map(\.key) == ["a"])
        #expect(end == 8)
    }

    @Test
    func endsPastTheWhiteSpaceAtTopLevel() throws {
        #expect(try walkMembers(Array(" {} \n".utf8)).end == 5)
    }

    @Test(arguments: [
        "", " ", "[]", "1", "{", "{\"a\"", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":1 \"b\":2}", "{\"a\":01}",
        "{\"a\":nul}", "{\"a\":[}]}",
        "{\"a\":[1}", "{\"a\":\"x}", "{\"a\":1} x", "{\"a\":1}}", "{\"a\nb\":1}", "{\"\\x\":1}", "{a:1}",
        "{\"a\":{\"b\":]}", "{\"a\":.5}",
        "{\"a\":\"\\\"}", "{\"a\":+1}",
    ])
    func refusesWhatItWalksOver(text: String) {
        #expect(throws: JSONSyntaxError.self) { try walkMembers(text) }
    }

    @Test
    func saysTheSameErrorAgain() throws {
        Array("{\"a\":1,x}".utf8).withUnsafeBytes { bytes in
            var walk = JSONMembers()
            #expect(throws: Never.self) { _ = try walk.next(in: bytes) }
            #expect(throws: JSONSyntaxError(offset: 7, message: "expected a key in quotes")) {
                try walk.next(in: bytes)
            }
            #expect(throws: JSONSyntaxError(offset: 7, message: "expected a key in quotes")) {
                try walk.next(in: bytes)
            }
        }
    }

    @Test(arguments: [0, 1, 2, 3, 6, 7, 8, 9, 15, 16, 31, 32, 33, 40, 63, 64, 65, 1000])
    func findsTheClosingQuoteBehindAnyRunOfBackslashes(length: Int) throws {
        for run in 0..<6 {
            let backslashes = String(repeating: "\\\\", count: run)
            let text = String(repeating: "x", count: length) + backslashes + "\\\""
            let value = "\"" + text + text + backslashes + "\""
            #expect(try walkMembers("{\"k\":\(value),\"l\":[\(value)]}").map(\.value) == [value, "[\(value)]"])
        }
    }

    @Test
    func refusesAnOffsetBeyondTheText() {
        #expect(throws: JSONSyntaxError.self) { try walkMembers("{}", at: 2) }
        #expect(throws: JSONSyntaxError.self) { try walkMembers("{}", at: 99) }
        #expect(throws: JSONSyntaxError.self) { try walkMembers("{}", at: -1) }
    }

    @Test
    func walksArrays() throws {
        #expect(
            try walkElements(#" [ 1 , "a,]" ,[2,[3]],{"b":[4]},null ] "#) == [
                "1", #""a,]""#, "[2,[3]]", #"{"b":[4]}"#, "null",
            ]
        )
        #expect(try walkElements("[]") == [])
        #expect(try walkElements(#"{"a":[1,2]}"#, at: 5) == ["1", "2"])
    }

    @Test(arguments: ["", "{}", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "[1}", "[[1}]", "[-]"])
    func refusesBrokenArrays(text: String) {
        #expect(throws: JSONSyntaxError.self) { try walkElements(text) }
    }
}

/// Walks that leave nested containers to the caller.
struct JSONHeadTests {
    private static let text = #" {"a":{"b":[1,{"c":2} ]} , "d":[3,{"e":{}},[4]],"f":"x","g":[ ]} "#

    @Test
    func passesOverWhatIsLeftUnread() throws {
        try Array(Self.text.utf8).withUnsafeBytes { bytes in
            var walk = JSONMembers()
            var keys: [String] = []
            while let member = try walk.nextHead(in: bytes) {
                keys.append(String(decoding: bytes[member.key], as: UTF8.self))
                #expect(member.value.isEmpty == (member.kind == .object || member.kind == .array))
            }
            #expect(keys == ["a", "d", "f", "g"])
            #expect(walk.end == bytes.count)
        }
    }

    @Test
    func goesOnBehindAnInnerWalk() throws {
        try Array(Self.text.utf8).withUnsafeBytes { bytes in
            var walk = JSONMembers()
            _ = try walk.nextHead(in: bytes)
            var inner = walk.object
            let nested = try #require(try inner.nextHead(in: bytes))
            #expect(nested.keyIs("b", in: bytes) && nested.kind == .array)
            #expect(String(decoding: bytes[try inner.skip(in: bytes)], as: UTF8.self) == #"[1,{"c":2} ]"#)
            #expect(try inner.nextHead(in: bytes) == nil)
            walk.resume(after: inner)
            #expect(try walk.nextHead(in: bytes)?.keyIs("d", in: bytes) == true)
            var elements = walk.array
            var kinds: [JSONKind] = []
            while let element = try elements.nextHead(in: bytes) { kinds.append(element.kind) }
            #expect(kinds == [.number, .object, .array])
            walk.resume(after: elements)
            #expect(try walk.nextHead(in: bytes)?.keyIs("f", in: bytes) == true)
        }
    }

    @Test
    func anInnerWalkGivenUpCountsAsUnread() throws {
        try Array(Self.text.utf8).withUnsafeBytes { bytes in
            var walk = JSONMembers()
            _ = try walk.nextHead(in: bytes)
            var inner = walk.object
            _ = try inner.nextHead(in: bytes)
            walk.resume(after: inner)
            #expect(try walk.nextHead(in: bytes)?.keyIs("d", in: bytes) == true)
        }
    }

    @Test(arguments: [#"{"a":[1}}"#, #"{"a":{"b":1]}"#, #"{"a":{"#, #"{"a":[}"#, #"{"a":[] "b":1}"#])
    func refusesBrokenContainersLeftUnread(text: String) {
        Array(text.utf8).withUnsafeBytes { bytes in
            var walk = JSONMembers()
            #expect(throws: Never.self) { _ = try walk.nextHead(in: bytes) }
            #expect(throws: JSONSyntaxError.self) { try walk.nextHead(in: bytes) }
            // The same error again.
            #expect(throws: JSONSyntaxError.self) { try walk.nextHead(in: bytes) }
        }
    }

    @Test(arguments: [(127, true), (128, false)])
    func countsTheDepthOfInnerWalks(arrays: Int, isAllowed: Bool) {
        let text = #"{"a":"# + String(repeating: "[", count: arrays) + String(repeating: "]", count: arrays) + "}"
        Array(text.utf8).withUnsafeBytes { bytes in
            let reads = Result<Void, any Error> {
                var walk = JSONMembers()
                _ = try walk.nextHead(in: bytes)
                var inner = walk.array
                while try inner.nextHead(in: bytes) != nil { inner = inner.array }
            }
            #expect(((try? reads.get()) != nil) == isAllowed)
        }
    }
}
