internal import ArgumentParser
internal import Glibc
internal import Vault

extension VaultCommand {
    /// Who orders something, and why.
    struct Ordering: ParsableArguments {
        @Option(help: ArgumentHelp("Who orders it; stands in the log for ever.", valueName: "name"))
        var by: String
        @Option(help: ArgumentHelp("Why: a decision, a case number; name no data subject.", valueName: "text"))
        var reason: String

        var order: Order { get throws(VaultError) { try Order(by: by, reason: reason) } }
    }

    struct HoldCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "hold",
            abstract: "Place a legal hold, lift one, or list those that stand.",
            discussion: """
                While a hold stands, what it covers is not pruned, and no data subject's keys are erased. Placing and lifting are records of \
                the log. Times are UTC: 2026-11-21T00:00:00.000000Z or a date alone.

                EXAMPLES
                  plumbline vault hold /srv/logs/trading --all --by "K. Lin" --reason "court order 115-23"
                  plumbline vault hold /srv/logs/trading --from 2026-11-01 --to 2026-11-21 --by "K. Lin" --reason "incident 7"
                  plumbline vault hold /srv/logs/trading --release 1 --by "K. Lin" --reason "case closed"
                  plumbline vault hold /srv/logs/trading
                """)

        @OptionGroup var place: Place
        @Flag(help: "Cover everything, what is still to come included.")
        var all = false
        @Option(help: ArgumentHelp("Cover records of these indices, both ends included.", valueName: "a-b"))
        var records: String?
        @Option(help: ArgumentHelp("Cover what was received from this time on.", valueName: "time"))
        var from: String?
        @Option(help: ArgumentHelp("... up to, but without, this time.", valueName: "time"))
        var to: String?
        @Option(help: ArgumentHelp("Lift the hold of this number.", valueName: "number"))
        var release: UInt64?
        @Option(help: ArgumentHelp("Who orders it.", valueName: "name"))
        var by: String?
        @Option(help: ArgumentHelp("Why.", valueName: "text"))
        var reason: String?

        func validate() throws {
            let ways = [all, records != nil, from != nil || to != nil, release != nil].count { $0 }
            guard ways <= 1 else { throw ValidationError("give one of --all, --records, --from/--to, --release") }
            guard ways == 0 || by != nil && reason != nil else {
                throw ValidationError("a hold is placed or lifted --by someone with a --reason")
            }
        }

        func run() async throws {
            try await VaultCommand.run {
                guard let by, let reason, all || records != nil || from != nil || to != nil || release != nil else {
                    return list(try VaultReader(directory: place.base).state.holds)
                }
                let order = try Order(by: by, reason: reason)
                let scope = try scope()
                let log = try place.open()
                if let release {
                    try await log.release(release, order)
                    Terminal.write("hold \(release) is lifted\n")
                } else {
                    let hold = try await log.hold(scope, order)
                    Terminal.write("hold \(hold.id) stands: \(Self.text(hold.scope))\n")
                }
                _ = try await log.checkpoint()
            }
        }

        private func scope() throws(VaultError) -> HoldScope {
            if let records {
                let ends = records.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
                guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last, last < UInt64.max else {
                    throw VaultError(.badInput, "--records takes two indices, such as 100-199")
                }
                return .records(first..<last + 1)
            }
            if let range = try TimeText.range(from, to, "--from", "--to") {
                // A hold's text has years of four digits.
                return .received(range.clamped(to: 0..<(UTCTime.time("9999-12-31T00:00:00.000000Z") ?? .max)))
            }
            return .all
        }

        static func text(_ scope: HoldScope) -> String {
            switch scope {
            case .all: "everything"
            case .records(let range): "records \(range.lowerBound) to \(range.upperBound - 1)"
            case .received(let range):
                "received from \(UTCTime.text(range.lowerBound)) to before \(UTCTime.text(range.upperBound))"
            }
        }

        private func list(_ holds: [Hold]) {
            if holds.isEmpty { Terminal.write("no hold stands\n") }
            for hold in holds {
                Terminal.write(
                    "\(hold.id)  since \(UTCTime.text(hold.since))  \(Self.text(hold.scope))  by \(hold.order.by): \(hold.order.reason)\n"
                )
            }
        }
    }

    struct Keep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide how long the records of this log are kept; the decision is a record of the log.",
            discussion: """
                Until this was decided nothing expires. Records of different terms belong into different logs.

                EXAMPLE
                  plumbline vault keep /srv/logs/trading --class core --days 1096 --by "K. Lin" --reason "article 4.1, policy of 2026-11"
                """)

        @OptionGroup var place: Place
        @Option(name: .customLong("class"), help: ArgumentHelp("Name of the class, one word.", valueName: "word"))
        var name: String
        @Option(help: ArgumentHelp("Days from reception.", valueName: "days"))
        var days: Int
        @OptionGroup var ordering: Ordering

        func run() async throws {
            try await VaultCommand.run {
                let retention = try Retention(name: name, days: days)
                let order = try ordering.order
                let log = try place.open()
                try await log.keep(retention, order)
                _ = try await log.checkpoint()
                Terminal.write("records are kept \(days) days (\(name))\n")
            }
        }
    }

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove the records whose time of keeping is over; every proof ever given stays valid.",
            discussion: """
                Whole sealed segments at the beginning are pruned, up to the first that is not old enough or that a hold covers. Their hashes \
                stay. Only `keep` makes anything expire.

                EXAMPLES
                  plumbline vault prune /srv/logs/trading --dry-run --by x --reason x
                  plumbline vault prune /srv/logs/trading --by "night job" --reason "retention core, 1096 days"
                """)

        @OptionGroup var place: Place
        @Flag(help: "Only tell what would be pruned.")
        var dryRun = false
        @OptionGroup var ordering: Ordering

        func run() async throws {
            try await VaultCommand.run {
                let order = try ordering.order
                let log = try place.open()
                let (records, blocking) = try await log.prune(order, isRehearsal: dryRun)
                if !dryRun { _ = try await log.checkpoint() }
                let verb = dryRun ? "would be pruned" : "pruned"
                Terminal.write(
                    records.isEmpty
                        ? "nothing \(verb)\n" : "\(verb): records \(records.lowerBound) to \(records.upperBound - 1)\n")
                if let blocking {
                    Terminal.write("stopped by hold \(blocking.id) of \(blocking.order.by): \(blocking.order.reason)\n")
                }
            }
        }
    }

    struct Shred: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase a data subject's keys, and with them every personal field encrypted under them, in every copy.",
            discussion: """
                The subject is read from standard input when --subject is left out, so that it stands in no list of processes. No proof is \
                touched: the log never held more than the ciphertext. While any hold stands, nothing is erased (exit status 77).

                EXAMPLE
                  plumbline vault shred /srv/logs/trading --by "DPO" --reason "request 2026-118" < subject.txt
                """)

        @OptionGroup var place: Place
        @Option(help: ArgumentHelp("Whose data; read from standard input when left out.", valueName: "subject"))
        var subject: String?
        @OptionGroup var ordering: Ordering

        func run() async throws {
            try await VaultCommand.run {
                let order = try ordering.order
                let subject = subject ?? readLine() ?? ""
                let log = try place.open()
                let erased = try await log.shred(subject, try place.subjectKeys(log.identity), order)
                _ = try await log.checkpoint()
                Terminal.write("erased \(erased.count) key\(erased.count == 1 ? "" : "s")\n")
            }
        }
    }

    struct Read: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print records; with --reveal also their personal fields, which the log then says.",
            discussion: """
                EXAMPLES
                  plumbline vault read /srv/logs/trading 4711 4712
                  plumbline vault read /srv/logs/trading 4711 --reveal --by "K. Lin" --reason "incident 7"
                """)

        @OptionGroup var place: Place
        @Argument(help: ArgumentHelp("Indices.", valueName: "index"))
        var indices: [UInt64]
        @Flag(help: "Decrypt personal fields.")
        var reveal = false
        @Option(help: ArgumentHelp("Who reads them.", valueName: "name"))
        var by: String?
        @Option(help: ArgumentHelp("Why.", valueName: "text"))
        var reason: String?

        func validate() throws {
            guard !reveal || by != nil && reason != nil else { throw ValidationError("--reveal needs --by and --reason") }
        }

        func run() async throws {
            try await VaultCommand.run {
                var revealed: [[(name: String, value: [UInt8]?)]] = []
                if reveal, let by, let reason {
                    let log = try place.open()
                    revealed = try await log.reveal(
                        indices, try place.subjectKeys(log.identity), try Order(by: by, reason: reason))
                    _ = try await log.checkpoint()
                }
                let reader = try VaultReader(directory: place.base)
                for (place, index) in indices.enumerated() {
                    Self.show(try VaultRecord(leaf: reader.record(index)), index, revealed.isEmpty ? [] : revealed[place])
                }
            }
        }

        private static func show(_ record: VaultRecord, _ index: UInt64, _ revealed: [(name: String, value: [UInt8]?)]) {
            Terminal.write("record \(index)\n")
            if !record.source.isEmpty { Terminal.write("source \(escaped(Array(record.source.utf8)))\n") }
            if record.received > 0 { Terminal.write("received \(UTCTime.text(record.received))\n") }
            if let occurred = record.occurred { Terminal.write("occurred \(UTCTime.text(occurred))\n") }
            for field in record.fields {
                let clear = revealed.first { $0.name == field.name }.map { $0.value.map(escaped) ?? "(erased)" }
                Terminal.write("\(field.name) = \(field.isSealed ? clear ?? "(personal)" : escaped(field.value))\n")
            }
            Terminal.write(escaped(record.body, keepsNewlines: record.kind == .control) + "\n\n")
        }

        /// Text for a terminal: a record must not be able to move the cursor.
        static func escaped(_ bytes: [UInt8]) -> String { escaped(bytes, keepsNewlines: false) }

        static func escaped(_ bytes: [UInt8], keepsNewlines: Bool) -> String {
            String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
                scalar.value < 0x20 && !(keepsNewlines && scalar == "\n") || (0x7F..<0xA0).contains(scalar.value)
                    ? scalar.escaped(asASCII: true) : String(scalar)
            }.joined()
        }
    }
}

extension VaultCommand.Place {
    /// The keys of data subjects: `DIR.subjects`, made at first use.
    func subjectKeys(_ identity: LogIdentity) throws(VaultError) -> SubjectKeys {
        try SubjectKeys(path: base + ".subjects", identity: identity)
    }
}
