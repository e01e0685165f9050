import Database
import Glibc
import TestProcesses
import Testing

@Suite("plumbline backup, restore, verify")
struct DataCommandTests {
    @Test("as a person runs them, while a server has the directory open")
    func commands() async throws {
        let data = try TestData()
        let database = try await data.open()
        for number in 0..<20 { try await database.add("thing \(number)") }
        try await database.flushTrail()
        let (backup, restored) = (data.scratch.path + "/backup", data.scratch.path + "/restored")
        let made = try await Plumbline.run("backup", data.path, backup)
        #expect(made.status == 0 && made.output.contains("trail     22 records\nmanifest  "), "\(made.output)")
        for (path, first) in [(data.path, "2 migrations\n2"), (backup, "")] {
            let verified = try await Plumbline.run("verify", path)
            #expect(
                verified.status == 0 && verified.output.hasPrefix(first) && verified.output.hasSuffix("sound\n"),
                "\(verified.output)")
        }
        let again = try await Plumbline.run("restore", backup, restored)
        #expect(again.status == 0 && again.output.contains("22 records of the trail"), "\(again.output)")
        #expect(try await Plumbline.run("verify", restored).status == 0)
        // The one who ran it is noted, by what the system knows.
        try await database.flushTrail()
        let last = try #require(try trailRecords(database.directory.trail).last)
        #expect(last.entry.action == "data.backup" && last.actor.kind == .console && last.actor.id == String(geteuid()))
        await database.close()
    }

    @Test("each failure has its exit status and one line that says what to do")
    func statuses() async throws {
        let data = try TestData()
        let database = try await data.open()
        try await database.add("one")
        await database.close()
        let scratch = data.scratch.path
        #expect(try await Plumbline.run("backup", data.path, scratch + "/backup").status == 0)
        func expect(_ status: Int32, _ arguments: [String], _ word: String) async throws {
            let run = try await Running(Plumbline.path, arguments).finish()
            #expect(run.status == status && run.output.contains(word), "\(arguments): \(run.status) \(run.output)")
        }
        try await expect(66, ["verify", scratch + "/none"], "there is no data directory")
        try await expect(65, ["verify", scratch], "not a data directory of Plumbline")
        try await expect(66, ["restore", data.path, scratch + "/new"], "no manifest")
        try await expect(73, ["restore", scratch + "/backup", data.path], "not empty")
        try await expect(73, ["backup", data.path, scratch + "/backup"], "not empty")
        try await expect(66, ["backup", scratch + "/none", scratch + "/new"], "there is no data directory")
        try Files.write(Array("changed".utf8), scratch + "/backup/format", mode: 0o600)
        try await expect(1, ["verify", scratch + "/backup"], "format: the file is not as it was written")
        try await expect(65, ["restore", scratch + "/backup", scratch + "/new"], "not as it was written")
        #expect(access(scratch + "/new", F_OK) != 0)
        #expect(chmod(data.path, 0o755) == 0)
        try await expect(77, ["backup", data.path, scratch + "/newer"], "chmod 700")
        #expect(chmod(data.path, 0o700) == 0)
        // Cut, the trail is not what the database knows.
        _ = try await Running("/bin/rm", ["-rf", data.path + "/vault/trail"]).finish()
        try await expect(66, ["backup", data.path, scratch + "/newest"], "there is no vault")
        try await expect(1, ["verify", data.path], "DAMAGED")
    }
}
