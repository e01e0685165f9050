internal import Assessment
internal import Checks
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Workspace

/// Hosts: their facts documents over time, one document with its lines, and what changed between two.
struct HostPages: Sendable {
    let services: FirmServices
    private var hosts: HostStore { services.workspace.hosts }

    /// Most lines of a document that a page shows at once.
    private static let lineLimit = 20_000

    var routes: [Route] {
        [
            .page("/hosts/:host", .permitted(.systemsRead)) { visit in
                let entries = try await hosts.history(visit["host"], limit: 500)
                guard !entries.isEmpty else { throw Failure.notFound("host \(visit["host"].clipped)") }
                let list = listing(visit)
                if let export = try list.export(entries, visit) { return export }
                var page = Page(visit, visit["host"], .systems)
                page.crumbs = [(visit.wording("web.systems"), "/systems")]
                return page.answer { page in
                    if visit.may(.systemsChange) {
                        page.element("p") {
                            $0.element(
                                "a", ("class", "button"), ("href", "/systems/new?" + FormFields.query([("host", visit["host"])])),
                                text: visit.wording("system.from-host"))
                        }
                    }
                    list.write(entries, visit, &page)
                }
            },
            .page("/hosts/:host/facts/:hash", .permitted(.systemsRead)) { visit in try await document(visit) },
            .page("/hosts/:host/changes/:hash", .permitted(.systemsRead)) { visit in try await difference(visit) },
            .page("/facts/upload", .permitted(.factsUpload)) { visit in upload(visit, "", nil) },
            .form("/facts/upload", .permitted(.factsUpload)) { visit in
                let bytes = Array((visit.form["document"] ?? "").utf8)
                return try await take(bytes, visit)
            },
            .form("/facts/file", .permitted(.factsUpload), upload: DocumentLimits.collected.bytes) { visit in
                guard let file = Multipart.file(visit.body, visit.headers[.contentType] ?? "", name: "file") else {
                    throw Failure.bad("form")
                }
                return try await take(file, visit)
            },
        ]
    }

    // MARK: Documents of a host

    private func listing(_ visit: Visit) -> Listing<FactsEntry> {
        let wording = visit.wording
        return Listing<FactsEntry>(
            name: "facts",
            columns: [
                .init(
                    "collected", wording("report.collected"), { .text($0.collected.description) },
                    isBefore: { $0.collected < $1.collected }
                ) {
                    entry, page in
                    page.element(
                        "a", ("href", "/hosts/\(FormFields.encode(entry.host))/facts/\(entry.sha256)"),
                        text: entry.collected.text(in: .taipei))
                },
                .init("system", wording("system.operating"), { .text($0.system) }),
                .init("collector", wording("facts.collector"), { .text($0.collector) }),
                .init("privileged", wording("facts.privileged"), { .bool($0.isPrivileged) }) { entry, page in
                    page.text(wording(entry.isPrivileged ? Say.yes : .no))
                },
                .init("origin", wording("facts.origin"), { .text($0.origin) }),
                .init("bytes", wording("facts.bytes"), isNumber: true, { .integer($0.bytes) }),
                .init("sha256", "SHA-256", { .text($0.sha256) }) { entry, page in
                    page.element("code", text: String(entry.sha256.prefix(16)))
                },
                .init("changes", wording("facts.changes"), { _ in Node(.null) }) { entry, page in
                    page.element(
                        "a", ("href", "/hosts/\(FormFields.encode(entry.host))/changes/\(entry.sha256)"),
                        text: wording("facts.compare"))
                },
            ], text: { "\($0.sha256) \($0.collector) \($0.origin)" }, schema: "plumbline.facts-list/1")
    }

