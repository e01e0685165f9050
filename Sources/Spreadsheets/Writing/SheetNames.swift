/// Names of sheets as Excel wants them: 1 to 31 characters, none of `[]:*?/\`, no apostrophe at either end, no two alike, not "History".
enum SheetNames {
    private static let longest = 31

    /// Each name made one that Excel takes, in the order given.
    static func valid(_ names: [String]) -> [String] {
        var taken: Set<String> = []
        return names.map { name in
            let base = cleaned(name)
            var candidate = base
            var number = 2
            while taken.contains(candidate.lowercased()) {
                let ending = " (\(number))"
                candidate = cut(base, longest - ending.utf16.count) + ending
                number += 1
            }
            taken.insert(candidate.lowercased())
            return candidate
        }
    }

    private static func cleaned(_ name: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in TextFolding.plain(name).unicodeScalars {
            scalars.append("[]:*?/\\".unicodeScalars.contains(scalar) ? "-" : scalar)
        }
        var text = cut(String(scalars), longest)
        while text.hasPrefix("'") || text.hasPrefix(" ") { text.removeFirst() }
        while text.hasSuffix("'") || text.hasSuffix(" ") { text.removeLast() }
        if text.isEmpty { text = "Sheet" }
        return text.lowercased() == "history" ? text + "_" : text
    }

    /// Excel counts units of UTF-16.
    private static func cut(_ text: String, _ length: Int) -> String {
        var text = text
        while text.utf16.count > length { text.removeLast() }
        return text
    }
}
