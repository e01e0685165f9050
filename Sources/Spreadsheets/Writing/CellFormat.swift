internal import CXLSXWriter

/// How a cell looks.
enum CellFormat: Hashable {
    case plain
    case title
    case subtitle
    case heading
    case group
    case note
    /// A cell of the table.
    case value(Value, isEditable: Bool)

    enum Value: Hashable {
        case text
        case integer
        case decimal(places: Int?)
        case percent
        case date
        case instant
    }

    func apply(to format: UnsafeMutablePointer<lxw_format>, _ library: cxlsx_functions) {
        switch self {
        case .plain: break
        case .title:
            library.format_set_bold(format)
            library.format_set_font_size(format, 14)
        case .subtitle, .note: library.format_set_font_color(format, 0x40_4040)
        case .heading, .group:
            library.format_set_bold(format)
            library.format_set_text_wrap(format)
            library.format_set_bg_color(format, self == .group ? 0xD9_E2EC : 0xE8_EDF2)
            library.format_set_align(format, UInt8(LXW_ALIGN_VERTICAL_CENTER.rawValue))
            if self == .group { library.format_set_align(format, UInt8(LXW_ALIGN_CENTER.rawValue)) }
            Self.border(format, library)
        case .value(let value, let isEditable):
            Self.border(format, library)
            library.format_set_align(format, UInt8(LXW_ALIGN_VERTICAL_TOP.rawValue))
            if isEditable {
                library.format_set_unlocked(format)
                library.format_set_bg_color(format, 0xFF_FBE6)
            }
            switch value {
            case .text:
                library.format_set_text_wrap(format)
                // What a person types into it stays as typed: 007 is no 7.
                if isEditable { library.format_set_num_format(format, "@") }
            case .integer: library.format_set_num_format(format, "#,##0")
            case .decimal(let places):
                let ending = places.map { $0 > 0 ? "." + String(repeating: "0", count: min($0, 15)) : "" }
                library.format_set_num_format(format, ending.map { "#,##0\($0)" } ?? "General")
            case .percent: library.format_set_num_format(format, "0.00%")
            case .date: library.format_set_num_format(format, "yyyy-mm-dd")
            case .instant: break
            }
        }
    }

    private static func border(_ format: UnsafeMutablePointer<lxw_format>, _ library: cxlsx_functions) {
        library.format_set_border(format, UInt8(LXW_BORDER_THIN.rawValue))
        library.format_set_border_color(format, 0xA0_AAB4)
    }
}
