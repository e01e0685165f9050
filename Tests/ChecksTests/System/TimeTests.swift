import Documents
import Rulebook
import Testing

@testable import Checks

@Suite struct TimeTests {
    private func tree(_ commands: [String: CommandOutcome], comm: String, files: [String: String] = [:]) -> TreeHost {
        var all = ["/proc/1/comm": "systemd\n", "/proc/50/comm": comm + "\n", "/run/systemd/system/x": ""]
        all.merge(files) { _, new in new }
        return TreeHost(
            files: all, commands: commands, links: ["/etc/localtime": "../usr/share/zoneinfo/Asia/Taipei"],
            now: Instant(seconds: 1_795_000_000))
    }

    @Test func chronyIsSynchronised() async {
        let (node, gaps) = await facts(
            TimeCollector(),
            tree(
                [
                    "chronyc -n -c tracking": TreeHost.says(
                        "C0A80001,192.168.0.1,3,1794999900.123456789,-0.001234,0.000200,0.0003,1.2,0.0,0.1,0.02,0.001,64.2,Normal\n"
                    ),
                    "chronyc -n -c sources": TreeHost.says(
                        "^,*,192.168.0.1,2,7,377,33,0.1,0.1,0.1\n^,+,192.168.0.2,2,10,377,33,0.1,0.1,0.1\n"),
                    "timedatectl show": TreeHost.says("Timezone=Asia/Taipei\nLocalRTC=no\nNTPSynchronized=yes\n"),
                ], comm: "chronyd",
                files: [
                    "/etc/chrony/chrony.conf": "pool ntp.example.tw iburst\nsourcedir /etc/chrony/sources.d\n",
                    "/etc/chrony/sources.d/a.sources": "server 10.0.0.1 iburst\n",
                ]))
        #expect(node.at("synchronized")?.bool == true)
        #expect(node.at("offset_ms")?.integer == 2)
        #expect(node.at("selected_source")?.text == "192.168.0.1")
        #expect(node.at("poll_interval")?.integer == 128)
        #expect(node.at("last_update_age")?.integer == 100)
        #expect(node.at("sources") == .texts(["ntp.example.tw", "10.0.0.1"]))
        #expect(node.at("zone")?.text == "Asia/Taipei")
        #expect(node.at("rtc_utc")?.bool == true)
        #expect(gaps.isEmpty)
    }

    @Test(arguments: [
        "7F7F0101,127.127.1.1,10,1794999900.1,0.0,0.0,0.0,1.2,0.0,0.1,0.02,0.001,64.2,Normal",
        "00000000,,0,0.0,0.0,0.0,0.0,0,0,0,1,1,0.0,Not synchronised",
    ])
    func aClockThatFollowsItselfIsNotSynchronised(_ line: String) {
        #expect(ClockState.chrony(tracking: line)?.synchronized == false)
    }

    @Test(arguments: ["", "506 Cannot talk to daemon", ",,,,", String(repeating: ",", count: 14)])
    func whatIsNotTrackingTellsNothing(_ line: String) { #expect(ClockState.chrony(tracking: line) == nil) }

    @Test func timesyncd() async {
        var host = tree(
            [
                "timedatectl show": TreeHost.says("Timezone=Asia/Taipei\nNTPSynchronized=yes\n"),
                "timedatectl timesync-status": TreeHost.says(
                    "       Server: 10.0.0.1 (ntp.example.tw)\nPoll interval: 34min 8s (min: 32s; max 34min 8s)\n       Offset: -1.2ms\n"
                ),
            ], comm: "systemd-timesyn",
            files: [
                "/proc/50/cmdline": "/usr/lib/systemd/systemd-timesyncd\0",
                "/etc/systemd/timesyncd.conf": "[Time]\nNTP=10.0.0.1 10.0.0.2\n", "/run/systemd/timesync/synchronized": "",
            ])
        host.modified["/run/systemd/timesync/synchronized"] = Instant(seconds: 1_794_999_000)
        let (node, _) = await facts(TimeCollector(), host)
        #expect(node.at("service")?.text == "systemd-timesyncd")
        #expect(node.at("synchronized")?.bool == true)
        #expect(node.at("offset_ms")?.integer == 2)
        #expect(node.at("poll_interval")?.integer == 2048)
        #expect(node.at("last_update_age")?.integer == 1000)
        #expect(node.at("sources") == .texts(["10.0.0.1", "10.0.0.2"]))
    }

    @Test func ntpq() {
        let text =
            "     remote           refid      st t when poll reach   delay   offset  jitter\n====\n*10.0.0.1        .GPS.            1 u   2m   64  377    0.345   -1.234   0.022\n+10.0.0.2 .GPS. 1 u 3 64 377 0.1 0.1 0.1\n"
        let state = ClockState.ntpq(text, now: Instant(seconds: 1000))
        #expect(
            state
                == ClockState(
                    synchronized: true, source: "10.0.0.1", offsetMilliseconds: 2, lastUpdate: Instant(seconds: 880),
                    pollInterval: 64))
        #expect(ClockState.ntpq("ntpq: read: Connection refused", now: Instant(seconds: 0)).synchronized == false)
    }

    @Test func nobodyKeepsTheClock() async {
        let (node, _) = await facts(TimeCollector(), TreeHost(files: ["/proc/1/comm": "systemd"]))
        #expect(node.at("service")?.text == "none")
        #expect(node.at("synchronized")?.bool == false)
        #expect(node.at("zone_known")?.bool == false)
    }
}
