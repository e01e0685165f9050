internal import Synchronization

/// Remembers what was made from tables for as long as these stand as they were, and makes each thing once when many ask for it.
///
/// A value is asked for with a stamp: counters of changes (`Generations`) that the asker has just read. What is given back was made from rows
/// at least as new as the stamp: nobody sees a state older than the last commit before the question. Bounded: what was used longest ago is
/// forgotten first.
final class MarketMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Held {
        var stamp: [Int64]
        var value: Value
        var used: UInt64
    }

    private struct Making {
        var stamp: [Int64]
        var number: UInt64
        var task: Task<Result<Value, SupervisionError>, Never>
    }

    private struct State {
        var held: [Key: Held] = [:]
        var making: [Key: Making] = [:]
        var count: UInt64 = 0
    }

    private enum Found {
        case value(Value)
        case task(Task<Result<Value, SupervisionError>, Never>)
    }

    private let state = Mutex(State())
    /// Most values that are remembered.
    let limit: Int
    /// Whether a value is small enough to be remembered.
    private let isSmall: @Sendable (Value) -> Bool

    init(limit: Int, isSmall: @escaping @Sendable (Value) -> Bool = { _ in true }) {
        (self.limit, self.isSmall) = (limit, isSmall)
    }

    /// What was remembered, if it is as new as the stamp.
    func held(_ key: Key, at stamp: [Int64]) -> Value? {
        state.withLock { state in
            guard let held = state.held[key], Self.covers(held.stamp, stamp) else { return nil }
            state.count += 1
            state.held[key]?.used = state.count
            return held.value
        }
    }

    /// Remembers a value made from rows at least as new as the stamp.
    func keep(_ value: Value, _ key: Key, at stamp: [Int64]) {
        guard isSmall(value) else { return }
        state.withLock { Self.keep(value, key, stamp, limit, &$0) }
    }

    /// The value, remembered or made.
    ///
    /// - Parameters:
    ///   - key: which.
    ///   - stamp: counters that were read; a key has always as many.
    ///   - make: makes it from rows at least as new as the stamp; is given what was remembered before, however old.
    /// - Returns: the value.
    /// - Throws: what making it throws; nothing is remembered then.
    func value(
        _ key: Key, at stamp: [Int64], make: @escaping @Sendable (_ last: Value?) async throws(SupervisionError) -> Value
    ) async throws(SupervisionError) -> Value {
        let found = state.withLock { state -> Found in
            state.count += 1
            let number = state.count
            if let held = state.held[key], Self.covers(held.stamp, stamp) {
                state.held[key]?.used = number
                return .value(held.value)
            }
            // One that began with older counters may have read older rows.
            if let making = state.making[key], Self.covers(making.stamp, stamp) { return .task(making.task) }
            let last = state.held[key]?.value
            let task = Task { await self.run(key, stamp, number, last, make) }
            state.making[key] = Making(stamp: stamp, number: number, task: task)
            return .task(task)
        }
        switch found {
        case .value(let value): return value
        case .task(let task): return try await task.value.get()
        }
    }

    private func run(
        _ key: Key, _ stamp: [Int64], _ number: UInt64, _ last: Value?,
        _ make: @Sendable (_ last: Value?) async throws(SupervisionError) -> Value
    ) async -> Result<Value, SupervisionError> {
        let result: Result<Value, SupervisionError>
        do throws(SupervisionError) { result = .success(try await make(last)) } catch { result = .failure(error) }
        state.withLock { state in
            if state.making[key]?.number == number { state.making[key] = nil }
            if case .success(let value) = result, isSmall(value) { Self.keep(value, key, stamp, limit, &state) }
        }
        return result
    }

    private static func keep(_ value: Value, _ key: Key, _ stamp: [Int64], _ limit: Int, _ state: inout State) {
        // One that was made later from newer rows stays.
        if let held = state.held[key], covers(held.stamp, stamp) { return }
        state.count += 1
        state.held[key] = Held(stamp: stamp, value: value, used: state.count)
        if state.held.count > limit, let oldest = state.held.min(by: { $0.value.used < $1.value.used })?.key {
            state.held[oldest] = nil
        }
    }

    private static func covers(_ held: [Int64], _ wanted: [Int64]) -> Bool {
        held.count == wanted.count && zip(held, wanted).allSatisfy { $0 >= $1 }
    }
}
