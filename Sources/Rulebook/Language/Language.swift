/// A language of the interface.
public enum Language: String, Sendable, CaseIterable {
    /// Traditional Chinese as written in Taiwan; the first language of every page.
    case chinese = "zh-TW"
    /// English.
    case english = "en"
}
