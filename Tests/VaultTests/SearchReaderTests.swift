import Foundation
import Testing

@testable import Vault

@Suite("Search: leaves, fields and words of records")
struct SearchReaderTests {
    private func fields(_ body: some Sequence<UInt8>) -> [String] {
        var reader = BodyFieldReader()
        return Array(body).withUnsafeBytes { bytes in
            reader.read(bytes).map { "\(String(decoding: $0.name, as: UTF8.self))=\(String(decoding: $0.value, as: UTF8.self))" }
        }
    }

    private func fields(_ body: String) -> [String] { fields(body.utf8) }

    @Test("a view of a leaf says what VaultRecord says, on good and on mutated leaves")
    func views() {
        var maker = RecordMaker(11)
        for round in 0..<20_000 {
            var leaf = maker.leaf(Int64(round))
            if round % 2 == 0, !leaf.isEmpty {
                if round % 4 == 0 {
                    leaf[Int.random(in: 0..<min(leaf.count, 60), using: &maker.random)] = UInt8(
                        truncatingIfNeeded: maker.random.next())
                }
                if round % 6 == 0 { leaf.removeLast(Int.random(in: 0...leaf.count, using: &maker.random)) }
            }
            let record = try? VaultRecord(leaf: leaf)
            leaf.withUnsafeBytes { bytes in
                let view = LeafView(bytes)
                #expect((view == nil) == (record == nil))
                guard let view, let record else { return }
                var found: [VaultRecord.Field] = []
                view.forEachField { name, isSealed, value in
                    found.append(.init(name: String(decoding: name, as: UTF8.self), value: Array(value), isSealed: isSealed))
                    return true
                }
                #expect(view.kind == record.kind.rawValue && (view.received ?? 0) == record.received)
                #expect(view.occurred == record.occurred && Array(view.source) == Array(record.source.utf8))
                #expect(found == record.fields && Array(view.body) == record.body)
            }
        }
    }

