internal import Documents
internal import Identity
internal import Reports
package import Rulebook
internal import Workspace

/// The server of a firm: every page and address it has.
package enum FirmServer {
    /// All routes.
    ///
    /// - Throws: `RouteTable.Flaw`, an error of the program.
    package static func routes(_ services: FirmServices, metrics: Metrics) throws(RouteTable.Flaw) -> RouteTable {
        let health = HealthRoutes(services: services.common, metrics: metrics) { metrics in
            metrics.set(
                "plumbline_board_standings", "Verdicts that stand.", Double(services.workspace.boards.board.standings.count))
        }
        var routes = CommonServer.routes(services.common, api: APIRoutes(services: services).routes + health.routes)
        routes += FirmSetUpPages(services: services).routes
        routes += TodayPage(services: services).routes
        routes += ObligationPages(services: services).routes
        routes += ClausePage(services: services).routes
        routes += SystemPages(services: services).routes
        routes += HostPages(services: services).routes
        routes += FirmPages(services: services).routes
        routes += IncidentDesk(services: services).routes
        routes += FilingPages(services: services).routes + FilingVersionPages(services: services).routes
        routes += FilingKeyPages(services: services).routes
        return try RouteTable(routes)
    }
}

/// The server of a supervisor: every page and address it has.
package enum SupervisorServer {
    /// All routes.
    ///
    /// - Throws: `RouteTable.Flaw`, an error of the program.
    package static func routes(_ services: SupervisorServices, metrics: Metrics) throws(RouteTable.Flaw) -> RouteTable {
        let health = HealthRoutes(services: services.common, metrics: metrics) { _ in }
        let exchange = ExchangeRoutes(services: services)
        var routes = CommonServer.routes(services.common, api: exchange.routes + health.routes)
        routes += SupervisorSetUpPages(services: services).routes
        routes += MarketPage(services: services).routes
        routes += MarketStatusPages(services: services).routes
        routes += RegisterPages(services: services).routes
        routes += RegisterImportPages(services: services).routes
        routes += TierPages(services: services).routes
        routes += SurveyPages(services: services).routes
        routes += SurveyFirmPages(services: services).routes
        routes += MyPages(services: services).routes
        routes += MyWorkbookPages(services: services).routes
        routes += FollowUpPages(services: services).routes
        routes += FollowUpGather(services: services).routes
        routes += LetterPages(services: services).routes
        routes += InboxPages(services: services).routes + InboxVersionPages(services: services).routes
        routes += InboxKeyPages(services: services).routes
        routes += InspectionPages(services: services).routes
        routes += InspectionPage(services: services).routes
        routes += InspectionActs(services: services).routes
        routes += MeetingPages(services: services).routes
        routes += ProgrammePages(services: services).routes
        routes += RosterPages(services: services).routes
        routes += SupportPages(services: services).routes
        routes += CoachingPages(services: services).routes
        routes += ConsultingPages(services: services).routes
        routes += WatchPages(services: services).routes
        routes += YearlyPages(services: services).routes + YearlyIssuePages(services: services).routes
        return try RouteTable(routes)
    }
}

/// What the servers of both sides have: signing in, accounts, the trail, the API's document.
package enum CommonServer {
    /// Routes that every installation has.
    ///
    /// - Parameters:
    ///   - services: the rooms of every installation.
    ///   - api: the addresses of the API that this installation has; they are described with the document.
    /// - Returns: the routes.
    static func routes(_ services: Services, api: [Route]) -> [Route] {
        var routes = Assets.routes + api + [OpenAPI.route(api), EventRoutes.route(services)]
        routes += SignInPages(services: services).routes
        routes += ProvePages(services: services).routes
        routes += ForgotPages(services: services).routes
        routes += PreferencePages().routes
        routes += MePages(services: services).routes
        routes += accounts(services)
        routes += TrailPages(services: services).routes
        routes += StylePage().routes
        return routes
    }

    /// The pages about everybody's accounts.
    private static func accounts(_ services: Services) -> [Route] {
        AccountPages(services: services).routes + AccountActs(services: services).routes + RequestPages(services: services).routes
            + RolePages(services: services).routes + ReviewPages(services: services).routes
            + TokenPages(services: services).routes
    }

    /// What the platform needs to answer.
    package static func platform(
        _ services: Services, routes: RouteTable, catalog: TextCatalog, log: ServerLog, metrics: Metrics,
        now: @escaping @Sendable () -> Int64, random: @escaping @Sendable (Int) -> [UInt8]
    ) -> Platform {
        Platform(
            routes: routes, authenticator: authenticator(services), catalog: catalog, log: log, metrics: metrics,
            side: services.identity.configuration.side, origins: [services.identity.configuration.origin], now: now,
            random: { Base64URL.text(random($0)) },
            page: ErrorPage.bytes)
    }

    private static func authenticator(_ services: Services) -> Authenticator {
        let identity = services.identity
        return Authenticator(
            session: { cookie, visit, isActivity in
                guard let session = try await identity.sessions.find(cookie, client: visit.client, isPolling: !isActivity) else {
                    return nil
                }
                let age = session.principal.provenAt.map { visit.now / 1_000_000 - $0.seconds } ?? .max
                return SignedIn(
                    session.principal, session: session, isFresh: age <= Int64(identity.policy[.freshAuthentication]))
            },
            token: { text, visit in
                guard let (principal, token) = try await identity.tokens.find(text, client: visit.client) else { return nil }
                return SignedIn(principal, session: nil, isFresh: false, host: token.host)
            },
            isSetUp: { visit in
                guard try await identity.setup.isNeeded() else { return .done }
                guard let ticket = visit.cookie(Cookie.setup) else { return .waiting }
                return try await identity.setup.isValid(ticket, client: visit.client) ? .open : .waiting
            })
    }
}
