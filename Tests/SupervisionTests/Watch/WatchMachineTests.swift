import Documents
import Rulebook
import Testing

@testable import Supervision

@Suite("The watch's machine: results become minutes and outages")
struct WatchMachineTests {
    static func rule(
        _ failures: Int = 2, of: Int = 3, successes: Int = 2, forget: Int = 3, rejoin: Int = 5, interval: Int = 1
    ) -> WatchMachine.Rule {
        .init(.init(failures: failures, of: of, successes: successes, forget: forget, rejoin: rejoin), interval: interval)
    }

    /// What a store would hold after some results.
    struct Ledger {
        var machine = WatchMachine()
        var stretches: [WatchStretch] = []
        var outages: [WatchOracle.Span] = []

        mutating func take(_ isUp: Bool, _ at: Int64, _ rule: WatchMachine.Rule) {
            for event in machine.take(isUp, at: Instant(seconds: at), rule) { apply(event) }
        }

        mutating func apply(_ event: WatchMachine.Event) {
            WatchSight.apply(event, to: &stretches)
            switch event {
            case .settled: break
            case .began(let instant): outages.append(.init(began: instant.seconds))
            case .relapsed:
                outages[outages.count - 1].ended = nil
                outages[outages.count - 1].relapses += 1
            case .ended(_, let end): outages[outages.count - 1].ended = end.seconds
            case .withdrawn(let instant):
                for place in outages.indices {
                    outages[place].began = min(outages[place].began, instant.seconds)
                    outages[place].ended = outages[place].ended.map { min($0, instant.seconds) }
                }
            }
        }

        /// What is known, that which is not settled included.
        func known(_ rule: WatchMachine.Rule) -> [WatchStretch] {
            var known = stretches
            for stretch in machine.provisional(rule) { WatchSight.apply(.settled(stretch), to: &known) }
            return known
        }

        /// One letter for each minute of a range: u, d, c (unconfirmed), . (unknown).
        func line(_ range: Range<Int64>, _ rule: WatchMachine.Rule) -> String {
            let known = known(rule)
            return range.map { minute in
                switch known.first(where: { $0.minutes.contains(minute) })?.state {
                case .up: "u"
                case .down: "d"
                case .unconfirmed: "c"
                case nil: "."
                }
            }.joined()
        }
    }

    /// Results in consecutive minutes: u for good, x for failed, . for none.
    static func run(_ text: String, _ rule: WatchMachine.Rule = rule()) -> Ledger {
        var ledger = Ledger()
        for (minute, letter) in text.enumerated() where letter != "." { ledger.take(letter == "u", Int64(minute) * 60 + 7, rule) }
        return ledger
    }

    @Test(
        "each rule by its smallest case",
        arguments: [
            ("uuuu", "uuuu", "what answers is up"),
            ("uu.uu", "uu.uu", "a probe that was not made is unknown, never up"),
            ("uuxuuu", "uucuuu", "a lone failure counts neither for nor against"),
            ("uuxxuu", "uudduu", "two failures of three are an outage from the first one on"),
            ("uuxuxuu", "uuddduu", "a good result between them is part of it"),
            ("uuxxuxuu", "uudddduu", "a lone good result does not end an outage"),
            ("uuxx...uu", "uudd...uu", "a silence within an outage is unknown, not down"),
            ("uuxx.....xuu", "uudd.....duu", "the outage goes on after the silence"),
            ("ux.....xuuu", "uc.....cuuu", "failures before a long silence confirm nothing"),
            ("xx", "dd", "the first results can be an outage"),
            ("ux", "uc", "a failure at the end is not confirmed yet"),
            ("uxu", "ucc", "a good result behind it may still become part of an outage"),
            ("uxxu", "uddd", "the end of an outage must be confirmed"),
        ])
    func smallest(results: String, wanted: String, why: String) {
        let ledger = Self.run(results)
        #expect(ledger.line(0..<Int64(results.count), Self.rule()) == wanted, "\(why)")
    }

    @Test("an outage begins with its first failure and ends with the first of the good results that ended it")
    func times() {
        let ledger = Self.run("uuxuxxuuu")
        #expect(ledger.outages == [WatchOracle.Span(began: 127, ended: 367)])
    }

    @Test("an outage that begins soon after the last one goes on with it; a later one is another")
    func flapping() {
        let near = Self.run("uxxuuxxuu")
        #expect(near.outages == [WatchOracle.Span(began: 67, ended: 427, relapses: 1)])
        #expect(near.line(0..<9, Self.rule()) == "udduudduu")
        let far = Self.run("uxxuuuuuuuuxxuu")
        #expect(far.outages.count == 2)
    }

    @Test("a result stands for one interval and no longer")
    func interval() {
        let rule = Self.rule(interval: 5)
        var ledger = Ledger()
        ledger.take(true, 0, rule)
        ledger.take(true, 7 * 60, rule)
        #expect(ledger.line(0..<15, rule) == "uuuuu..uuuuu...")
    }

    @Test("a clock that is set back: what was counted of later minutes is void, and no minute counts twice")
    func setBack() {
        let rule = Self.rule()
        var ledger = Ledger()
        for minute in 0..<10 { ledger.take(true, Int64(minute) * 60, rule) }
        for minute in 4..<7 { ledger.take(false, Int64(minute) * 60, rule) }
        #expect(ledger.line(0..<10, rule) == "uuuuddd...")
        #expect(ledger.outages == [WatchOracle.Span(began: 240)])
    }