    @Test("JSON members, nested names to depth 3, literals, escapes")
    func json() {
        #expect(
            fields(#"{"a":"x","n":-1.5e3,"t":true,"f":false,"z":null,"l":[1,"x"]}"#) == ["a=x", "n=-1.5e3", "t=true", "f=false"])
        #expect(fields(#" { "a" : { "b" : {"c":"d","e":{"f":"g"}}, "h":1 }, "i":"j" }"#) == ["a.b.c=d", "a.h=1", "i=j"])
        #expect(fields(#"{"a":"\u8cc7\u5b89 \"q\" \\ \/ \n\ud83d\ude00"}"#) == ["a=資安 \"q\" \\ / \n😀"])
        #expect(fields(#"{"a":"\ud83d x","b":"\udE00","\u0061c":"\x"}"#) == ["a=\u{FFFD} x", "b=\u{FFFD}", "ac=\\x"])
        #expect(fields(#"{"":"x","a":""}"#) == ["a="])
    }

    @Test("JSON that is not well-formed gives what could be read, and never more")
    func brokenJSON() {
        #expect(fields("") == [] && fields("{") == [] && fields("{\"") == [] && fields("{\"a\"") == [] && fields("{\"a\":") == [])
        #expect(fields(#"{"a":"x","b":"unfinished"#) == ["a=x"])
        #expect(fields(#"{"a":"x","b":"ends in \"#) == ["a=x"])
        #expect(fields(#"{"a":1,"b":nonsense,"c":2}"#) == ["a=1", "c=2"])
        #expect(fields(#"{"a":1 "b":2}}}}{"c":3}"#) == ["a=1", "b=2"])
        #expect(fields(#"{"a":"x",]"#) == ["a=x"])
        #expect(fields([0x7B, 0, 0x22, 0xFF, 0x22, 0x3A, 0x22, 0, 0xC0, 0x22, 0x7D]).count == 1)
        let deep = String(repeating: "{\"a\":", count: 10_000)
        #expect(fields(deep) == [])
        #expect(fields("{\"d\":" + String(repeating: "[", count: 60_000)) == [])
        #expect(
            fields("{\"d\":" + String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000) + ",\"e\":1}") == [
                "e=1"
            ])
    }

    @Test("limits: 64 fields, names of 63 bytes, values of 4,096")
    func limits() {
        let many = "{" + (0..<100).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        #expect(fields(many) == (0..<64).map { "k\($0)=\($0)" })
        let (name, value) = (String(repeating: "n", count: 63), String(repeating: "v", count: 4_096))
        #expect(
            fields("{\"\(name)\":1,\"\(name)n\":2,\"v\":\"\(value)\",\"w\":\"\(value)v\",\"x\":3}") == [
                "\(name)=1", "v=\(value)", "x=3",
            ])
        #expect(fields("\(name)=1 \(name)n=2 v=\(value) w=\(value)v x=3") == ["\(name)=1", "v=\(value)", "x=3"])
        let half = String(repeating: "h", count: 31)
        #expect(fields("{\"\(half)\":{\"\(half)\":1,\"\(half)h\":2}}") == ["\(half).\(half)=1"])
        let escapes = String(repeating: "\\u8cc7", count: 1_365)
        #expect(fields("{\"a\":\"\(escapes)\",\"b\":\"\(escapes)\\u8cc7\"}").count == 1)
    }

    @Test("key=value as auditd, logfmt and firewalls write")
    func pairs() {
        #expect(
            fields(
                #"type=USER_LOGIN msg=audit(1732086000.123:456): pid=1 uid=0 msg='op=login acct="root" exe="/usr/sbin/sshd" res=success'"#
            )
                == [
                    "type=USER_LOGIN", "msg=audit(1732086000.123:456):", "pid=1", "uid=0", "op=login", "acct=root",
                    "exe=/usr/sbin/sshd", "res=success",
                ])
        #expect(
            fields(#"level=info msg="say \"hi\" C:\\x C:\new" empty= n=1"#) == [
                "level=info", #"msg=say "hi" C:\x C:\new"#, "empty=", "n=1",
            ])
        #expect(
            fields("src=10.0.0.1,dst=10.0.0.2;proto=6, list=1,2,3 last=x,") == [
                "src=10.0.0.1", "dst=10.0.0.2", "proto=6", "list=1,2,3", "last=x",
            ])
        #expect(fields("a=b=c ==x =y z") == ["a=b=c"])
        #expect(fields("q=\"unfinished w=1") == ["w=1"])
        #expect(fields("x='") == [] && fields("=") == [] && fields("a=") == [] && fields("a= ") == ["a="])
        #expect(fields(String(repeating: "=", count: 60_000)) == [])
        #expect(fields("a=" + String(repeating: ",", count: 60_000)).count <= 1)
    }

    @Test("the members of random JSON are those that Foundation reads")
    func againstFoundation() throws {
        var maker = RecordMaker(5)
        for _ in 0..<3_000 {
            let text = maker.object(1)
            let whole = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let found = Set(fields(text))
            for (name, value) in flatten(whole, "", 1) where found.count < 64 {
                #expect(found.contains("\(name)=\(value)"), "\(text)")
            }
        }
    }

    /// Strings and booleans; numbers are written as they came, so their text is not compared.
    private func flatten(_ object: [String: Any], _ prefix: String, _ depth: Int) -> [(String, String)] {
        object.flatMap { name, value -> [(String, String)] in
            let full = prefix + name
            if let inner = value as? [String: Any] { return depth < 3 ? flatten(inner, full + ".", depth + 1) : [] }
            if let text = value as? String { return [(full, text)] }
            return []
        }
    }

    @Test("random and mutated bodies never trap, and give no field beyond the limits")
    func mutations() {
        var maker = RecordMaker(77)
        var reader = BodyFieldReader()
        for _ in 0..<40_000 {
            var body = maker.body()
            for _ in 0..<Int.random(in: 0...3, using: &maker.random) where !body.isEmpty {
                let place = Int.random(in: 0..<body.count, using: &maker.random)
                switch maker.random.next() % 3 {
                case 0: body[place] = maker.pick(Array("{}[]\":,\\=' u0".utf8) + [0, 0xFF, 0xE8])
                case 1: body.removeSubrange(place...)
                default: body.insert(contentsOf: body[place...].prefix(20), at: place)
                }
            }
            body.withUnsafeBytes { bytes in
                for field in reader.read(bytes) { #expect((1...63).contains(field.name.count) && field.value.count <= 4_096) }
            }
        }
    }

    // MARK: Words

    private func words(_ text: some Sequence<UInt8>) -> (words: [String], pairs: Int) {
        let bytes = Array(text)
        var (words, pairs): ([String], Int) = ([], 0)
        bytes.withUnsafeBytes { buffer in
            Words.forEach(buffer) {
                words.append(String(decoding: buffer[$0..<$1], as: UTF8.self))
            } pair: { _, _ in
                pairs += 1
            }
        }
        return (words, pairs)
    }

    @Test("words are runs of letters and digits; ideographs pair")
    func cutting() {
        #expect(words("".utf8) == ([], 0))
        #expect(words("Hello, wor1d_x\u{0}y".utf8) == (["Hello", "wor1d", "x", "y"], 0))
        #expect(words("Windows系統，登入 naïve·x".utf8) == (["Windows", "naïve", "x"], 2))
        #expect(words([0x61, 0xFF, 0x62, 0xE8, 0xB3, 0x63]) == (["a", "b", "c"], 0))
        let long = String(repeating: "abc ", count: 100)
        #expect(words(long.utf8).words.count == 100)
    }

    @Test("ASCII is cut 64 bytes a step as it is byte by byte")
    func windows() {
        var random = Seeded(8)
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                random.next() % 3 == 0 ? UInt8(truncatingIfNeeded: random.next() % 128) : UInt8(ascii: "k")
            }
            let expected = text.split { !Scalars.isWord($0) }.map { String(decoding: $0, as: UTF8.self) }
            #expect(words(text).words == expected)
        }
    }

    @Test("every well-formed scalar reads the same forward and backward; validity is the standard library's")
    func scalars() {
        var random = Seeded(9)
        for _ in 0..<50_000 {
            let bytes = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                random.next() % 2 == 0
                    ? UInt8(truncatingIfNeeded: random.next())
                    : [0xE8, 0xB3, 0x87, 0xF0, 0x9F, 0x98, 0x80, 0xED, 0xA0][Int(random.next() % 9)]
            }
            bytes.withUnsafeBytes { text in
                #expect(Scalars.isValid(text) == (String(validating: bytes, as: UTF8.self) != nil))
                var at = 0
                while at < text.count {
                    guard let scalar = Scalars.decode(text, at: at) else {
                        at += 1
                        continue
                    }
                    at += scalar.length
                    #expect(Scalars.decode(text, before: at) == scalar.value)
                }
            }
        }
    }

    @Test("phrases begin and end where words do, in either case")
    func phrases() {
        func occurs(_ phrase: String, _ text: String) -> Bool {
            Array(text.utf8).withUnsafeBytes { Phrase(phrase).occurs(in: $0) }
        }
        #expect(occurs("login failed", "xlogin failedx LOGIN Failed."))
        #expect(!occurs("login failed", "xlogin failed login failedx"))
        #expect(occurs("安全", "資訊安全部") && occurs("訊", "資訊安全部") && !occurs("資全", "資訊安全部"))
        #expect(occurs("系統", "Windows系統x") && !occurs("dows系統", "Windows系統") && occurs("windows系", "Windows系統"))
        #expect(occurs("/var/log", "cat /var/log") && !occurs("/var/log", "/var/logs") && occurs("/var/log", "x/var/log"))
        #expect(!occurs("na", "naïve") && occurs("NAïVE", "naïve") && !occurs("naÏve", "naïve"))
    }

    @Test("a needle is found where a slow search finds it")
    func needles() {
        var random = Seeded(21)
        for _ in 0..<30_000 {
            let isFolded = random.next() % 2 == 0
            let letters: [UInt8] = Array("aAbB1".utf8) + [0, 1, 0x80]
            let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in letters[Int(random.next() % 8)] }
            let needle = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                (isFolded ? Array("ab1".utf8) : letters)[Int(random.next() % 3)]
            }
            let from = Int.random(in: 0...text.count + 1, using: &random)
            let folded = isFolded ? text.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 } : text
            let expected =
                needle.isEmpty || from + needle.count > text.count
                ? nil : (from...text.count - needle.count).first { folded[$0..<$0 + needle.count].elementsEqual(needle) }
            #expect(text.withUnsafeBytes { Needle(needle, isFolded: isFolded).find($0, from: from) } == expected)
        }
    }
}
