/// Walks a composed stack as libpam's `_pam_dispatch_aux` does.
enum PAMSimulator {
    /// How a walk ended.
    struct Outcome: Sendable {
        /// What the program that asked is told.
        var status: PAMReturn
        /// Positions in the stack that were called, in order.
        var called: [Int]

        /// Whether the program is told "yes".
        var isSuccess: Bool { status == .success }
    }

    private enum Impression { case undefined, positive, negative }

    /// Walks `stack`; `answer` says what the call at a position returns.
    static func run(_ stack: [PAMEntry], _ answer: (Int) -> PAMReturn) -> Outcome {
        var called: [Int] = []
        var impression = Impression.undefined
        var status = PAMReturn.permDenied
        var frames: [Int: (Impression, PAMReturn)] = [0: (impression, status)]
        var previous = 0
        var index = 0
        while index < stack.count {
            let level = stack[index].level
            // Entering a substack: "reset" inside it returns to this state.
            if previous < level { frames[level] = (impression, status) }
            previous = level
            if stack[index].kind == .substack {
                index += 1
                continue
            }
            called.append(index)
            let value = stack[index].kind == .broken ? .permDenied : answer(index)
            let action = stack[index].actions[value]
            switch action {
            case .reset: (impression, status) = frames[level] ?? (.undefined, .permDenied)
            case .ok, .done:
                if impression == .undefined || (impression == .positive && status == .success) {
                    impression = .positive
                    status = value
                }
                if action == .done, impression == .positive { index = end(of: stack, from: index, level: level) }
            case .bad, .die:
                if impression != .negative {
                    impression = .negative
                    status = value == .ignore ? .permDenied : value
                }
                if action == .die { index = end(of: stack, from: index, level: level) }
            case .ignore: break
            case .jump(let distance):
                let (target, isComplete) = jump(distance, in: stack, from: index, level: level)
                index = target
                if !isComplete {
                    impression = .negative
                    status = .permDenied
                }
            }
            index += 1
        }
        return Outcome(status: status == .success && impression != .positive ? .permDenied : status, called: called)
    }

    /// A decision ends the substack it is made in (at level 0: the whole walk).
    private static func end(of stack: [PAMEntry], from index: Int, level: Int) -> Int {
        var index = index
        while index + 1 < stack.count, stack[index + 1].level >= level { index += 1 }
        return index
    }

    /// A jump counts lines of its own level; a substack with all its lines is one.
    private static func jump(_ distance: Int, in stack: [PAMEntry], from index: Int, level: Int) -> (Int, isComplete: Bool) {
        var index = index
        var left = distance
        while left > 0, index + 1 < stack.count, stack[index + 1].level >= level {
            repeat { index += 1 } while index + 1 < stack.count && stack[index + 1].level > level
            left -= 1
        }
        return (index, left == 0)
    }
}

/// What a module answers in a scenario.
enum PAMAnswer: Sendable, Equatable {
    case certain(PAMReturn)
    /// Depends on what cannot be seen: both success and failure are tried.
    case either
}

/// All courses a scenario can take through a stack.
enum PAMCourses {
    /// Modules that cannot be decided, at most; their courses double with each.
    static let undecidedLimit = 6

    /// Every outcome; nil when too much is undecided.
    static func outcomes(_ stack: [PAMEntry], _ answer: (PAMEntry) -> PAMAnswer) -> [PAMSimulator.Outcome]? {
        let answers = stack.map { $0.kind == .module ? answer($0) : .certain(.permDenied) }
        let undecided = answers.indices.filter { answers[$0] == .either }
        guard undecided.count <= undecidedLimit else { return nil }
        return (0..<(1 << undecided.count)).map { world in
            PAMSimulator.run(stack) { index in
                if case .certain(let value) = answers[index] { return value }
                let bit = undecided.firstIndex(of: index) ?? 0
                return world >> bit & 1 == 0 ? .success : .authErr
            }
        }
    }
}
