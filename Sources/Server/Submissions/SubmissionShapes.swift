internal import HTML
internal import Reports
internal import Rulebook
internal import Submissions

/// Marks and texts that both sides' pages share.
enum SubmissionShapes {
    /// How far a submission has come.
    static func state(_ state: String, _ wording: Wording, _ page: inout HTMLWriter) {
        let kind =
            switch state {
            case "accepted", "registered": "good"
            case "refused", "rejected": "bad"
            case "returned", "queued", "waiting", "made", "answered": "warn"
            default: ""
            }
        Shapes.badge(kind, wording("submissions.state.\(state)"), &page)
    }

    /// Why a package was refused.
    static func refusal(_ refusal: PackageRefusal, _ wording: Wording) -> String {
        wording("exchange.refusal.\(refusal.code.rawValue)") + " [\(refusal.description)]"
    }

    /// What a message says.
    static func message(_ message: Message, _ wording: Wording, _ page: inout HTMLWriter) {
        var pairs: [(String, String)] = [
            (wording("submissions.kind"), wording("exchange.kind.\(message.kind.word)")),
            (wording("submissions.made"), message.header.created.text(in: .taipei)),
        ]
        func about(_ reference: SubmissionReference?) {
            guard let reference else { return }
            pairs.append(
                (wording("submissions.quarter"), "\(reference.quarter) · \(wording("submissions.version")) \(reference.version)"))
            pairs.append((wording("submissions.sha256"), reference.sha256))
        }
        switch message {
        case .receipt(let receipt):
            pairs.append((wording("exchange.receipt-of"), wording("exchange.kind.\(receipt.kind.word)")))
            pairs.append((wording("exchange.outcome"), wording("exchange.outcome.\(receipt.outcome.rawValue)")))
            about(receipt.submission)
            if receipt.submission?.sha256 != receipt.of { pairs.append((wording("submissions.sha256"), receipt.of)) }
        case .refusal(let notice):
            pairs.append((wording("exchange.refused-because"), wording("exchange.refusal.\(notice.code.rawValue)")))
            pairs.append((wording("submissions.package"), notice.package))
        case .questions(let questions): about(questions.submission)
        case .acceptance(let acceptance):
            about(acceptance.submission)
            if !acceptance.note.isEmpty { pairs.append((wording("exchange.note"), acceptance.note)) }
        case .reply(let reply):
            about(reply.submission)
            pairs.append((wording("exchange.answered-by"), reply.by))
        default: break
        }
        Shapes.facts(pairs, &page)
        switch message {
        case .questions(let questions):
            list(questions.questions.map { ($0.id, $0.item, $0.text) }, &page)
        case .reply(let reply): list(reply.entries.map { ($0.question, "", $0.text) }, &page)
        default: break
        }
    }

    private static func list(_ items: [(id: String, item: String, text: String)], _ page: inout HTMLWriter) {
        page.element("dl", ("class", "facts")) { page in
            for item in items {
                page.element("dt", text: item.item.isEmpty ? item.id : "\(item.id) · \(item.item)")
                page.element("dd", text: item.text)
            }
        }
    }
}

extension PackageKind {
    /// Its name in the catalogue.
    var word: String {
        String(rawValue.dropFirst("plumbline.".count).prefix { $0 != "/" })
    }
}
