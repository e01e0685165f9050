internal import Checks
internal import Database
internal import Documents
internal import Identity
internal import Rulebook
internal import Vault

/// Groups of facts that come from files, settings and the trail's vault.
extension PlatformCollector {
    // MARK: Policy

    /// Settings that checks speak of, by their names in the facts schema.
    private static let reported: [PolicySetting] = [
        .lockThreshold, .lockDuration, .factorLockThreshold, .passwordMaxAge, .passwordMinAge, .passwordHistory,
        .passwordMinLength,
        .passwordMinLengthWithFactor, .passwordMinClasses, .passwordEffectiveLength, .initialPasswordLifetime, .hashMemory,
        .hashPasses,
        .tokenLifetime, .apiTokenLifetime, .agentTokenLifetime, .sessionIdle, .sessionAbsolute, .sessionLimit,
        .administratorFactors,
        .sourceBurst, .sourceInterval, .accountBurst, .accountInterval, .messageBurst, .messageInterval, .puzzleBits,
        .accountIdle,
        .reviewGap, .temporaryLongest, .breakGlassAccounts, .trailRetention, .trailHeartbeat,
    ]

    var policyFacts: Group {
        .facts(
            .object(
                Self.reported.map { setting in
                    let value = policy.values[setting]
                    let origin = "identity/policy.yaml: \(setting.rawValue)" + (value?.parameter.map { " (\($0))" } ?? "")
                    return (
                        setting.rawValue,
                        value.map { .object([("value", .integer($0.number)), ("from", .text(origin))]) }
                    )
                }))
    }

    // MARK: The trail

    func trailFacts(_ view: TableView) -> Group {
        let (trail, tally) = (view.trail, view.tally)
        var gaps = trail.isComplete ? [] : ["the whole trail"]
        var free: Int?
        do throws(StorageError) {
            let space = try inspector.space()
            if space.total > 0 { free = Int(Double(space.free) / Double(space.total) * 100) }
        } catch {
            gaps.append("room on the disk: \(error)")
        }
        let isKnown = trail.isComplete
        let newest = tally.newest
        let node = Node.object([
            ("sound", .bool(trail.findings.isEmpty)), ("findings", .texts(trail.findings.prefix(20).map(\.clipped))),
            ("records", isKnown ? .integer(tally.records) : nil),
            ("complete", tally.records > 0 ? .integer(tally.complete * 100 / tally.records) : nil),
            ("in_utc", isKnown ? .integer(tally.inUTC) : nil), ("first", tally.first.map { view.stamp($0.occurred) }),
            ("newest", isKnown ? newest.map { view.stamp($0.occurred) } : nil),
            ("newest_age", isKnown ? newest.map { .integer(view.age($0.occurred)) } : nil),
            ("newest_stamp", newest.map { .text(UTCTime.text($0.occurred)) }),
            ("waiting", trail.waiting.map { .integer($0) }),
            ("waiting_limit", trail.waiting.map { _ in .integer(trail.waitingLimit) }),
            ("waiting_for", trail.waiting.map { _ in .integer(view.age(trail.oldestWaiting)) }),
            ("pruned", trail.pruned.map { .integer($0) }), ("retention_days", trail.retention.map { .integer($0.days) }),
            ("unsigned_for", trail.signedSize.map { _ in .integer(view.age(trail.oldestUnsigned)) }),
            ("signature", trail.signature.map { .text($0) }), ("register", .bool(trail.hasRegister)),
            ("sealed_until", trail.sealedUntil.map(view.stamp)), ("clock_at_seal", trail.wasSynchronizedAtSeal.map { .bool($0) }),
            ("actions", isKnown ? .texts(tally.actions.sorted()) : nil),
            ("stopped_orderly", isKnown ? .bool(newest?.entry.action == PlatformDiary.Action.stop.rawValue) : nil),
            ("free_space", free.map { .integer($0) }),
        ])
        return .facts(node, gaps: gaps)
    }

    // MARK: Transport

    func tlsFacts(at now: Instant) -> Group {
        var gaps: [String] = []
        var certificate: Node?
        do throws(StorageError) {
            certificate = CertificateFacts.node(of: try inspector.contents("tls/server.pem", limit: 1 << 20), at: now)
            if certificate == nil { gaps.append("tls/server.pem: no certificate is in it") }
        } catch {
            gaps.append("tls/server.pem: \(error)")
        }
        return .facts(
            .object([
                ("minimum_version", .text(transport.minimum.rawValue)), ("cipher_suites", .texts(transport.suites)),
                ("plain_listeners", .integer(transport.plainListeners)),
                ("longest_symmetric_bits", transport.longestKey.map { .integer($0) }), ("certificate", certificate),
            ]), gaps: gaps)
    }

    // MARK: Files

    var fileFacts: Group {
        do throws(StorageError) {
            let entries = try inspector.entries()
            let owner = entries.first?.owner
            var gaps: [String] = []
            var keys: [DataEntry] = []
            for entry in entries where entry.kind == .file {
                do throws(StorageError) { if try holdsKey(entry) { keys.append(entry) } } catch {
                    gaps.append("\(entry.path): \(error)")
                }
            }
            let databases = entries.filter { $0.path.hasPrefix("plumbline.sqlite") }
            let node = Node.object([
                // Those below are closed by these.
                ("folders", .list(entries.filter { $0.kind == .directory && !$0.path.contains("/") }.map { Self.node($0) })),
                (
                    "keys",
                    .list(
                        keys.map { key in
                            Self.node(
                                key,
                                [
                                    ("modified", .text(Instant(seconds: key.modified).description)),
                                    ("lasting", .bool(!key.path.hasSuffix(".epoch"))),
                                ])
                        })
                ),
                ("database", .list(databases.map { Self.node($0) })),
                ("foreign", .texts(entries.filter { $0.owner != owner }.map { Self.path($0) })),
                ("links", .texts(entries.filter { $0.kind == .link }.map { Self.path($0) })),
            ])
            return .facts(node, gaps: gaps)
        } catch {
            return .nothing(.failed, "\(error)")
        }
    }

    /// Keys lie in their folder, in the certificate's, and one beside each vault.
    private func holdsKey(_ entry: DataEntry) throws(StorageError) -> Bool {
        if entry.path.hasPrefix("keys/") || entry.path.hasSuffix(".epoch") { return true }
        guard entry.path.hasPrefix("tls/") else { return false }
        return String(decoding: try inspector.contents(entry.path, limit: 1 << 20), as: UTF8.self).contains("PRIVATE KEY-----")
    }

    private static func path(_ entry: DataEntry) -> String { entry.path.isEmpty ? "." : entry.path }

    private static func node(_ entry: DataEntry, _ more: [(String, Node?)] = []) -> Node {
        let digits = String(entry.mode, radix: 8)
        let mode = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return .object([("path", .text(path(entry))), ("mode", .text(mode)), ("from", .text(path(entry)))] + more)
    }

    // MARK: Time

    var timeFacts: Group {
        let health = inspector.clockHealth
        return .facts(
            .object([
                ("synchronized", .bool(health.isSynchronized)), ("maximum_error", .integer((health.maximumError + 999) / 1_000)),
            ]))
    }
}
