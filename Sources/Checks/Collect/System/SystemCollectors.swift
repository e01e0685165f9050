/// Collectors of logs, time, network, crypto, storage and software.
let systemCollectors: [any FactCollector] = [
    AuditCollector(), JournaldCollector(), SyslogCollector(), LogrotateCollector(), LogFilesCollector(), StorageCollector(),
    TimeCollector(), NetworkCollector(), UnitsCollector(), TLSCollector(), CryptoCollector(), DisksCollector(),
    UpdatesCollector(),
    BackupsCollector(), AntivirusCollector(), MonitoringCollector(), UtilitiesCollector(), MediaCollector(),
    SensitiveFilesCollector(),
    WebCollector(), MailCollector(),
]
