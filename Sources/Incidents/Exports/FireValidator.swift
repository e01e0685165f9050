public import Documents
public import Rulebook

extension FireFormat {
    /// Most records or items of one value.
    static let itemLimit = 1_000

    /// Checks a report: what its phase and status ask for, kinds, lists, order of its moments, and that its items agree.
    ///
    /// - Parameters:
    ///   - report: the items by their keys, as the exporter writes them.
    ///   - now: what has passed and what has not.
    /// - Returns: what is wrong; nothing when the report may be sent.
    public func faults(_ report: Node, now: Instant) -> [ReportFault] {
        guard let entries = report.entries else { return [ReportFault(.value, "", "a mapping is expected")] }
        let (phase, status) = (word("phase", report["report_phase"]), word("status", report["incident_status"]))
        var faults: [ReportFault] = []
        for entry in entries where self[entry.key].map({ !$0.container.isEmpty }) ?? true {
            faults.append(ReportFault(.unknown, entry.key.clipped, "there is no such item here"))
        }
        if Set(entries.map(\.key)).count != entries.count {
            faults.append(ReportFault(.unknown, "", "an item stands there twice"))
        }
        guard let phase, let status, let column = column(phase: phase, status: status) else {
            let fault =
                phase == nil || status == nil
                ? ReportFault(.missing, "report_phase", "phase and status are expected")
                : ReportFault(.combination, "report_phase", "\(phase ?? "") and \(status ?? "") do not go together")
            return faults + [fault]
        }
        let later = notYet[status] ?? []
        check(report, items.filter { $0.container.isEmpty }, column, later, "", report, &faults)
        faults += ReportReading.check(order, past, now: now) { id in report[id]?.text.flatMap { Instant($0) } }
        faults += contradictions(report)
        return faults
    }

    /// The word of a list whose label a value is.
    private func word(_ list: String, _ node: Node?) -> String? {
        node?.text.flatMap { label in words[list]?.first { $0.label == label }?.key }
    }

    private func check(
        _ record: Node, _ items: [Item], _ column: Column, _ later: Set<String>, _ path: String, _ report: Node,
        _ faults: inout [ReportFault]
    ) {
        for item in items {
            let place = path + item.id
            let demand = later.contains(item.id) ? Demand.notApplicable : item.demands[column] ?? .optional
            guard let value = record[item.id], !value.isNull || item.kind == .duration else {
                if demand == .essential { faults.append(ReportFault(.missing, place, "it is essential in this phase")) }
                continue
            }
            guard demand == .essential || demand == .optional else {
                faults.append(ReportFault(.notApplicable, place, "it is not given in this phase"))
                continue
            }
            if item.kind == .container {
                checkRecords(value, item, column, later, place, report, &faults)
            } else if let reason = wrong(value, item, report) {
                faults.append(ReportFault(.value, place, "\(reason) expected"))
            }
        }
    }

    private func checkRecords(
        _ value: Node, _ item: Item, _ column: Column, _ later: Set<String>, _ place: String, _ report: Node,
        _ faults: inout [ReportFault]
    ) {
        guard let records = value.list, records.count <= Self.itemLimit, records.allSatisfy({ $0.entries != nil }) else {
            return faults.append(ReportFault(.value, place, "a list of records is expected"))
        }
        // No service may be hit; everything else that is essential has at least one record.
        if records.isEmpty, item.demands[column] == .essential, item.id != "services_affected" {
            faults.append(ReportFault(.missing, place, "at least one is essential in this phase"))
        }
        let members = items.filter { $0.container == item.id }
        for (index, record) in records.enumerated() {
            for entry in record.entries ?? [] where !members.contains(where: { $0.id == entry.key }) {
                faults.append(ReportFault(.unknown, "\(place)[\(index)].\(entry.key.clipped)", "there is no such item here"))
            }
            check(record, members, column, later, "\(place)[\(index)].", report, &faults)
        }
    }

    // MARK: Values

