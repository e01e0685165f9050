internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// A day and time as a field of a form holds it, in the time of the place.
enum LocalTime {
    /// Reads `2026-11-20T18:30` or `2026-11-20`; a day alone means its end, or its beginning.
    ///
    /// - Returns: nil for anything else.
    static func instant(_ text: String, in zone: Zone, endOfDay: Bool) -> Instant? {
        guard text.utf8.count <= 19 else { return nil }
        let parts = text.split(whereSeparator: { $0 == "T" || $0 == " " })
        guard (1...2).contains(parts.count), let date = CivilDate(parts[0]) else { return nil }
        let day = Int64(date.day) * 86_400 - Int64(zone.offset)
        guard parts.count == 2 else { return Instant(seconds: endOfDay ? day + 86_400 : day) }
        let time = parts[1].utf8.count == 5 ? parts[1] + ":00" : parts[1]
        return Instant("\(date)T\(time)\(zone.suffix)")
    }

    /// As a field `datetime-local` takes it.
    static func text(_ instant: Instant, in zone: Zone) -> String { String(instant.text(in: zone).prefix(16)) }
}

/// Name, address and telephone of a person, as a form holds them.
enum ContactForm {
    struct Values: Equatable {
        var display: String
        var mail: String?
        var phone: String?
    }

    static func read(_ form: FormFields) -> Values {
        func optional(_ name: String) -> String? { form.text(name).isEmpty ? nil : form.text(name) }
        return Values(display: form.text("display"), mail: optional("mail"), phone: optional("phone"))
    }

    static func write(_ account: Account, _ visit: Visit, _ page: inout HTMLWriter) {
        func value(_ name: String, _ stored: String?) -> String { visit.method == .get ? stored ?? "" : visit.form.text(name) }
        Form.Field(
            name: "display", label: visit.wording("account.display"), hint: visit.wording("account.display-hint"),
            value: value("display", account.displayName), isRequired: true, limit: 100
        ).write(&page)
        optional(visit, mail: value("mail", account.mail), phone: value("phone", account.phone), &page)
    }

    static func optional(_ visit: Visit, mail: String, phone: String, _ page: inout HTMLWriter) {
        Form.Field(
            name: "mail", label: visit.wording("account.mail"), hint: visit.wording("account.mail-hint"), value: mail,
            type: "email",
            limit: 254
        ).write(&page)
        Form.Field(
            name: "phone", label: visit.wording("account.phone"), hint: visit.wording("account.phone-hint"), value: phone,
            type: "tel",
            limit: 32
        ).write(&page)
    }
}

/// From where and when an account may be used, as a form holds it: ranges and hours with separators between them.
enum ConditionsForm {
    /// What could not be read, in its place.
    struct Flaw: Error, Equatable {
        /// The field.
        var field: String
        /// What stood there.
        var text: String
    }

    /// Most ranges, and most hours.
    static let limit = 64

    static func read(addresses: String, hours: String) throws(Flaw) -> UseConditions {
        var ranges: [AddressRange] = []
        for part in addresses.split(whereSeparator: { $0.isWhitespace || ",;、；，".contains($0) }) {
            guard ranges.count < limit, let range = AddressRange(String(part)) else {
                throw Flaw(field: "addresses", text: String(part))
            }
            ranges.append(range)
        }
        var spans: [WeeklyHours] = []
        for part in hours.split(whereSeparator: { $0.isNewline || ",;、；，".contains($0) }) {
            let text = String(part.trimmingSpaces)
            guard !text.isEmpty else { continue }
            guard spans.count < limit, let span = WeeklyHours(text) else { throw Flaw(field: "hours", text: text) }
            spans.append(span)
        }
        return UseConditions(sources: ranges, hours: spans)
    }

    static func addresses(_ conditions: UseConditions) -> String { conditions.sources.map(\.description).joined(separator: " ") }

    static func hours(_ conditions: UseConditions) -> String { conditions.hours.map(\.description).joined(separator: "; ") }

    /// Conditions as people read them.
    static func text(_ conditions: UseConditions, _ wording: Wording) -> [(String, String)] {
        [
            (wording("account.addresses"), conditions.sources.isEmpty ? wording("account.anywhere") : addresses(conditions)),
            (wording("account.hours"), conditions.hours.isEmpty ? wording("account.anytime") : hours(conditions)),
        ]
    }
}

/// How somebody was recognised, as a form holds it.
enum CheckForm {
    static func write(_ visit: Visit, checkers: [Account], _ page: inout HTMLWriter) {
        let wording = visit.wording
        Form.boxes(
            "radio", "method", wording("check.method"), hint: wording("check.method-hint"),
            IdentityCheck.Method.allCases.map { ($0.rawValue, wording("check.\($0.rawValue)")) },
            chosen: [visit.form.text("method")], &page)
        let own = visit.signedIn?.principal.account
        let chosen = Int64(visit.form.text("checker")) ?? own?.number ?? 0
        Form.select(
            "checker", wording("check.checker"), hint: wording("check.checker-hint"),
            checkers.map { (String($0.id.number), "\($0.displayName) (\($0.name))") }, chosen: String(chosen), &page)
        Form.reason(visit, &page)
    }

    /// nil when it says neither how nor who.
    static func read(_ form: FormFields) -> IdentityCheck? {
        guard let method = IdentityCheck.Method(rawValue: form.text("method")), let checker = Int64(form.text("checker")) else {
            return nil
        }
        return IdentityCheck(method: method, checker: AccountID(checker), reason: form.text("reason"))
    }
}
