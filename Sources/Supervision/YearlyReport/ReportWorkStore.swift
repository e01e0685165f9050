internal import Database
internal import Documents
internal import GRDB
internal import Rulebook

/// What the supervisor did in the year: follow-up, inspections, coaching, meetings, programme, service watch.
extension ReportSnapshotStore.View {
    // MARK: Follow-up

    /// A row for each gap and quarter in which it was one, before or after. Items that were kept in every quarter are left in the database.
    mutating func readGaps() throws {
        let (first, last) = (quarters.lowerBound.index, quarters.upperBound.index)
        let known = try Int.fetchAll(
            db, sql: "SELECT DISTINCT quarter FROM gap_takes WHERE quarter BETWEEN ? AND ? ORDER BY quarter",
            arguments: [first, last]
        ).map { Quarter(index: $0) }
        guard let end = known.last else { return }
        facts["follow-up-quarters"] = known.map(\.description).joined(separator: " ")
        let policy = store.followUps
        var rows: [ReportSnapshotStore.Row] = []
        for record in try FollowUpStore.records(db, firm: nil, item: nil)
        where !record.words.isEmpty || record.standings.contains(where: { $0.key <= end && $0.value.isGap }) {
            for quarter in known {
                let asOf = min(quarter.lastDay, today)
                guard
                    let difference = FollowUpDifference(record, from: quarter.previous, to: quarter, asOf: asOf)
                else { continue }
                let (before, after) = (difference.before.isOpen, difference.after.isOpen)
                guard before || after else { continue }
                rows.append([
                    .text(quarter.description), .text(record.firm), .text(record.item), .number(before ? 1 : 0),
                    .number(after ? 1 : 0), .number(policy.isSlipping(difference) ? 1 : 0),
                    .number(after && difference.overdueDays > 0 ? 1 : 0),
                ])
            }
        }
        tables[.gaps] = rows
    }

    // MARK: Inspections, coaching, meetings, programme

    mutating func readWork() throws {
        let year = quarters.lowerBound.year
        let days = quarters.lowerBound.firstDay...quarters.upperBound.lastDay
        func name(_ firm: String) -> ReportSnapshot.Value { .text(names[firm] ?? firm) }
        tables[.inspections] = try CaseStore<Inspection>.all(db).reversed().filter {
            $0.plan.year == year && $0.state != .cancelled
        }.map { inspection in
            let theme = store.inspections.themes.first { $0.id == inspection.plan.theme }?.title
            return [
                .number(Int(inspection.id)), .text(inspection.plan.firm), name(inspection.plan.firm),
                .text(inspection.plan.occasion.rawValue), .text(theme?.chinese ?? ""), .text(theme?.english ?? ""),
                .text((inspection.asOf ?? inspection.plan.day).description), .text(inspection.state.rawValue),
                .number(inspection.standing.count), .number(inspection.openFindings),
            ]
        }
        tables[.coaching] = try CaseStore<CoachingCase>.all(db).reversed().filter {
            days.contains($0.visited ?? $0.plan.day) && $0.state != .cancelled
        }.map { coaching in
            [
                .number(Int(coaching.id)), .text(coaching.plan.firm), name(coaching.plan.firm),
                .text(coaching.plan.day.description), .text(coaching.visited?.description ?? ""),
                .text(coaching.state.rawValue), .number(coaching.plan.items.count), .number(coaching.actions.count),
                .number(coaching.actions.count { !$0.current.state.isSettled }),
            ]
        }
        let meetings = try CaseStore<Meeting>.all(db).filter { $0.plan.year == year }.sorted { $0.plan.number < $1.plan.number }
        tables[.meetings] = meetings.map { meeting in
            [
                .number(Int(meeting.id)), .number(meeting.plan.number), .text(meeting.plan.title),
                .text(meeting.plan.day.description), .number(meeting.resolutions.count),
                .number(meeting.resolutions.count { !$0.current.state.isSettled }),
            ]
        }
        tables[.resolutions] = meetings.flatMap { meeting in
            meeting.resolutions.map { resolution in
                [
                    .number(Int(meeting.id)), .number(resolution.number), .text(resolution.what),
                    .text(resolution.current.owner), .text(resolution.current.due?.description ?? ""),
                    .text(resolution.current.state.rawValue),
                ]
            }
        }
        tables[.programme] = try CaseStore<ProgrammeEvent>.all(db).reversed().filter {
            days.contains($0.plan.day) && $0.cancelled.isEmpty
        }.map { event in
            let kind = store.programme.events.first { $0.id == event.plan.kind }?.title
            let region = store.programme.regions.first { $0.id == event.plan.region }?.title
            return [
                .number(Int(event.id)), .text(kind?.chinese ?? event.plan.kind), .text(kind?.english ?? event.plan.kind),
                .text(region?.chinese ?? ""), .text(region?.english ?? ""), .text(event.plan.title),
                .text(event.plan.day.description), .text(event.plan.place), .number(event.firms.count), .number(event.persons),
            ]
        }
    }

    // MARK: Service watch

    /// The minutes of the year in which services had to be up and were watched.
    mutating func readServices() throws {
        let begin = WatchSight.minute(of: quarters.lowerBound.firstDay)
        let end = min(WatchSight.minute(of: quarters.upperBound.next.firstDay), WatchSight.minute(of: today))
        guard begin < end else { return }
        let calendar = try WatchStore.calendar(db, store.watch)
        let stretches = try WatchResultStore.stretches(db, in: begin..<end, of: nil)
        let outages = try WatchResultStore.outages(
            db, in: Instant(seconds: begin * 60)..<Instant(seconds: end * 60), of: nil)
        tables[.services] = try WatchStore.records(db, store.watch).compactMap { record in
            let duty = WatchDuty(terms: record.terms, policy: store.watch, calendar: calendar)
            let tally = duty.tally(stretches[record.id] ?? [], in: begin..<end)
            guard tally.required > 0 else { return nil }
            let target = record.newest.target
            return [
                .text(record.id), .text(target.firm), .text(names[target.firm] ?? target.firm), .text(target.name),
                .number(Int(tally.required)), .number(Int(tally.up)), .number(Int(tally.down)),
                .number((outages[record.id] ?? []).count),
            ]
        }
    }
}
