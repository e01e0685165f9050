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
        func tcp(_ port: Int, _ name: String, clear: Bool = false) {
            table[port] = Port(name: name, transports: ["tcp"], clearText: clear)
        }
        func udp(_ port: Int, _ name: String, clear: Bool = false) {
            table[port] = Port(name: name, transports: ["udp"], clearText: clear)
        }
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
        "in.telnetd", "telnetd", "in.rshd", "in.rlogind", "in.rexecd", "in.tftpd", "tftpd", "atftpd", "in.ftpd", "x11vnc",
        "vino-server",
    ]

    /// Beginnings of the names of units that servers seldom need and benchmarks ask to remove.
    static let needlessUnits = [
        "atftpd", "autofs", "avahi-daemon", "bluetooth", "chargen", "cups", "cups-browsed", "daytime", "discard", "echo",
        "fingerd",
        "inetd", "inetutils-inetd", "isc-dhcp-server", "nis", "openbsd-inetd", "rexec", "rlogin", "rpcbind", "rsh", "rstatd",
        "rusersd",
        "rwhod", "talk", "telnet", "tftp", "tftpd-hpa", "time-dgram", "time-stream", "xinetd", "ypbind", "ypserv", "ModemManager",
    ]

    /// Whether a unit is one of the usual needless ones: `cups.service`, `telnet@.socket`, `avahi-daemon.socket`.
    static func isNeedless(unit: String) -> Bool {
        let stem = unit.split(separator: ".").first.map { $0.split(separator: "@").first ?? $0 } ?? ""
        return needlessUnits.contains { $0 == stem }
    }

    /// Software with the programs it is known by.
    struct Product: Sendable {
        let name: String
        var kind = ""
        /// Programs in the usual folders that show it is installed, or paths of it that begin with `/`.
        let programs: [String]
        /// Names of its running processes.
        var processes: [String] = []
        /// Files or folders whose newest time is that of its signatures.
        var signatures: [String] = []
    }

    static let backupPrograms: [Product] = [
        .init(name: "amanda", programs: ["amdump"]), .init(name: "bacula", programs: ["bacula-fd", "bacula-dir"]),
        .init(name: "barman", programs: ["barman"]), .init(name: "bareos", programs: ["bareos-fd", "bareos-dir"]),
        .init(name: "borg", programs: ["borg"]), .init(name: "borgmatic", programs: ["borgmatic"]),
        .init(name: "duplicity", programs: ["duplicity"]), .init(name: "kopia", programs: ["kopia"]),
        .init(name: "pgbackrest", programs: ["pgbackrest"]), .init(name: "rdiff-backup", programs: ["rdiff-backup"]),
        .init(name: "restic", programs: ["restic"]), .init(name: "rsnapshot", programs: ["rsnapshot"]),
        .init(name: "veeam", programs: ["veeamconfig"]), .init(name: "xtrabackup", programs: ["xtrabackup", "mariabackup"]),
    ]

    static let antivirus: [Product] = [
        .init(
            name: "clamav", programs: ["clamd", "clamscan", "clamonacc"], processes: ["clamd", "clamonacc"],
            signatures: ["/var/lib/clamav/daily.cld", "/var/lib/clamav/daily.cvd"]),
        .init(
            name: "crowdstrike-falcon", programs: ["/opt/CrowdStrike/falconctl"],
            processes: ["falcon-sensor", "falcon-sensor-bpf"]),
        .init(
            name: "eset", programs: ["/opt/eset/eea", "/opt/eset/efs"], processes: ["oaeventd", "scand", "esets_daemon"],
            signatures: ["/var/opt/eset/eea/lib", "/var/opt/eset/efs/lib"]),
        .init(name: "fortiedr", programs: ["/opt/FortiEDRCollector"], processes: ["FortiEDRCollector"]),
        .init(
            name: "kaspersky", programs: ["/opt/kaspersky/kesl"], processes: ["kesl"],
            signatures: ["/var/opt/kaspersky/kesl/bases"]),
        .init(
            name: "microsoft-defender", programs: ["mdatp", "/opt/microsoft/mdatp"], processes: ["wdavdaemon"],
            signatures: ["/opt/microsoft/mdatp/definitions.noindex"]),
        .init(name: "sentinelone", programs: ["/opt/sentinelone"], processes: ["s1-agent", "s1-orchestrator", "s1-network"]),
        .init(
            name: "sophos", programs: ["/opt/sophos-spl", "/opt/sophos-av"], processes: ["savscand", "sophos_threat_detector"]),
        .init(
            name: "symantec", programs: ["/opt/Symantec/symantec_antivirus", "/usr/lib/symantec"],
            processes: ["rtvscand", "sisamdagent", "sisidsagent"]),
        .init(
            name: "trendmicro", programs: ["/opt/ds_agent", "/opt/TrendMicro"], processes: ["ds_agent", "ds_am", "splx", "tmxbc"]),
    ]

    /// kinds: edr | ids | integrity | flow | log | waf | bruteforce
    static let agents: [Product] = [
        .init(name: "aide", kind: "integrity", programs: ["aide"], processes: ["aide"]),
        .init(name: "auditbeat", kind: "integrity", programs: ["auditbeat"], processes: ["auditbeat"]),
        .init(name: "carbon-black", kind: "edr", programs: ["/opt/carbonblack"], processes: ["cbagentd", "cbdaemon"]),
        .init(name: "crowdsec", kind: "bruteforce", programs: ["crowdsec"], processes: ["crowdsec"]),
        .init(
            name: "crowdstrike-falcon", kind: "edr", programs: ["/opt/CrowdStrike/falconctl"],
            processes: ["falcon-sensor", "falcon-sensor-bpf"]),
        .init(name: "elastic-agent", kind: "log", programs: ["elastic-agent"], processes: ["elastic-agent"]),
        .init(name: "fail2ban", kind: "bruteforce", programs: ["fail2ban-server"], processes: ["fail2ban-server"]),
        .init(name: "falco", kind: "ids", programs: ["falco"], processes: ["falco"]),
        .init(name: "filebeat", kind: "log", programs: ["filebeat"], processes: ["filebeat"]),
        .init(
            name: "fluent-bit", kind: "log", programs: ["fluent-bit", "/opt/fluent-bit/bin/fluent-bit"], processes: ["fluent-bit"]
        ),
        .init(name: "fluentd", kind: "log", programs: ["fluentd", "td-agent"], processes: ["fluentd", "td-agent"]),
        .init(name: "fprobe", kind: "flow", programs: ["fprobe"], processes: ["fprobe"]),
        .init(name: "microsoft-defender", kind: "edr", programs: ["mdatp", "/opt/microsoft/mdatp"], processes: ["wdavdaemon"]),
        .init(name: "nxlog", kind: "log", programs: ["nxlog"], processes: ["nxlog"]),
        .init(
            name: "ossec", kind: "ids", programs: ["/var/ossec/bin/ossec-agentd", "/var/ossec/bin/ossec-analysisd"],
            processes: ["ossec-agentd", "ossec-analysisd"]),
        .init(name: "osquery", kind: "integrity", programs: ["osqueryd"], processes: ["osqueryd"]),
        .init(name: "pmacct", kind: "flow", programs: ["nfacctd", "pmacctd"], processes: ["nfacctd", "pmacctd"]),
        .init(name: "promtail", kind: "log", programs: ["promtail"], processes: ["promtail"]),
        .init(name: "samhain", kind: "integrity", programs: ["samhain"], processes: ["samhain"]),
        .init(name: "sentinelone", kind: "edr", programs: ["/opt/sentinelone"], processes: ["s1-agent", "s1-orchestrator"]),
        .init(name: "snort", kind: "ids", programs: ["snort", "snort3"], processes: ["snort", "snort3"]),
        .init(name: "softflowd", kind: "flow", programs: ["softflowd"], processes: ["softflowd"]),
        .init(name: "splunk-forwarder", kind: "log", programs: ["/opt/splunkforwarder/bin/splunkd"], processes: ["splunkd"]),
        .init(name: "sshguard", kind: "bruteforce", programs: ["sshguard"], processes: ["sshguard", "sshg-parser"]),
        .init(name: "suricata", kind: "ids", programs: ["suricata"], processes: ["suricata", "Suricata-Main"]),
        .init(name: "tetragon", kind: "ids", programs: ["tetragon"], processes: ["tetragon"]),
        .init(name: "trendmicro", kind: "edr", programs: ["/opt/ds_agent"], processes: ["ds_agent"]),
        .init(name: "tripwire", kind: "integrity", programs: ["tripwire"], processes: ["tripwire"]),
        .init(name: "vector", kind: "log", programs: ["vector"], processes: ["vector"]),
        .init(
            name: "velociraptor", kind: "edr", programs: ["velociraptor", "velociraptor_client"],
            processes: ["velociraptor", "velociraptor_client"]),
        .init(
            name: "wazuh", kind: "ids", programs: ["/var/ossec/bin/wazuh-agentd", "/var/ossec/bin/wazuh-analysisd"],
            processes: ["wazuh-agentd", "wazuh-analysisd"]),
        .init(name: "zeek", kind: "flow", programs: ["zeek", "/opt/zeek/bin/zeek"], processes: ["zeek"]),
    ]

    static let webServers: [Product] = [
        .init(name: "apache2", programs: ["apache2", "httpd"]), .init(name: "caddy", programs: ["caddy"]),
        .init(name: "haproxy", programs: ["haproxy"]), .init(name: "lighttpd", programs: ["lighttpd"]),
        .init(name: "nginx", programs: ["nginx"]), .init(name: "traefik", programs: ["traefik"]),
        .init(name: "varnish", programs: ["varnishd"]),
    ]

    static let mailServers: [Product] = [
        .init(name: "postfix", programs: ["postfix"]), .init(name: "exim4", programs: ["exim4", "exim"]),
        .init(name: "sendmail", programs: ["/usr/lib/sm.bin/sendmail", "/usr/sbin/sendmail.sendmail"]),
        .init(name: "opensmtpd", programs: ["smtpd"]),
        .init(name: "courier", programs: ["courierd"]),
    ]

    static let mailFilters: [Product] = [
        .init(name: "amavis", programs: ["amavisd", "amavisd-new", "amavisd-milter"]),
        .init(name: "clamav-milter", programs: ["clamav-milter"]),
        .init(name: "mailscanner", programs: ["MailScanner"]), .init(name: "opendkim", programs: ["opendkim"]),
        .init(name: "opendmarc", programs: ["opendmarc"]), .init(name: "postgrey", programs: ["postgrey"]),
        .init(name: "rspamd", programs: ["rspamd"]), .init(name: "spamassassin", programs: ["spamd", "spamassassin"]),
    ]

    /// Programs that can undo protections, by what they reach.
    static let utilities: [(kind: String, names: [String])] = [
        (
            "database",
            [
                "mariadb", "mariadb-dump", "mongosh", "mysql", "mysqldump", "pg_dump", "pg_dumpall", "psql", "redis-cli",
                "sqlcmd", "sqlite3", "sqlplus",
            ]
        ),
        ("crypto", ["cryptsetup", "gpg", "keytool", "openssl", "pkcs11-tool"]),
        ("debug", ["bpftrace", "gcore", "gdb", "ltrace", "perf", "strace"]),
        ("network", ["dsniff", "ettercap", "hping3", "john", "masscan", "nc", "ncat", "nmap", "socat", "tcpdump", "tshark"]),
    ]

    /// Set-uid programs that distributions ship.
    static let usualSetuid: Set<String> = [
        "at", "bwrap", "chage", "chfn", "chsh", "crontab", "dbus-daemon-launch-helper", "dma", "dma-mbox-create", "doas", "exim4",
        "expiry",
        "fusermount", "fusermount3", "gpasswd", "grub2-set-bootflag", "ksu", "lxc-user-nic", "mount", "mount.cifs",
        "mount.ecryptfs_private",
        "mount.nfs", "mtr-packet", "newgidmap", "newgrp", "newuidmap", "ntfs-3g", "pam_timestamp_check", "passwd", "ping",
        "ping6", "pkexec",
        "polkit-agent-helper-1", "postdrop", "pppd", "ssh-keysign", "staprun", "su", "sudo", "sudoedit", "umount", "unix_chkpwd",
        "userhelper",
        "usernetctl", "vmware-user-suid-wrapper", "Xorg.wrap", "snap-confine", "chrome-sandbox", "traceroute6.iputils", "cgexec",
    ]
}
