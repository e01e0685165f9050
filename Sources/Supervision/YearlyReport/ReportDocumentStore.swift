internal import Database
internal import Documents
internal import GRDB
internal import Rulebook
internal import Submissions

/// Reads again what the rows of a report rest on: signed packages and answers that were handed in.
struct ReportDocumentStore: Sendable {
    let database: GovernanceDatabase
    let files: EvidenceFiles

    /// Holds each row against its document.
    ///
    /// - Parameter snapshot: the rows.
    /// - Returns: how many rows rest on a document, and the documents that do not bear theirs.
    /// - Throws: `.storage`.
    func check(
        _ snapshot: ReportSnapshot
    ) async throws(SupervisionError) -> (signed: Int, problems: [ReportVerification.Document]) {
        try await database.read(throwing: SupervisionError.self) { db in
            var packages: [String: String] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT payload, package FROM inbox_versions") {
                packages[row["payload"]] = row["package"]
            }
            var keys: [String: [[UInt8]]] = [:]
            // Keys that were registered once: what they signed then stands, whatever became of them later.
            for row in try Row.fetchAll(db, sql: "SELECT firm, key FROM inbox_keys WHERE valid_from IS NOT NULL") {
                guard let key = PublicKey.read(row["key"]) else { continue }
                keys[row["firm"], default: []].append(key)
            }
            let own = try String.fetchAll(db, sql: "SELECT key FROM inbox_own_keys").compactMap { PublicKey.read($0) }
            let answers = try db.cachedStatement(sql: "SELECT document FROM answer_versions WHERE firm = ? AND sha256 = ?")
            var problems: [ReportVerification.Document] = []
            var signed = 0
            for row in snapshot.rows(.answers) where row[8].text == "submission" || row[8].text == "answers" {
                signed += 1
                let (firm, hash) = (row[1].text, row[9].text)
                let problem: ReportVerification.Document.Problem?
                if row[8].text == "submission" {
                    problem = submission(hash, packages[hash], (keys[firm] ?? [], own), row, snapshot)
                } else {
                    let document = try String.fetchOne(answers, arguments: [firm, hash])
                    problem = handedIn(hash, document, row, snapshot)
                }
                if let problem { problems.append(.init(firm: firm, quarter: row[0].text, sha256: hash, problem: problem)) }
            }
            return (signed, problems)
        }
    }

    private func submission(
        _ hash: String, _ package: String?, _ keys: (firm: [[UInt8]], own: [[UInt8]]), _ row: [ReportSnapshot.Value],
        _ snapshot: ReportSnapshot
    ) -> ReportVerification.Document.Problem? {
        guard let package else { return .missing }
        let bytes: [UInt8]
        do throws(StorageError) { bytes = try files.read(package, limit: .max) } catch {
            return error.code == .notFound ? .missing : .damaged
        }
        let limits = DocumentLimits(bytes: .max, depth: 24, values: .max)
        guard let envelope = try? Envelope.read(bytes, limit: .max), envelope.payloadHash == hash,
            case .submission(let manifest) = try? Message.read(envelope.payload, .submission, limits: limits)
        else { return .damaged }
        // What a respondent answered on the supervisor's pages is signed by the supervisor on their behalf; everything else by the firm.
        let signers = manifest.origin == .package ? keys.firm : keys.own
        guard signers.contains(where: { envelope.isSigned(by: $0) }) else { return .unsigned }
        guard manifest.firm.id == row[1].text, manifest.quarter.description == row[0].text else { return .differs }
        return agrees(manifest.answers, row, snapshot) ? nil : .differs
    }

    private func handedIn(
        _ hash: String, _ document: String?, _ row: [ReportSnapshot.Value], _ snapshot: ReportSnapshot
    ) -> ReportVerification.Document.Problem? {
        guard let document else { return .missing }
        let bytes = Array(document.utf8)
        guard Hash.sha256(bytes) == hash, let answers = try? AnswersReader.read(bytes, origin: "answers") else { return .damaged }
        return agrees(answers, row, snapshot) ? nil : .differs
    }

    /// Whether the row's digits are what the answers say. A submission that answers another questionnaire, or none, declares nothing.
    private func agrees(_ answers: Answers?, _ row: [ReportSnapshot.Value], _ snapshot: ReportSnapshot) -> Bool {
        guard let answers, answers.questionnaire.id == snapshot.fact("questionnaire") else { return row[3].text.isEmpty }
        let digits = snapshot.items.map { item -> UInt8 in
            switch answers[item]?.answer {
            case .yes: UInt8(ascii: "1")
            case .no: UInt8(ascii: "2")
            case .notApplicable: UInt8(ascii: "3")
            case nil: UInt8(ascii: "0")
            }
        }
        return Array(row[3].text.utf8) == digits
    }
}
