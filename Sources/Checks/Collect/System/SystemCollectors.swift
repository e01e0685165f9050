/// Collectors of logs, time, network, crypto, storage and software.
let systemCollectors: [any FactCollector] = [
    AuditCollector(), JournaldCollector(), SyslogCollector(), LogrotateCollector(), LogFilesCollector(), StorageCollector(),
    TimeCollector(), NetworkCollector(), UnitsCollector(), TLSCollector(),
]
