import Documents
import Rulebook
import Testing

@testable import Supervision

@Suite("The watch's minutes: required hours, terms, tolerance")
struct WatchTallyTests {
    static func minute(_ text: String) throws -> Int64 { try #require(Instant("\(text):00+08:00")).minute }
    static let weekdays = BusinessCalendar(closedWeekdays: [6, 7])

    @Test("hours of a trading day, a session past midnight, a holiday, a make-up day")
    func hours() throws {
        let policy = try WatchPolicy.shipped()
        let week = try Self.minute("2027-01-18T00:00")..<Self.minute("2027-01-25T00:00")
        func required(_ ids: [String], _ calendar: BusinessCalendar) -> Int64 {
            WatchHours.required(policy.hours(ids), calendar, in: week).reduce(0) { $0 + Int64($1.count) }
        }
        #expect(required(["securities"], Self.weekdays) == 5 * 315)
        #expect(required(["always"], Self.weekdays) == 7 * 1_440)
        // Four whole nights, Friday's reaching into Saturday, none of the Sunday before.
        #expect(required(["futures-night"], Self.weekdays) == 5 * 850)
        #expect(required(["securities", "futures"], Self.weekdays) == 5 * 315)
        var calendar = Self.weekdays
        calendar.closed.insert(try #require(CivilDate("2027-01-20")))
        #expect(required(["securities"], calendar) == 4 * 315)
        calendar.open.insert(try #require(CivilDate("2027-01-23")))
        #expect(required(["securities"], calendar) == 5 * 315)
        let night = WatchHours.required(policy.hours(["futures-night"]), Self.weekdays, in: week)
        #expect(try night.last == Self.minute("2027-01-22T14:50")..<Self.minute("2027-01-23T05:00"))
    }

    @Test("counts against a plain oracle: every minute of random hours, terms and stretches by itself")
    func oracle() throws {
        let policy = try WatchPolicy.shipped()
        var generator = SeededGenerator(seed: 77)
        let start = try Self.minute("2027-01-20T00:00")
        for round in 0..<60 {
            func cuts(_ count: Int) -> [Int64] {
                (0..<count).map { _ in start + Int64.random(in: 0..<6 * 1_440, using: &generator) }.sorted()
            }
            var stretches: [WatchStretch] = []
            let ends = cuts(24)
            for (from, to) in zip(ends, ends.dropFirst()) where from < to && Bool.random(using: &generator) {
                stretches.append(WatchStretch(from..<to, WatchStretch.State.allCases.randomElement(using: &generator) ?? .up))
            }
            let places = cuts(4)
            let names = policy.hours.map(\.id)
            func some() -> WatchTarget {
                WatchWorld.target(hours: names.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 })
            }
            let terms = [WatchTerm(places[0]..<places[1], some()), WatchTerm(places[2]..<places[3], some())]
            let duty = WatchDuty(terms: terms, policy: policy, calendar: Self.weekdays)
            let range = cuts(2)
            let tally = duty.tally(stretches, in: range[0]..<range[1])
            var wanted = WatchTally()
            for minute in range[0]..<range[1] {
                let day = Instant(minute: minute).date(in: .taipei)
                let ofDay = Int(minute - WatchSight.minute(of: day))
                let isRequired = terms.contains { term in
                    term.minutes.contains(minute)
                        && policy.hours(term.target.hours).contains { hours in
                            (hours.from..<hours.to).contains(ofDay) && (!hours.isBusinessOnly || day.weekday < 6)
                                || (hours.from..<hours.to).contains(ofDay + 1_440)
                                    && (!hours.isBusinessOnly || day.adding(days: -1).weekday < 6)
                        }
                }
                guard isRequired else { continue }
                wanted.required += 1
                switch stretches.first(where: { $0.minutes.contains(minute) })?.state {
                case .up: wanted.up += 1
                case .down: wanted.down += 1
                case .unconfirmed: wanted.unconfirmed += 1
                case nil: break
                }
            }
            #expect(tally == wanted, "round \(round)")
            #expect(tally.unknown == tally.required - tally.up - tally.down && tally.unknown >= tally.unconfirmed)
        }
    }

    @Test(
        "an outage counts only in required minutes; at the tolerance it is within, a minute more exceeds it, unknown ones leave it open"
    )
    func tolerance() throws {
        let policy = try WatchPolicy.shipped()
        let open = try Self.minute("2027-01-18T08:30")
        let terms = [WatchTerm(open - 2_000..<open + 2_000, WatchWorld.target(hours: ["securities"]))]
        let duty = WatchDuty(terms: terms, policy: policy, calendar: Self.weekdays)
        func measure(_ stretches: [WatchStretch], from: Int64, to: Int64?) -> WatchMeasure {
            let outage = WatchOutage(
                id: 1, target: "orders", began: Instant(minute: from), ended: to.map { Instant(minute: $0) }, isCut: false,
                relapses: 0, reason: .refused)
            return duty.measure(outage, stretches, asOf: open + 100)
        }
        let before = measure([WatchStretch(open - 60..<open + 3, .down)], from: open - 60, to: open + 3)
        #expect(before == WatchMeasure(down: 3, unknown: 0, tolerance: 3) && before.verdict == .within)
        #expect(measure([WatchStretch(open - 60..<open + 4, .down)], from: open - 60, to: open + 4).verdict == .exceeded)
        let gap = measure(
            [WatchStretch(open..<open + 2, .down), WatchStretch(open + 5..<open + 6, .down)], from: open, to: open + 6)
        #expect(gap == WatchMeasure(down: 3, unknown: 3, tolerance: 3) && gap.verdict == .undetermined)
        // One that goes on is measured up to now.
        #expect(measure([WatchStretch(open..<open + 100, .down)], from: open, to: nil).down == 100)
        let night = measure([WatchStretch(open - 300..<open - 100, .down)], from: open - 300, to: open - 100)
        #expect(night == WatchMeasure(down: 0, unknown: 0, tolerance: 3))
    }

    @Test("terms: from the minute after the approval to its end, the next one, or the retirement")
    func terms() throws {
        let day = try #require(CivilDate("2027-01-18"))
        let noon = try #require(Instant("2027-01-18T12:00:30+08:00"))
        func version(_ number: Int, interval: Int) -> WatchVersion {
            WatchVersion(
                version: number, target: WatchWorld.target(interval: interval), changed: noon, by: "a", reason: "r",
                rejectedBy: "")
        }
        func approval(_ version: Int, _ at: Instant, _ until: CivilDate) -> WatchApproval {
            WatchApproval(version: version, at: at, by: "b", until: until, note: "")
        }
        let versions = [version(1, interval: 1), version(2, interval: 5)]
        var record = WatchRecord(versions: versions, approvals: [approval(1, noon, day)], retired: nil)
        let midnight = try Self.minute("2027-01-19T00:00")
        #expect(record.terms.map(\.minutes) == [noon.minute + 1..<midnight])
        #expect(record.inForce(at: Instant(minute: midnight).adding(seconds: -1)) != nil)
        #expect(record.inForce(at: Instant(minute: midnight)) == nil)
        #expect(record.waiting?.version == 2)
        let later = noon.adding(seconds: 3_600)
        record.approvals.append(approval(2, later, day.adding(days: 3)))
        #expect(record.terms.map(\.minutes) == [noon.minute + 1..<later.minute, later.minute..<midnight + 3 * 1_440])
        #expect(record.terms.map(\.target.interval) == [1, 5] && record.waiting == nil)
        record.retired = later.adding(seconds: 600)
        #expect(record.terms.last?.minutes == later.minute..<later.minute + 10)
        #expect(record.inForce(at: later.adding(seconds: 600)) == nil && record.inForce(at: later)?.interval == 5)
        record.approvals = []
        #expect(record.terms.isEmpty)
    }
}

@Suite("The watch's limits: policy, targets, addresses")
struct WatchLimitTests {
    @Test(
        "addresses that no probe goes to, in every dress",
        arguments: [
            "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
            "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "239.1.1.1", "255.255.255.255",
            "240.0.0.1",
            "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "2001::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
        ])
    func forbidden(address: String) throws {
        let bytes = try #require(AddressRange.address(address))
        let policy = try WatchPolicy.shipped()
        #expect(!policy.allows(bytes))
        #expect(policy.allows(bytes, allowsLocal: true))
    }

    @Test(
        "addresses of others are allowed",
        arguments: [
            "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "168.63.129.17", "2400:cb00::1",
            "::ffff:8.8.8.8",
        ])
    func allowed(address: String) throws {
        #expect(try WatchPolicy.shipped().allows(try #require(AddressRange.address(address))))
    }

    @Test("ranges read strictly, and contain what a plain comparison of bits says")
    func ranges() throws {
        for text in [
            "", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/8", "fc00::/129", "::1/64", "10.0.0/8", "a/8", "10.0.0.0/8/8",
        ] {
            #expect(AddressRange(text) == nil, "\(text)")
        }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            let bits = Int.random(in: 0...32, using: &generator)
            let mask: UInt32 = bits == 0 ? 0 : ~0 << UInt32(32 - bits)
            let (base, other) = (
                UInt32.random(in: 0...UInt32.max, using: &generator) & mask, UInt32.random(in: 0...UInt32.max, using: &generator)
            )
            let near = Bool.random(using: &generator) ? base | other & ~mask : other
            func bytes(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - $0 * 8)) } }
            let text = bytes(base).map(String.init).joined(separator: ".") + "/\(bits)"
            #expect(try #require(AddressRange(text)).contains(bytes(near)) == (near & mask == base), "\(text) \(near)")
        }
    }

    @Test("a policy with a wrong key is refused, and says where")
    func policy() throws {
        let file = try #require(ShippedFiles.files(in: "supervision").first { $0.name == "supervision/watch.yaml" })
        let text = String(decoding: file.bytes, as: UTF8.self)
        for (old, new) in [
            ("targets: 500", "targets: 0"), ("interval: [1, 60]", "interval: [60, 1]"), ("failures: 2", "failures: 4"),
            ("to: \"29:00\"", "to: \"49:00\""), ("10.0.0.0/8", "10.0.0.0/7x"), ("days: every", "days: never"),
            ("hours: securities}", "hours: nowhere}"), ("write_seconds: 300", "write_secs: 300"),
            ("to: \"24:00\"", "to: \"00:00\""),
            ("closed_weekdays: [6, 7]", "closed_weekdays: [8]"), ("id: futures-night", "id: futures"),
        ] {
            let changed = text.replacing(old, with: new)
            #expect(changed != text, "\(old)")
            #expect(throws: DocumentError.self, "\(new)") { try WatchPolicy.read(try YAMLReader.read(Array(changed.utf8))) }
        }
    }

    @Test("a target that is not as it should be is refused at its key")
    func target() throws {
        let policy = try WatchPolicy.shipped()
        func key(_ change: (inout WatchTarget) -> Void) -> String? {
            var target = WatchWorld.target()
            change(&target)
            do throws(DocumentError) {
                let read = try WatchTargetReader.read(target.node, policy: policy)
                #expect(read == target)
                return nil
            } catch { return error.key }
        }
        #expect(key { _ in } == nil)
        #expect(key { $0.host = "8.8.4.4" } == nil)
        #expect(key { $0.host = "2400:cb00::1" } == nil)
        for host in [
            "localhost", "127.0.0.1", "169.254.169.254", "::1", "a_b.example", "UPPER.example", "a..example", "-a.example",
            "127.1",
            "0x7f.1", "2130706433", "example.0x1", "example.", "a b.example", "user@host.example", "host.example/x",
            "::ffff:7f00:1",
            String(repeating: "a", count: 64) + ".example",
        ] { #expect(key { $0.host = host } == "host", "\(host)") }
        for path in ["login", "/a b", "/a\r\nX: y", "/ü", "/a#b", "//" + String(repeating: "x", count: 500)] {
            #expect(key { $0.path = path } == "path", "\(path)")
        }
        #expect(key { $0.port = 22 } == "port" && key { $0.port = 0 } == "port" && key { $0.port = 65_536 } == "port")
        #expect(key { $0.id = "new" } == "id" && key { $0.id = "A" } == "id")
        #expect(key { $0.interval = 0 } == "interval" && key { $0.timeout = 31 } == "timeout")
        #expect(key { $0.tolerance = 0 } == "tolerance" && key { $0.hours = [] } == "hours")
        #expect(key { $0.hours = ["always", "always"] } == "hours" && key { $0.hours = ["sometimes"] } == "hours")
        #expect(key { $0.status = 99...200 } == "status" && key { $0.name = "" } == "name")
        // Without an answer there is nothing to expect of one.
        var plain = WatchWorld.target().node
        plain = .object((plain.entries ?? []).map { ($0.key, $0.key == "kind" ? "tcp" : $0.node) })
        #expect(throws: DocumentError.self) { try WatchTargetReader.read(plain, policy: policy) }
    }

    @Test("an answer is judged by its status and what it contains")
    func judging() {
        var target = WatchWorld.target()
        #expect(target.judge(200, []) == .up && target.judge(302, []) == .up && target.judge(500, []) == .status)
        target.text = "登入"
        #expect(target.judge(200, Array("請登入。".utf8)) == .up && target.judge(200, Array("登".utf8)) == .text)
        #expect(target.judge(404, Array("登入".utf8)) == .status)
    }

    @Test("the institution's name travels in visible ASCII only")
    func agent() {
        #expect(WatchProber.agent("Example Exchange") == "Plumbline service watch (Example Exchange)")
        #expect(WatchProber.agent("a\r\nX: (y)%") == "Plumbline service watch (a%0D%0AX: %28y%29%25)")
        #expect(WatchProber.agent("交易所").utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }
}
