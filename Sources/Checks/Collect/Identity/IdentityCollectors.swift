/// Collectors of who may log in and how.
let identityCollectors: [any FactCollector] = [
    PAMCollector(), LoginDefsCollector(), AccountsCollector(), LoginsCollector(), SudoCollector(), SSHDCollector(),
    SessionCollector(), AccessCollector(),
]
