/// Makes texts comparable that people write in several ways.
public enum TextFolding {
    /// A text as people mean it: full-width letters, digits and signs (全形) in their ASCII form, all white space, line breaks included, as
    /// single spaces, none at the ends; what cannot be seen is gone. Emphasis that came along from a page (`<b>`) is gone too.
    public static func plain(_ text: String) -> String {
        if isPlain(text) { return text }
        var out = String.UnicodeScalarView()
        var isSpaced = false
        for scalar in withoutEmphasis(text).unicodeScalars {
            let folded = narrow(scalar)
            if folded == " " {
                isSpaced = true
            } else if !isInvisible(folded) {
                if isSpaced, !out.isEmpty { out.append(" ") }
                isSpaced = false
                out.append(folded)
            }
        }
        return String(out)
    }

    /// Printable ASCII without anything to do, as most cells are.
    private static func isPlain(_ text: String) -> Bool {
        var previous: UInt8 = 0x20
        for byte in text.utf8 {
            if byte < 0x20 || byte >= 0x7F || byte == 0x3C || byte == 0x20 && previous == 0x20 { return false }
            previous = byte
        }
        return text.isEmpty || previous != 0x20
    }

    /// What headings and names are compared by: `plain`, without white space beside Chinese characters, in lower case, and with characters of
    /// one meaning as one (台 and 臺; simplified forms of what headings say).
    public static func key(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        var pendingSpace = false
        for scalar in plain(text).unicodeScalars {
            if scalar == " " {
                pendingSpace = out.last.map { !isEastAsian($0) } ?? false
                continue
            }
            let folded = variants[scalar] ?? scalar
            if pendingSpace, !isEastAsian(folded) { out.append(" ") }
            pendingSpace = false
            out.append(folded)
        }
        return String(out).lowercased()
    }

    /// A character in its ASCII form when it has one; all white space as a space.
    static func narrow(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
        case 0x3000, 0x09...0x0D, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F: " "
        case 0xFFE5: "\u{A5}"
        default: scalar
        }
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x08, 0x0E...0x1F, 0x7F, 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFE00...0xFE0F, 0xFEFF:
            true
        default: false
        }
    }

    static func isEastAsian(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2E80...0x9FFF, 0xF900...0xFAFF, 0xFF00...0xFFEF, 0x20000...0x3FFFF: true
        default: false
        }
    }

    private static let emphasis = ["b", "i", "u", "em", "strong", "br", "br/", "br /", "sup", "sub", "span", "p"]

    private static func withoutEmphasis(_ text: String) -> String {
        guard text.utf8.contains(0x3C) else { return text }
        var out = ""
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "<") {
            out += rest[..<open]
            let after = rest[rest.index(after: open)...]
            var name = after.prefix { $0 != ">" && $0 != "<" }
            let end = name.endIndex
            if name.hasPrefix("/") { name = name.dropFirst() }
            if end < after.endIndex, after[end] == ">", emphasis.contains(name.lowercased()) {
                if name.lowercased().hasPrefix("br") || name.lowercased() == "p" { out += " " }
                rest = after[after.index(after: end)...]
            } else {
                out += "<"
                rest = after
            }
        }
        return out + rest
    }

    /// Variants and simplified forms of characters that headings of registers are made of. Names are never changed, only compared.
    private static let variants: [Unicode.Scalar: Unicode.Scalar] = {
        let pairs = """
            臺台 资資 护護 标標 级級 统統 数數 据據 证證 业業 务務 单單 电電 话話 号號 码碼 时時 间間 状狀 态態 类類 别別 项項 计計 总總 备備 \
            负負 责責 联聯 络絡 邮郵 网網 风風 险險 评評 检檢 测測 应應 对對 办辦 机機 构構 关關 键鍵 设設 实實 国國 门門 称稱 说說 报報 \
            执執 岁歲 区區 县縣 邻鄰 银銀 货貨 额額 产產 质質 纪紀 录錄 处處 产產 员員 职職 询詢 问問 题題 选選 择擇 补補 证證 审審 费費 \
            简簡 经經 营營 开開 户戶 营營 编編 册冊 册冊 归歸 属屬 图圖 动動 内內 劃划 畫划
            """
        var table: [Unicode.Scalar: Unicode.Scalar] = [:]
        for pair in pairs.split(whereSeparator: \.isWhitespace) {
            let scalars = Array(pair.unicodeScalars)
            if scalars.count == 2 { table[scalars[0]] = scalars[1] }
        }
        return table
    }()

    /// How many columns of a screen a text takes: characters of East Asia take two. Of several lines, the widest.
    public static func width(_ text: String) -> Int {
        var (widest, width) = (0, 0)
        for scalar in text.unicodeScalars {
            if scalar == "\n" {
                (widest, width) = (max(widest, width), 0)
                continue
            }
            width += isWide(scalar) ? 2 : isInvisible(scalar) ? 0 : 1
        }
        return max(widest, width)
    }

    /// Wide and full-width characters of Unicode's East Asian Width, by block.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