    private func entry(_ visit: Visit) async throws -> (FactsEntry, before: FactsEntry?) {
        let entries = try await hosts.history(visit["host"], limit: 10_000)
        guard let place = entries.firstIndex(where: { $0.sha256 == visit["hash"] }) else {
            throw Failure.notFound("facts of \(visit["host"].clipped)")
        }
        return (entries[place], place + 1 < entries.count ? entries[place + 1] : nil)
    }

    private func document(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let (entry, _) = try await entry(visit)
        let facts = try hosts.facts(entry)
        let bytes = facts.bytes
        if visit.query.text("format") == "json" { return .download("facts-\(entry.host).json", "application/json", bytes) }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        var page = Page(visit, "\(entry.host) \(entry.collected.text(in: .taipei))", .systems)
        page.crumbs = [(wording("web.systems"), "/systems"), (entry.host, "/hosts/\(FormFields.encode(entry.host))")]
        return page.answer { page in
            Shapes.facts(
                [
                    ("SHA-256", entry.sha256), (wording("facts.origin"), entry.origin),
                    (wording("facts.collector"), entry.collector),
                    (wording("system.operating"), entry.system),
                ], &page)
            page.element("p") { page in
                page.element("a", ("href", "\(visit.path)?format=json"), ("download", ""), text: wording("facts.download"))
            }
            page.element("pre", ("tabindex", "0"), ("role", "region"), ("aria-label", wording("facts.document"))) { page in
                for (number, line) in lines.prefix(Self.lineLimit).enumerated() {
                    page.element("span", ("id", "L\(number + 1)"), text: String(decoding: line, as: UTF8.self))
                    page.text("\n")
                }
            }
            if lines.count > Self.lineLimit { page.element("p", text: wording("facts.cut", ["count": String(Self.lineLimit)])) }
        }
    }

    /// What differs from the document before, fact by fact.
    private func difference(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let (entry, before) = try await entry(visit)
        let new = FactsDifference.flat(try hosts.facts(entry).document["facts"])
        let old = try before.map { FactsDifference.flat(try hosts.facts($0).document["facts"]) } ?? [:]
        let rows = FactsDifference.rows(old, new)
        var page = Page(visit, wording("facts.changes"), .systems)
        page.crumbs = [(wording("web.systems"), "/systems"), (entry.host, "/hosts/\(FormFields.encode(entry.host))")]
        let list = Listing<FactsDifference.Row>(
            name: "facts-changes",
            columns: [
                .init("path", wording("html.path"), { .text($0.path) }, isBefore: { $0.path < $1.path }) { row, page in
                    page.element("code", text: row.path)
                },
                .init("before", wording("obligation.before"), { $0.before.map { .text($0) } ?? Node(.null) }),
                .init("after", wording("obligation.after"), { $0.after.map { .text($0) } ?? Node(.null) }),
            ], text: { "\($0.path) \($0.before ?? "") \($0.after ?? "")" }, schema: "plumbline.facts-difference/1")
        if let export = try list.export(rows, visit) { return export }
        return page.answer { page in
            page.element(
                "p", ("class", "lead"),
                text: before.map { "\($0.collected.text(in: .taipei)) → \(entry.collected.text(in: .taipei))" }
                    ?? wording("facts.first"))
            list.write(rows, visit, &page)
        }
    }

    // MARK: By hand

