internal import Rulebook

/// Proof that a browser once signed in to an account: its failures count in a bucket of their own, so that a stranger who guesses at the
/// account locks everyone else's way in but not this one. It opens nothing by itself.
///
/// Text: `v1.DEVICE.ACCOUNT.EPOCH.EXPIRES.MAC`, numbers in decimal, device and MAC in base64url, at most 200 bytes.
struct DeviceCookie: Sendable, Hashable {
    static let limit = 200

    /// Names the browser within the account: 128 random bits in base64url.
    var device: String
    var account: AccountID
    /// The account's number of the time: a reset of the password voids all cookies by raising it.
    var epoch: Int
    var expires: Instant

    /// The signed text.
    func text(_ keys: IdentityKeys) -> String {
        "\(signed).\(Encodings.base64url(keys.sign(Array(signed.utf8), .device)))"
    }

    private var signed: String { "v1.\(device).\(account.number).\(epoch).\(expires.seconds)" }

    /// Reads a cookie that is genuine, belongs to this account at this epoch and has not run out; nil for anything else.
    init?(_ text: String, account: AccountID, epoch: Int, at now: Instant, keys: IdentityKeys) {
        guard text.utf8.count <= Self.limit else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "v1", let device: [UInt8] = Encodings.base64url(parts[1]), device.count == 16,
            Int64(parts[2]) == account.number, Int(parts[3]) == epoch, let seconds = Int64(parts[4]), now.seconds < seconds,
            let mac: [UInt8] = Encodings.base64url(parts[5])
        else { return nil }
        self.init(device: String(parts[1]), account: account, epoch: epoch, expires: Instant(seconds: seconds))
        // Numbers have several spellings (`+7`, `007`); only ours was signed.
        guard Encodings.isSame(mac, keys.sign(Array(signed.utf8), .device)), text == self.text(keys) else { return nil }
    }

    init(device: String, account: AccountID, epoch: Int, expires: Instant) {
        (self.device, self.account, self.epoch, self.expires) = (device, account, epoch, expires)
    }
}
