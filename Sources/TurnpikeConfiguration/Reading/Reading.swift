/// One pass over a file: the problems found so far, and what the readers need to know of each other's sections.
final class Reading {
    /// The name of the file in diagnostics.
    let file: String
    /// The environment, for the variables providers have by default.
    let environment: [String: String]
    /// The problems in the order they were found, at most ``limit`` of them.
    private(set) var diagnostics: [Diagnostic] = []
    /// The parts of the file that are not built yet, each at its first place.
    private(set) var pendingParts: [(part: Part, position: Position, path: String)] = []
    /// The names the file declares, for the leaves of routes and the lists of accounts.
    var names = DeclaredNames()
    /// The route whose tree is being read, and the routes its leaves name.
    var currentRoute: String?
    /// The leaves read so far that name other routes.
    var references: [RouteReference] = []
    /// How deep the route node being read is nested.
    var routeDepth = 0

    /// Diagnostics beyond this number are dropped: a file so wrong is the wrong file.
    static let limit = 200

    /// A pass that has found nothing yet.
    init(file: String, environment: [String: String]) {
        self.file = file
        self.environment = environment
    }

    /// Reports a problem that keeps the file from being used.
    func error(at position: Position, path: String, _ message: String, fix: String? = nil) {
        self.report(.error, at: position, path: path, message, fix: fix)
    }

    /// Reports a problem at the place of an element.
    func error(at element: Element, _ message: String, fix: String? = nil) {
        self.report(.error, at: element.position, path: element.path, message, fix: fix)
    }

    /// Reports something the user should know although the file can be used.
    func warning(at position: Position, path: String, _ message: String, fix: String? = nil) {
        self.report(.warning, at: position, path: path, message, fix: fix)
    }

    /// Takes note that the file uses a part; the first place of each part not in force becomes a warning.
    func note(_ part: Part, at position: Position, path: String) {
        guard !part.isInForce, !self.pendingParts.contains(where: { $0.part == part }) else { return }
        self.pendingParts.append((part, position, path))
    }

    private func report(
        _ severity: Diagnostic.Severity,
        at position: Position,
        path: String,
        _ message: String,
        fix: String?
    ) {
        let diagnostic = Diagnostic(
            severity,
            file: self.file,
            line: position.line,
            column: position.column,
            path: path,
            message: message,
            fix: fix
        )
        // An anchor that is used twice is read twice, and reported once.
        guard self.diagnostics.count < Reading.limit, !self.diagnostics.contains(diagnostic) else { return }
        self.diagnostics.append(diagnostic)
    }
}

/// The names a file declares, known before its sections are read.
struct DeclaredNames {
    /// The providers, in file order.
    var providers: [String] = []
    /// The routes, in file order.
    var routes: [String] = []
    /// Whether catalogue names may be used without a route (`direct_names`).
    var allowsCatalogueNames = true
    /// Whether a bare name is a model of the catalogue; nil where no catalogue is at hand.
    var isCatalogueName: ((String) -> Bool)?
}

/// A leaf of a route tree that names another route.
struct RouteReference {
    /// The route it is in.
    var from: String
    /// The route it names.
    var to: String
    /// Where it stands.
    var position: Position
    /// Its path in the document.
    var path: String
}
