internal import Synchronization

/// A value that several may give and one waits for: the first one counts.
final class Once<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value, Never>)
        case given(Value)
        case done
    }

    private let state = Mutex(State.empty)

    /// Gives a value; whether it was the first.
    @discardableResult
    func give(_ value: Value) -> Bool {
        let (waiter, isFirst): (CheckedContinuation<Value, Never>?, Bool) = state.withLock { state in
            switch state {
            case .empty:
                state = .given(value)
                return (nil, true)
            case .waiting(let waiter):
                state = .done
                return (waiter, true)
            case .given, .done: return (nil, false)
            }
        }
        waiter?.resume(returning: value)
        return isFirst
    }

    /// Waits for the value. One may wait, once.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let value: Value? = state.withLock { state in
                if case .given(let value) = state {
                    state = .done
                    return value
                }
                state = .waiting(continuation)
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
