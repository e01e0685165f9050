/// Names of software and ports that collectors recognise. They are names of the world, not numbers of a regulation, so they live
/// in code; a check decides what they mean. Sorted by kind, alphabetically inside.
enum KnownSoftware {
    /// A well-known port.
    struct Port: Sendable {
        let name: String
        let transports: [String]
        /// The protocol sends passwords or contents in the clear by design.
        var clearText = false
    }

    static let ports: [Int: Port] = {
        var table: [Int: Port] = [:]
        func tcp(_ port: Int, _ name: String, clear: Bool = false) { table[port] = Port(name: name, transports: ["tcp"], clearText: clear) }
        func udp(_ port: Int, _ name: String, clear: Bool = false) { table[port] = Port(name: name, transports: ["udp"], clearText: clear) }
        func both(_ port: Int, _ name: String, clear: Bool = false) {
            table[port] = Port(name: name, transports: ["tcp", "udp"], clearText: clear)
        }
        tcp(20, "ftp-data", clear: true)
        tcp(21, "ftp", clear: true)
        tcp(22, "ssh")
        tcp(23, "telnet", clear: true)
        tcp(25, "smtp")
        both(53, "dns")
        udp(67, "dhcp")
        udp(68, "dhcp-client")
        udp(69, "tftp", clear: true)
        tcp(79, "finger", clear: true)
        tcp(80, "http")
        both(88, "kerberos")
        tcp(109, "pop2", clear: true)
        tcp(110, "pop3", clear: true)
        both(111, "rpcbind")
        udp(123, "ntp")
        both(137, "netbios-ns")
        both(138, "netbios-dgm")
        tcp(139, "netbios-ssn")
        tcp(143, "imap", clear: true)
        both(161, "snmp", clear: true)
        both(162, "snmptrap", clear: true)
        both(389, "ldap", clear: true)
        tcp(443, "https")
        tcp(445, "smb")
        tcp(465, "smtps")
        tcp(512, "rexec", clear: true)
        tcp(513, "rlogin", clear: true)
        table[514] = Port(name: "syslog", transports: ["tcp", "udp"], clearText: true)
        tcp(587, "submission")
        both(631, "ipp")
        both(636, "ldaps")
        tcp(873, "rsync", clear: true)
        tcp(990, "ftps")
        tcp(993, "imaps")
        tcp(995, "pop3s")
        tcp(1433, "mssql")
        tcp(1521, "oracle")
        tcp(2049, "nfs")
        tcp(2375, "docker", clear: true)
        tcp(2376, "docker-tls")
        tcp(3128, "http-proxy", clear: true)
        tcp(3306, "mysql")
        tcp(3389, "rdp")
        udp(5353, "mdns")
        tcp(5432, "postgresql")
        tcp(5671, "amqps")
        tcp(5672, "amqp", clear: true)
        for port in 5900...5910 { tcp(port, "vnc", clear: true) }
        for port in 6000...6010 { tcp(port, "x11", clear: true) }
        tcp(6379, "redis", clear: true)
        tcp(6443, "kubernetes")
        tcp(6514, "syslog-tls")
        tcp(8080, "http-alt")
        tcp(8443, "https-alt")
        tcp(8883, "mqtts")
        tcp(1883, "mqtt", clear: true)
        tcp(9090, "http-alt")
        tcp(9200, "elasticsearch")
        tcp(10250, "kubelet")
        tcp(11211, "memcached", clear: true)
        tcp(27017, "mongodb")
        return table
    }()

    /// Programs that speak in the clear whatever their port.
    static let clearTextPrograms: Set<String> = [
        "in.telnetd", "telnetd", "in.rshd", "in.rlogind", "in.rexecd", "in.tftpd", "tftpd", "atftpd", "in.ftpd", "x11vnc", "vino-server",
    ]

    /// Beginnings of the names of units that servers seldom need and benchmarks ask to remove.
    static let needlessUnits = [
        "atftpd", "autofs", "avahi-daemon", "bluetooth", "chargen", "cups", "cups-browsed", "daytime", "discard", "echo", "fingerd",
        "inetd", "inetutils-inetd", "isc-dhcp-server", "nis", "openbsd-inetd", "rexec", "rlogin", "rpcbind", "rsh", "rstatd", "rusersd",
        "rwhod", "talk", "telnet", "tftp", "tftpd-hpa", "time-dgram", "time-stream", "xinetd", "ypbind", "ypserv", "ModemManager",
    ]

    /// Whether a unit is one of the usual needless ones: `cups.service`, `telnet@.socket`, `avahi-daemon.socket`.
    static func isNeedless(unit: String) -> Bool {
        let stem = unit.split(separator: ".").first.map { $0.split(separator: "@").first ?? $0 } ?? ""
        return needlessUnits.contains { $0 == stem }
    }
}
