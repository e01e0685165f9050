internal import Database
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import NIOPosix
internal import Reports
internal import Rulebook
internal import Synchronization
internal import Vault

/// The trail: who did what to what, found, opened, proven. What is read from its vault is read on threads that may wait for the disk.
struct TrailPages: Sendable {
    let services: Services
    private let turn = TrailTurn()

    init(services: Services) { self.services = services }

    var routes: [Route] {
        [
            .page("/trail", .permitted(.trailRead)) { visit in try await list(visit) },
            .page("/trail/:index", .permitted(.trailRead)) { visit in try await TrailRecordPage.draw(record(visit), visit) },
            .page("/trail/:index/proof", .permitted(.trailRead)) { visit in
                let index = try index(visit)
                let proof = try await read { reader in try Self.found { () throws(StorageError) in try reader.proof(index) } }
                return .download("trail-\(index).tlog-proof", "text/plain; charset=utf-8", Array(proof.text.utf8))
            },
            .page("/trail/:index/leaf", .permitted(.trailRead)) { visit in
                let index = try index(visit)
                let proof = try await read { reader in try Self.found { () throws(StorageError) in try reader.proof(index) } }
                return .download("trail-\(index).leaf", "application/octet-stream", proof.leaf)
            },
            .form("/trail/verify", .permitted(.trailRead)) { visit in try await verify(visit) },
        ]
    }

    /// Reads the trail as it is now, with everything that was done before in it.
    private func read<T: Sendable>(_ body: @escaping @Sendable (TrailReader) throws -> T) async throws -> T {
        // When the vault takes nothing now, what is there is still found.
        try? await services.database.flushTrail()
        let reader = try await services.database.trail()
        return try await NIOThreadPool.singleton.runIfActive { try body(reader) }
    }

    /// What is not there, or expired, is a page that is not there.
    private static func found<T>(_ body: () throws(StorageError) -> T) throws -> T {
        do {
            return try body()
        } catch {
            guard error.code == .notFound else { throw error }
            throw Failure.notFound(error.description)
        }
    }

    private func index(_ visit: Visit) throws -> UInt64 {
        guard let index = UInt64(visit["index"]) else { throw Failure.notFound("no index") }
        return index
    }

    // MARK: Searching

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let question = TrailQuestion(visit.query)
        guard let filter = question.filter else {
            return Page(visit, wording("web.trail"), .trail).answer { page in
                Shapes.alert(wording("trail.bad-question", ["field": wording("trail.\(question.wrong)")]), &page)
                question.write(visit, &page)
            }
        }
        let (start, limit) = (question.start, question.limit)
        let found = try await read { reader in try reader.find(filter, from: start, limit: limit) }
        let list = TrailColumns.listing(wording)
        if let export = try list.export(found.hits, visit) { return export }
        return Page(visit, wording("web.trail"), .trail).answer { page in
            page.element("p", ("class", "lead"), text: wording("trail.why"))
            health(wording, &page)
            question.write(visit, &page)
            list.table(found.hits, wording("web.trail"), visit, &page)
            foot(found, question, visit, &page)
            Form.post("/trail/verify", visit, &page) { page in
                page.element("h2", text: wording("trail.verify-title"))
                page.element("p", ("class", "lead"), text: wording("trail.verify-why"))
                Form.actions(wording("trail.verify"), &page)
            }
        }
    }

    /// Says when records wait, or the trail is broken.
    private func health(_ wording: Wording, _ page: inout HTMLWriter) {
        switch services.database.trailHealth {
        case .flowing, .closed: return
        case .waiting: Shapes.notice("warn", &page) { $0.element("p", text: wording("trail.waiting")) }
        case .broken: Shapes.alert(wording("trail.broken"), &page)
        }
    }

    private func foot(_ found: TrailPage, _ question: TrailQuestion, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("nav", ("class", "pager"), ("aria-label", wording("web.pages"))) { page in
            page.element(
                "span", text: wording("trail.shown", ["count": String(found.hits.count), "examined": String(found.examined)]))
            if found.expired > 0 { page.element("span", text: wording("trail.expired", ["count": String(found.expired)])) }
            if question.start != nil { page.element("a", ("href", question.address(from: nil)), text: wording("trail.newest")) }
            if let next = found.next {
                page.element("a", ("href", question.address(from: next)), ("rel", "next"), text: wording("trail.older"))
            }
            page.element("span", ("class", "exports")) { page in
                for format in ListingCell.formats where !found.hits.isEmpty {
                    page.element(
                        "a", ("href", question.address(from: question.start, format: format)), ("download", ""),
                        text: format.uppercased())
                }
                page.element(
                    "button", ("class", "quiet"), ("type", "button"), ("data-print", ""), ("hidden", ""),
                    text: wording("web.print"))
            }
        }
    }

    // MARK: One record

    private func record(_ visit: Visit) async throws -> TrailRecordPage.Model {
        let index = try index(visit)
        let directory = services.database.directory.trail
        return try await read { reader in
            guard let hit = try Self.found({ () throws(StorageError) in try reader.hit(index) }) else {
                throw Failure.notFound("record \(index) is the vault's own")
            }
            // The newest one may have no checkpoint yet.
            let proof = index < reader.signedSize ? try reader.proof(index) : nil
            // The vault's own records stand one by one between those of the trail.
            let reach = UInt64(Self.reach)
            let before = (index > reach ? index - reach : 0)..<index
            let after = min(index + 1, reader.size)..<min(index + 1 + reach, reader.size)
            return TrailRecordPage.Model(
                hit: hit, proof: proof, earlier: before.reversed().first { Self.isRecord($0, reader) },
                later: after.first { Self.isRecord($0, reader) }, directory: directory)
        }
    }

    /// How far the record before or after is looked for.
    private static let reach = 16

    private static func isRecord(_ index: UInt64, _ reader: TrailReader) -> Bool {
        // What expired cannot be opened either.
        guard let hit = try? reader.hit(index) else { return false }
        return hit.index == index
    }

    // MARK: Verifying everything

    private func verify(_ visit: Visit) async throws -> Answer {
        guard turn.take() else { throw Failure(.serviceUnavailable, "busy", headers: [.retryAfter: "30"]) }
        defer { turn.give() }
        try await services.database.flushTrail()
        let (directory, now) = (services.database.directory, visit.now)
        let clock = ContinuousClock()
        let start = clock.now
        let report = try await NIOThreadPool.singleton.runIfActive {
            try VaultVerifier(directory: directory.trail, register: .file(directory.trailRegister)).verify()
        }
        let took = clock.now - start
        // That somebody looked, and what was found, is itself a record.
        try await services.database.change(visit.actor) { _, trail in
            trail.note(
                TrailEntry(
                    "trail.verify", .init("trail"), report.isSound ? .done : .failed,
                    details: ["records": String(report.records), "damages": String(report.damages.count)]))
        }
        return TrailVerifyPage.draw(report, at: Instant(seconds: now / 1_000_000), took: took, directory: directory.trail, visit)
    }
}

/// One verification at a time: each reads everything.
private final class TrailTurn: Sendable {
    private let isTaken = Mutex(false)

    func take() -> Bool {
        isTaken.withLock { taken in
            defer { taken = true }
            return !taken
        }
    }

    func give() { isTaken.withLock { $0 = false } }
}

extension VaultError: FailureConvertible {
    package var failure: Failure {
        code == .notFound ? Failure.notFound(description) : Failure(.internalServerError, "internal", detail: description)
    }
}