    private func upload(_ visit: Visit, _ wrong: String, _ done: String?) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("facts.upload"), .systems)
        page.crumbs = [(wording("web.systems"), "/systems")]
        page.isNarrow = true
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("facts.upload-why"))
            page.element("pre") { $0.text("plumbline collect -o facts.json") }
            if !wrong.isEmpty {
                Shapes.notice("bad", &page) { page in
                    page.element("p", ("role", "alert"), text: wording("facts.refused"))
                    page.element("p") { $0.element("code", text: wrong) }
                }
            }
            if let done { Shapes.notice("good", &page) { $0.element("p", ("role", "status"), text: done) } }
            page.element(
                "form", ("method", "post"), ("action", "/facts/file?" + FormFields.query([("csrf", visit.signedIn?.csrf ?? "")])),
                ("enctype", "multipart/form-data")
            ) { page in
                page.element("div", ("class", "field")) { page in
                    page.element("label", ("for", "file"), text: wording("facts.file"))
                    page.void(
                        "input", ("type", "file"), ("id", "file"), ("name", "file"), ("accept", ".json,application/json"),
                        ("required", ""))
                }
                Form.actions(wording("facts.send"), cancel: (wording("web.cancel"), "/systems"), &page)
            }
        }
    }

    private func take(_ bytes: [UInt8], _ visit: Visit) async throws -> Answer {
        do throws(WorkspaceError) {
            let facts = try HostStore.read(bytes, origin: "upload")
            let isNew = try await hosts.keep(facts, origin: "upload", visit.actor)
            try await services.workspace.boards.assess(cause: "facts of \(facts.host)", visit.actor)
            services.hub.tell("board")
            return upload(visit, "", visit.wording(isNew ? "facts.taken" : "facts.known", ["host": facts.host]))
        } catch {
            guard case .document(let refused) = error else { throw error }
            return upload(visit, "\(refused)", nil)
        }
    }
}

/// Differences between two facts documents.
enum FactsDifference {
    struct Row: Sendable {
        var path: String
        var before: String?
        var after: String?
    }

    /// Every value by its path: `pam.services[login].lockout.deny`.
    static func flat(_ node: Node?) -> [String: String] {
        var values: [String: String] = [:]
        func walk(_ node: Node, _ path: String) {
            switch node.value {
            case .object(let entries):
                for entry in entries { walk(entry.node, path.isEmpty ? entry.key : "\(path).\(entry.key)") }
            case .list(let items):
                // Items that name themselves are found again when others come before them.
                for (number, item) in items.enumerated() {
                    walk(item, "\(path)[\(item["name"]?.text ?? item["id"]?.text ?? item.text ?? String(number))]")
                }
            default: values[path] = node.plainText
            }
        }
        if let node { walk(node, "") }
        return values
    }

    static func rows(_ old: [String: String], _ new: [String: String]) -> [Row] {
        Set(old.keys).union(new.keys).sorted().compactMap { path in
            old[path] == new[path] ? nil : Row(path: path, before: old[path], after: new[path])
        }
    }
}

/// One file of a form with files (RFC 7578).
enum Multipart {
    /// The bytes of the first file of that field; nil when the body is not such a form, or has none.
    static func file(_ body: [UInt8], _ type: String, name: String) -> [UInt8]? {
        guard type.hasPrefix("multipart/form-data"), let mark = type.firstRange(of: "boundary=") else { return nil }
        let boundary = type[mark.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" }
        guard (1...70).contains(boundary.utf8.count) else { return nil }
        let start = Array("--\(boundary)\r\n".utf8)
        let end = Array("\r\n--\(boundary)".utf8)
        guard body.starts(with: start) else { return nil }
        var at = start.count
        while let head = find(Array("\r\n\r\n".utf8), body, from: at), head - at <= 4_096 {
            let headers = String(decoding: body[at..<head], as: UTF8.self)
            let first = head + 4
            guard let last = find(end, body, from: first) else { return nil }
            if headers.contains("name=\"\(name)\"") { return Array(body[first..<last]) }
            at = last + end.count + 2
        }
        return nil
    }

    private static func find(_ needle: [UInt8], _ body: [UInt8], from start: Int) -> Int? {
        guard start >= 0, start + needle.count <= body.count else { return nil }
        return body.withUnsafeBytes { bytes in
            var at = start
            while at + needle.count <= bytes.count {
                guard let hit = bytes[at...(bytes.count - needle.count)].firstIndex(of: needle[0]) else { return nil }
                if bytes[hit..<(hit + needle.count)].elementsEqual(needle) { return hit }
                at = hit + 1
            }
            return nil
        }
    }
}
