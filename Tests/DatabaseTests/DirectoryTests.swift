import Database
import Glibc
import TestProcesses
import Testing

@Suite("The data directory")
struct DirectoryTests {
    private static func mode(_ path: String) -> UInt32 {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("everything is readable by its owner only, whatever the mask")
    func modes() async throws {
        let data = try TestData()
        let database = try await data.open()
        try await database.add("one")
        await database.close()
        let directory = try DataDirectory.open(data.path)
        for folder in [directory.path, directory.vaults, directory.evidence, directory.keys, directory.tls] {
            #expect(Self.mode(folder) == 0o700, "\(folder)")
        }
        // Closed, the database is one file.
        #expect(access(directory.database + "-wal", F_OK) != 0 && access(directory.database + "-shm", F_OK) != 0)
        for file in [directory.database, directory.trailKey, directory.lock] { #expect(Self.mode(file) == 0o600, "\(file)") }
    }

    @Test("made once; what an interrupted making left is finished")
    func making() async throws {
        let data = try TestData()
        _ = mkdir(data.path, 0o755)
        _ = mkdir(data.path + "/vault", 0o700)
        let directory = try DataDirectory.create(data.path)
        #expect(Self.mode(directory.path) == 0o700)
        #expect(await code { _ = try DataDirectory.create(data.path) } == .exists)
        #expect(try DataDirectory.open(data.path + "/") == directory)
        #expect(try DataDirectory.openOrCreate(data.path) == directory)
    }

    @Test("something else is refused and left as it is")
    func foreign() async throws {
        let scratch = try Scratch()
        #expect(await code { _ = try DataDirectory.open(scratch.path + "/none") } == .notFound)
        #expect(await code { _ = try DataDirectory.open(scratch.path) } == .foreign)
        let file = try scratch.write("hello", "letter")
        #expect(await code { _ = try DataDirectory.open(file) } == .foreign)
        #expect(await code { _ = try DataDirectory.openOrCreate(scratch.path) } == .exists)
        #expect(try Files.read(file) == Array("hello".utf8))
        let made = scratch.path + "/made"
        _ = try DataDirectory.create(made)
        try Files.write(Array("plumbline data 2\n".utf8), made + "/format", mode: 0o600)
        #expect(await code { _ = try DataDirectory.open(made) } == .foreign)
    }

    @Test(
        "what others may look into is refused, with what to do", arguments: ["", "/keys", "/vault", "/tls", "/evidence/sha256"])
    func exposed(_ part: String) async throws {
        let data = try TestData()
        _ = try data.directory()
        #expect(chmod(data.path + part, 0o750) == 0)
        do {
            _ = try DataDirectory.open(data.path)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .exposed && error.place == data.path + part && error.remedy?.contains("chmod 700") == true)
        }
    }

    @Test("what belongs to someone else is refused, and links in the place of folders are", .enabled(if: geteuid() == 0))
    func owner() async throws {
        let data = try TestData()
        _ = try data.directory()
        #expect(chown(data.path + "/keys", 65_534, 65_534) == 0)
        #expect(await code { _ = try DataDirectory.open(data.path) } == .exposed)
        #expect(chown(data.path + "/keys", 0, 0) == 0)
        #expect(rename(data.path + "/keys", data.path + "/elsewhere") == 0 && symlink("elsewhere", data.path + "/keys") == 0)
        #expect(await code { _ = try DataDirectory.open(data.path) } == .exposed)
    }

    @Test("two servers cannot run on it; after close, or after the first is gone, another can")
    func oneServer() async throws {
        let data = try TestData()
        let first = try await data.open()
        #expect(await code { _ = try await data.open() } == .locked)
        await first.close()
        let second = try await data.open()
        #expect(await code { try await first.add("x") } == .closed)
        #expect(await code { _ = try await first.names() } == .closed)
        await second.close()
    }
}