    /// What is expected of a value instead; nil when it is right.
    private func wrong(_ value: Node, _ item: Item, _ report: Node) -> String? {
        func all(_ mayBeEmpty: Bool = true, _ holds: (Node) -> Bool) -> Bool {
            guard let list = value.list, list.count <= Self.itemLimit, mayBeEmpty || !list.isEmpty else { return false }
            return list.allSatisfy(holds)
        }
        func isLabel(_ node: Node) -> Bool {
            node.text.map { text in words[item.list]?.contains { $0.label == text } == true } ?? false
        }
        func letters(_ node: Node, _ count: Int, _ range: ClosedRange<UInt8>) -> Bool {
            node.text.map { $0.utf8.count == count && $0.utf8.allSatisfy(range.contains) } ?? false
        }
        let number = value.number ?? value.text.flatMap { ExactNumber($0) }
        switch item.kind {
        case .decimal: return number == nil ? "a number is" : nil
        case .integer: return (value.integer.map { (0...2_147_483_647).contains($0) } ?? false) ? nil : "a whole number from 0 is"
        case .fraction: return (number.map { $0 >= .zero && $0 <= ExactNumber(1) } ?? false) ? nil : "a number from 0 to 1 is"
        case .short: return value.text.map(FieldBook.isShort) ?? false ? nil : "one line of at most 255 characters is"
        case .long: return value.text.map(FieldBook.isLong) ?? false ? nil : "a text of at most 65,535 characters is"
        case .email: return value.text.map(Self.isEmail) ?? false ? nil : "an address of mail is"
        case .phone: return value.text.map(Self.isPhone) ?? false ? nil : "a telephone number with its country code is"
        case .time: return value.text.flatMap { Instant($0) } == nil ? "a time with its offset is" : nil
        case .duration:
            return value.isNull || value.text.flatMap { Duration8601($0) } != nil ? nil : "a span of time (PT4H) or null is"
        case .code: return isLabel(value) ? nil : "a word of the list \(item.list) is"
        case .codes: return all(false, isLabel) ? nil : "words of the list \(item.list) are"
        case .texts: return all { $0.text.map(FieldBook.isShort) ?? false } ? nil : "short texts are"
        case .language: return letters(value, 2, 0x61...0x7A) ? nil : "two small letters are"
        case .country: return letters(value, 2, 0x41...0x5A) ? nil : "two capital letters are"
        case .countries: return all(false) { letters($0, 2, 0x41...0x5A) } ? nil : "countries of two capital letters are"
        case .currency: return letters(value, 3, 0x41...0x5A) ? nil : "three capital letters are"
        case .recipients:
            return all { $0.text.map(recipients(of: report).contains) ?? false } ? nil : "recipients of this report are"
        case .pairs:
            let mayBeEmpty = item.id == "related_affected_entities"
            return all(mayBeEmpty, Self.isPair) ? nil : "names in schemes, with valid LEI codes, are"
        case .triggers:
            return all(false) { trigger in
                trigger["trigger"].map(isLabel) == true
                    && trigger["recipient"]?.text.map(recipients(of: report).contains) == true
            } ? nil : "triggers, each with a recipient of this report, are"
        case .actions:
            return all(false) { action in
                action["action"]?.text.map(FieldBook.isLong) == true
                    && (action["date"].map { $0.text.flatMap { CivilDate($0) } != nil } ?? true)
            } ? nil : "measures, with dates where known, are"
        case .files: return all { $0.text != nil } ? nil : "files in base64 are"
        case .container: return nil
        }
    }

    /// Values of the recipients of a report.
    private func recipients(of report: Node) -> Set<String> {
        Set(report["recipient_identifiers"]?.list?.compactMap { $0["value"]?.text } ?? [])
    }

    private static func isPair(_ node: Node) -> Bool {
        guard let entries = node.entries, entries.count == 2, let name = node["name"]?.text, let value = node["value"]?.text
        else {
            return false
        }
        guard name.isEmpty || FieldBook.isShort(name), FieldBook.isShort(value) else { return false }
        return name != "LEI" || LegalEntityIdentifier.isValid(value)
    }

    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return FieldBook.isShort(text) && parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty
            && !text.contains(where: \.isWhitespace)
    }

    static func isPhone(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst()
        return text.utf8.first == UInt8(ascii: "+") && (2...15).contains(digits.count) && digits.first != UInt8(ascii: "0")
            && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    // MARK: Items that must agree

    private func contradictions(_ report: Node) -> [ReportFault] {
        var faults: [ReportFault] = []
        if let contacts = report["entity_contacts"]?.list,
            !contacts.contains(where: { word("contact-type", $0["contact_type"]) == "primary" })
        {
            faults.append(ReportFault(.contradiction, "entity_contacts", "a primary contact is expected"))
        }
        let strengths = report["causes_identified"]?.list?.compactMap { word("strength", $0["causal_strength"]) } ?? []
        if !strengths.isEmpty, !strengths.contains("root") {
            faults.append(ReportFault(.contradiction, "causes_identified", "at least one root cause is expected"))
        }
        if let countries = report["impact_geographic_countries"]?.list {
            let spread = word("spread", report["impact_geographic_spread"])
            let fits =
                switch spread {
                case "national": countries.count == 1
                case "multi-jurisdictional": countries.count > 1
                default: false
                }
            if !fits {
                faults.append(
                    ReportFault(
                        .contradiction, "impact_geographic_countries",
                        "one country for a national spread, several for a multi-jurisdictional one, none otherwise"))
            }
        }
        return faults
    }
}
