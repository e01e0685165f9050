internal import CXLSXWriter

/// libxlsxwriter, loaded when a workbook is first written.
enum XLSXLibrary {
    // The functions share no state between workbooks, each of which is one thread's own.
    private static let loaded: (functions: cxlsx_functions, problem: String?) = {
        var functions = cxlsx_functions()
        let problem = cxlsx_load(&functions).map { String(cString: $0) }
        return (functions, problem)
    }()

    static var isHere: Bool { loaded.problem == nil }

    static func functions() throws(SpreadsheetError) -> cxlsx_functions {
        if let problem = loaded.problem {
            throw SpreadsheetError(
                .unavailable, reason: "this host cannot write workbooks: \(problem)",
                remedy: "install the library (Debian: apt-get install libxlsxwriter4), or export CSV")
        }
        return loaded.functions
    }
}
