internal import Documents
public import Rulebook

/// The platform as a system of its firm.
public enum PlatformProfile {
    /// The system: core, so that nothing is asked of it less strictly than of any other. Plumbline takes no orders, so what binds electronic trading
    /// does not bind it.
    public static let system = SystemProfile(
        id: PlatformCollector.name, name: "Plumbline 準繩", hosts: [PlatformCollector.name],
        facts: [
            "core": true, "electronic_trading": false,
            "core_reason": "the firm's proof of its security baseline rests on it",
        ])

    /// A profile with the platform as its one system; everything that nobody said is assumed at its strictest.
    ///
    /// - Parameters:
    ///   - rulebook: the rules, which say what is strict.
    ///   - firm: the firm's own profile: its facts, decisions and stricter parameters hold, and what it says of a system `plumbline`.
    /// - Returns: the profile.
    public static func make(_ rulebook: Rulebook, firm: Profile? = nil) -> Profile {
        var profile = firm ?? Profile(name: "", firm: [:], systems: [])
        var own = profile.systems.first { $0.id == system.id } ?? system
        own.hosts = system.hosts
        own.facts.merge(system.facts) { said, _ in said }
        profile.systems = [own]
        profile.assumeStrict(rulebook)
        return profile
    }
}
