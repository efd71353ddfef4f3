import Core
import Identity
import Testing

@Suite struct CredentialPlacesTests {
    /// Finds the key among `fields` and `query` as the request path would.
    private func find(
        _ fields: [CredentialPlaces.Field: String] = [:],
        query: String? = nil
    ) throws(GatewayError) -> String? {
        var storage: [CredentialPlaces.Field: UnsafeMutableRawBufferPointer] = [:]
        func stored(_ text: String) -> UnsafeMutableRawBufferPointer {
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
            bytes.copyBytes(from: text.utf8)
            return bytes
        }
        for (field, value) in fields { storage[field] = stored(value) }
        let queryBytes = query.map(stored)
        defer {
            for bytes in storage.values { bytes.deallocate() }
            queryBytes?.deallocate()
        }
        var key: String?
        try CredentialPlaces.find(
            field: { storage[$0].map { UnsafeRawBufferPointer($0) } },
            query: queryBytes.map { UnsafeRawBufferPointer($0) },
            body: { found in key = found.map { String(decoding: $0, as: UTF8.self) } }
        )
        return key
    }

    @Test(
        arguments: [
            (.authorization, "Bearer tp-abc"), (.authorization, "bearer tp-abc"), (.authorization, "BEARER   tp-abc "),
            (.authorization, "Bearer\ttp-abc"), (.xAPIKey, "tp-abc"), (.xGoogAPIKey, " tp-abc\t"), (.apiKey, "tp-abc"),
        ] as [(CredentialPlaces.Field, String)]
    )
    func findsTheKeyInEachField(field: CredentialPlaces.Field, value: String) throws {
        #expect(try self.find([field: value]) == "tp-abc")
    }

    @Test(arguments: [
        "key=tp-abc", "alt=sse&key=tp-abc", "key=tp-abc&alt=sse", "key=tp%2Dabc", "key=%74%70-%61bc", "key=&key=tp-abc",
        "&&key=tp-abc&", "key=tp-abc&key=tp%2Dabc", "key=tp%2dabc&key=tp-abc&key=t%70-abc",
    ])
    func findsTheKeyInTheQuery(query: String) throws {
        #expect(try self.find(query: query) == "tp-abc")
    }

    @Test(arguments: ["", "alt=sse", "apikey=tp-abc", "key", "key=", "keys=tp-abc", "xkey=tp-abc", "ke", "key2=x"])
    func findsNoKeyInOtherQueries(query: String) throws {
        #expect(try self.find(query: query) == nil)
    }

    @Test(arguments: [
        "Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "Bearertp-abc", "tp-abc", "", "AWS4-HMAC-SHA256 Credential=x",
    ])
    func ignoresAuthorizationOfOtherSchemes(value: String) throws {
        #expect(try self.find([.authorization: value]) == nil)
        #expect(try self.find([.authorization: value, .xAPIKey: "tp-abc"]) == "tp-abc")
    }

    @Test(arguments: ["tp-a%", "tp-a%2", "tp-a%zz"])
    func takesAPercentSignWithoutTwoDigitsAsItself(value: String) throws {
        #expect(try self.find(query: "key=\(value)") == value)
    }

    @Test func acceptsTheSameKeyInSeveralPlaces() throws {
        let found = try self.find([.authorization: "Bearer tp-abc", .xAPIKey: "tp-abc"], query: "key=tp%2Dabc")
        #expect(found == "tp-abc")
    }

    @Test(
        arguments: [
            ([.authorization: "Bearer tp-abc", .xAPIKey: "tp-abd"], nil), ([.xAPIKey: "tp-abc"], "key=tp-ab"),
            ([:], "key=tp-abc&key=tp-xyz"), ([:], "key=tp%2Dabc&key=tp%2Dxyz"), ([.apiKey: "tp-abc"], "key=tp%2Dxyz"),
        ] as [([CredentialPlaces.Field: String], String?)]
    )
    func refusesTwoDifferentKeys(fields: [CredentialPlaces.Field: String], query: String?) {
        let error = #expect(throws: GatewayError.self) { try self.find(fields, query: query) }
        #expect(error?.code == .authentication)
        #expect(error?.message.contains("two different API keys") == true)
        #expect(error?.message.contains("tp-") == false)
    }

    @Test(arguments: [0, 1])
    func refusesAKeyOverTheLimit(excess: Int) throws {
        let key = String(repeating: "k", count: CredentialPlaces.limit + excess)
        let encoded = String(repeating: "%6b", count: CredentialPlaces.limit + excess)
        if excess == 0 {
            #expect(try self.find([.xAPIKey: key]) == key)
            #expect(try self.find(query: "key=\(encoded)") == key)
        } else {
            #expect(throws: GatewayError.self) { try self.find([.xAPIKey: key]) }
            #expect(throws: GatewayError.self) { try self.find(query: "key=\(encoded)") }
        }
    }
}
