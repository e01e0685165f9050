@testable internal import Vault

extension FuzzParser {
    /// Leaves: both readers agree, and what is read is written again byte for byte.
    static let leaf = FuzzParser(
        name: "leaf",
        seeds: {
            let fields: [VaultRecord.Field] = [
                .init("action", "login"), .init(name: "name", value: [UInt8](repeating: 3, count: 70), isSealed: true),
            ]
            var control = VaultRecord(source: "", body: [1])
            control.kind = .control
            return [
                [], try VaultRecord(source: "web", occurred: 5, fields: fields, body: Array("text".utf8)).leaf(),
                try VaultRecord(source: "資安", body: []).leaf(), try control.leaf(), Array("as it came".utf8),
            ]
        },
        run: { leaf in
            let record = try? VaultRecord(leaf: leaf)
            if let record, leaf.starts(with: VaultRecord.magic) {
                require((try? record.leaf()) == leaf, "a leaf is written otherwise than it was read")
            }
            leaf.withUnsafeBytes { bytes in
                let view = LeafView(bytes)
                require((view == nil) == (record == nil), "one reader of leaves accepts what the other refuses")
                guard let view, let record else { return }
                var found: [VaultRecord.Field] = []
                view.forEachField { name, isSealed, value in
                    found.append(.init(name: String(decoding: name, as: UTF8.self), value: Array(value), isSealed: isSealed))
                    return true
                }
                require(
                    view.kind == record.kind.rawValue && (view.received ?? 0) == record.received
                        && view.occurred == record.occurred
                        && view.source.elementsEqual(record.source.utf8) && found == record.fields
                        && view.body.elementsEqual(record.body), "two readers of leaves see different records")
                require(Control.isControl(bytes) == (record.kind == .control), "who speaks is seen differently")
            }
        })

    /// Fields and words of bodies: within the body, within the limits.
    static let body = FuzzParser(
        name: "body",
        seeds: {
            [
                #"{"a":"x","n":-1.5e3,"o":{"b":{"c":"d"}},"l":[1,{"x":2}],"u":"\u8cc7\ud83d\ude00\n"}"#,
                #"type=LOGIN msg=audit(1732086000.123:456): acct="ro\"ot" msg='op=x a="b"' src=10.0.0.1,dst=10.0.0.2"#,
                "2026-11-20T08:30:00.123456Z 資安事件 5f1d3c2a-0b1e-4a57-9d57-1f0f7a0e9c11 4242424",
            ].map { Array($0.utf8) }
        },
        run: { body in
            var reader = BodyFieldReader()
            body.withUnsafeBytes { bytes in
                let fields = reader.read(bytes)
                require(fields.count <= VaultRecord.fieldLimit, "too many fields")
                for field in fields {
                    require((1...VaultRecord.nameLimit).contains(field.name.count), "a name of \(field.name.count) bytes")
                    require(field.value.count <= VaultRecord.valueLimit, "a value of \(field.value.count) bytes")
                    // The sanitizer looks at every byte that is touched.
                    require(field.name.reduce(0) { $0 &+ Int($1) } &+ field.value.reduce(0) { $0 &+ Int($1) } >= 0, "")
                }
                var last = 0
                Words.forEach(bytes) { start, end in
                    require(start >= last && start < end && end <= bytes.count, "words \(start)..<\(end) of \(bytes.count)")
                    last = end
                } pair: { _, _ in
                }
            }
            let text = String(decoding: body.prefix(12), as: UTF8.self)
            if Phrase.hasWord(text) { _ = body.withUnsafeBytes { Phrase(text).occurs(in: $0) } }
        })

    /// Indexes of segments. The input is bodies between zeros, and changes of the index made of them: odd first byte, checksums
    /// are put right. Judged: an index as it was made rules out no block with a hit; one with a changed byte is refused or rules
    /// out none either.
    static let index = FuzzParser(
        name: "index",
        seeds: {
            let bodies = #"{"user":"u1","text":"login failed"}"# + "\0user=u2 資安事件 4242424\0"
            return [[0, 0] + bodies.utf8, [1, 1, 0, 90, 7] + bodies.utf8, [0, 1, 0, 20, 7] + bodies.utf8]
        },
        run: { bytes in
            var input = Input(bytes)
            let (repairs, changes) = (input.byte() & 1 == 1, Int(input.byte()) % 8)
            let edits = (0..<changes).map { _ in (input.number(), input.byte()) }
            let bodies = input.all.split(separator: 0).prefix(20).map { Array($0) }
            let (id, footer) = ([UInt8](repeating: 5, count: 16), MerkleHash.leaf([1]))
            var packed: [UInt8] = []
            for body in bodies { Entries.append(body, to: &packed) }
            guard let ranges = Entries.ranges(packed, count: bodies.count) else { return }
            var builder = IndexBuilder(logID: id, blocks: 1)
            packed.withUnsafeBytes { builder.add(block: 0, $0, ranges) }
            var file = builder.finish(logID: id, segment: 3, footer: footer)
            let whole = file
            for (place, value) in edits { file[place % file.count] = value }
            if repairs {
                let tables = Int(file.number(UInt32.self, at: 72)) + Int(file.number(UInt32.self, at: 76)) + 1
                let end = min(file.count, IndexContent.headerLength + 16 * min(tables, file.count))
                file.set(CRC32C.sum(file[IndexContent.headerLength..<end]), at: 120)
                file.set(CRC32C.sum(file[..<124]), at: 124)
            }
            let files = MemoryFiles()
            files["/index"] = file
            let effects = files.effects
            guard let handle = try? effects.open("/index", .read),
                let tables = try? IndexTables(effects, handle, logID: id, segment: 3, footer: footer, blocks: 1)
            else {
                require(file != whole, "an index as it was made is refused")
                return
            }
            var reader = BodyFieldReader()
            for body in bodies {
                for field in queries(body, &reader) {
                    var query = SearchQuery()
                    query.fields = [field]
                    guard let plan = try? SearchPlan(query) else { continue }
                    let groups = try? IndexQuery(plan, IndexTokens(logID: id)).groups(tables, effects, handle)
                    require(repairs || groups == nil || groups == .some(1), "\(field.name) is ruled out")
                }
            }
        })

    private static func queries(_ body: [UInt8], _ reader: inout BodyFieldReader) -> [SearchQuery.Field] {
        body.withUnsafeBytes { bytes in
            guard let view = LeafView(bytes) else { return [] }
            return reader.read(view.body).compactMap { field in
                guard let name = String(validating: field.name, as: UTF8.self),
                    let value = String(validating: field.value, as: UTF8.self)
                else { return nil }
                return SearchQuery.Field(name, value)
            }
        }
    }
}