    @Test("a clock that is set forward leaves a gap")
    func setForward() {
        let rule = Self.rule()
        var ledger = Ledger()
        for second in [0, 60, 3_600, 3_660] as [Int64] { ledger.take(true, second, rule) }
        let known = ledger.known(rule)
        #expect(known == [WatchStretch(0..<2, .up), WatchStretch(60..<62, .up)])
    }

    @Test("how it stands: unknown when nothing comes, down, suspect, up, each with its beginning")
    func standing() {
        let rule = Self.rule()
        func standing(_ results: String, at second: Int64) -> (WatchMachine.Standing, Int64?) {
            let found = Self.run(results).machine.standing(at: Instant(seconds: second), rule, timeout: 10)
            return (found.standing, found.since?.seconds)
        }
        #expect(standing("", at: 0) == (.unknown, nil))
        #expect(standing("uuu", at: 130) == (.up, 7))
        #expect(standing("uuu", at: 180 + 70) == (.up, 7))
        #expect(standing("uuu", at: 180 + 71) == (.unknown, 180))
        #expect(standing("uux", at: 130) == (.suspect, 127))
        #expect(standing("uuxx", at: 200) == (.down, 127))
        #expect(standing("uuxxuu", at: 310) == (.up, 247))
        #expect(standing("uuxx", at: 100_000) == (.unknown, 240))
    }

    @Test("stopping settles what is open and ends an outage whose end nobody sees")
    func stop() {
        let rule = Self.rule()
        var ledger = Self.run("uuxx")
        for event in ledger.machine.stop(at: Instant(seconds: 220), rule) { ledger.apply(event) }
        #expect(ledger.line(0..<6, rule) == "uudd..")
        #expect(ledger.outages == [WatchOracle.Span(began: 127, ended: 220)])
        #expect(ledger.machine == WatchMachine())
    }

    @Test("what it remembers is small, whatever comes, and reads back as it was")
    func memory() throws {
        var generator = SeededGenerator(seed: 5)
        let rule = Self.rule(5, of: 9, successes: 7)
        var machine = WatchMachine()
        for number in 0..<50_000 {
            // Many results in one minute, clocks that go back and forth.
            let at = Int64(number / 40) * 60 + Int64.random(in: -600...30, using: &generator)
            _ = machine.take(Bool.random(using: &generator), at: Instant(seconds: at), rule)
            #expect(machine.samples.count <= 40, "\(machine.samples.count)")
            if number % 997 == 0 { #expect(try WatchMachine(machine.node) == machine) }
        }
        for text in ["{}", "{\"schema\":\"plumbline.watch-machine/1\",\"samples\":[{}]}", "[]"] {
            #expect(throws: DocumentError.self) { try WatchMachine(try JSONReader.read(Array(text.utf8))) }
        }
    }

    @Test("against a slow and plain oracle: random results, silences, clocks set back and forth, restarts", arguments: 0..<8)
    func oracle(part: Int) throws {
        var generator = SeededGenerator(seed: UInt64(part) + 11)
        for round in 0..<120 {
            let of = Int.random(in: 1...5, using: &generator)
            let rule = Self.rule(
                Int.random(in: 1...of, using: &generator), of: of, successes: Int.random(in: 1...4, using: &generator),
                forget: Int.random(in: 1...4, using: &generator), rejoin: Int.random(in: 0...6, using: &generator),
                interval: Int.random(in: 1...5, using: &generator))
            let arrivals = Self.arrivals(rule, &generator)
            var ledger = Ledger()
            for (number, arrival) in arrivals.enumerated() {
                ledger.take(arrival.isUp, arrival.at, rule)
                // A restart: all it knows is what was written down.
                if Int.random(in: 0..<4, using: &generator) == 0 { ledger.machine = try WatchMachine(ledger.machine.node) }
                guard number == arrivals.count - 1 || Int.random(in: 0..<10, using: &generator) == 0 else { continue }
                let oracle = WatchOracle(Array(arrivals[...number]), rule)
                #expect(ledger.outages == oracle.outages, "part \(part) round \(round) at \(number)")
                let known = ledger.known(rule)
                let minutes = arrivals.map { WatchOracle.minute($0.at) }
                for minute in (minutes.min() ?? 0) - 2...(minutes.max() ?? 0) + 8 {
                    let found = known.filter { $0.minutes.contains(minute) }.map(\.state)
                    let wanted = oracle.state(minute).map { [$0] } ?? []
                    guard found != wanted else { continue }
                    Issue.record("part \(part) round \(round) result \(number) minute \(minute): \(found), not \(wanted)")
                    return
                }
            }
        }
    }

    private static func arrivals(_ rule: WatchMachine.Rule, _ generator: inout SeededGenerator) -> [WatchOracle.Arrival] {
        var at = Int64.random(in: -5_000...5_000, using: &generator)
        var isUp = Bool.random(using: &generator)
        return (0..<Int.random(in: 1...50, using: &generator)).map { _ in
            let interval = Int64(rule.interval) * 60
            let step: Int64 =
                switch Int.random(in: 0..<20, using: &generator) {
                case 0: Int64.random(in: 0...50, using: &generator)
                case 1: Int64.random(in: 0...20, using: &generator) * interval
                case 2: -Int64.random(in: 0...1_800, using: &generator)
                case 3: Int64.random(in: 0...3_600, using: &generator)
                case 4: -Int64.random(in: 0...240, using: &generator)
                default: interval + Int64.random(in: -20...20, using: &generator)
                }
            at += step
            if Int.random(in: 0..<3, using: &generator) == 0 { isUp.toggle() }
            return WatchOracle.Arrival(at: at, isUp: isUp)
        }
    }
}
