internal import Reports
internal import Rulebook

/// Choices of a browser: language, light or dark.
struct PreferencePages: Sendable {
    private static let reason = "a reader chooses the language before signing in"

    /// A year.
    private static let lifetime = 31_536_000

    var routes: [Route] {
        [
            .form("/language", .anyone(because: Self.reason)) { visit in
                var answer = Answer.see(visit.form.text("next"))
                if let language = Language(rawValue: visit.form.text("language")) {
                    answer.setCookie(Cookie.set(Cookie.language, language.rawValue, seconds: Self.lifetime))
                }
                return answer
            },
            .form("/theme", .anyone(because: Self.reason)) { visit in
                var answer = Answer.see(visit.form.text("next"))
                let theme = visit.form.text("theme")
                if ["light", "dark"].contains(theme) {
                    answer.setCookie(Cookie.set(Cookie.theme, theme, seconds: Self.lifetime))
                }
                return answer
            },
            .form("/me/appearance", .signedIn) { visit in
                var answer = Answer.see("/me")
                if let language = Language(rawValue: visit.form.text("language")) {
                    answer.setCookie(Cookie.set(Cookie.language, language.rawValue, seconds: Self.lifetime))
                }
                let theme = visit.form.text("theme")
                // Neither of the two: as the device has it.
                let isChosen = ["light", "dark"].contains(theme)
                answer.setCookie(isChosen ? Cookie.set(Cookie.theme, theme, seconds: Self.lifetime) : Cookie.remove(Cookie.theme))
                return answer
            },
        ]
    }
}
