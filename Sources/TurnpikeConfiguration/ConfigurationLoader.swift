/// Reads the text of a configuration file.
package struct ConfigurationLoader {
    /// The name of the file in diagnostics.
    package let file: String
    /// The environment `${NAME}` and the providers' own key variables are taken from.
    package let environment: [String: String]
    /// The content of the file at a path, for `file:/path`; nil where it cannot be read.
    package let readFile: (String) -> String?
    /// Whether a bare name is a model of the catalogue, so that it may be a leaf; nil where no catalogue is at hand,
    /// and then a leaf is `provider/model` or a route.
    package var isCatalogueName: ((String) -> Bool)?

    /// A loader; `environment` and `readFile` are all it sees of the machine.
    package init(
        file: String = "turnpike.yaml",
        environment: [String: String],
        readFile: @escaping (String) -> String?
    ) {
        self.file = file
        self.environment = environment
        self.readFile = readFile
    }

    /// The configuration the text stands for, with every problem found in it.
    ///
    /// One warning names each part of the file that is accepted but not in force yet.
    package func load(_ text: String) -> ConfigurationResult {
        let reading = Reading(file: self.file, environment: self.environment)
        let expansion = Expansion(environment: self.environment, readFile: self.readFile)
        guard let document = YAMLText(expansion: expansion, reading: reading).read(text) else {
            return ConfigurationResult(configuration: nil, diagnostics: reading.diagnostics)
        }
        reading.names.providers = document["providers"]?.entries?.map(\.key) ?? []
        reading.names.routes = document["routes"]?.entries?.map(\.key) ?? []
        reading.names.isCatalogueName = self.isCatalogueName
        if let flag = document["direct_names"], case .scalar(let scalar) = flag.content {
            reading.names.allowsCatalogueNames = scalar.text.lowercased() != "false"
        }
        var configuration: Configuration? = Configuration()
        Field.read(Configuration.fields, into: &configuration, from: document, title: Configuration.title, reading)
        configuration?.check(document, reading)
        for pending in reading.pendingParts {
            reading.warning(
                at: pending.position,
                path: pending.path,
                "\(pending.part.name) is accepted, not in force yet"
            )
        }
        let diagnostics = reading.diagnostics.enumerated().sorted { left, right in
            (left.element.line, left.element.column, left.offset) < (
                right.element.line, right.element.column, right.offset
            )
        }.map(\.element)
        let isUsable = !diagnostics.contains { $0.severity == .error }
        return ConfigurationResult(configuration: isUsable ? configuration : nil, diagnostics: diagnostics)
    }
}

/// What became of a configuration file.
package struct ConfigurationResult: Sendable {
    /// The configuration; nil where there is an error.
    package var configuration: Configuration?
    /// Every problem found, in the order of the file.
    package var diagnostics: [Diagnostic]

    /// A result; `configuration` is nil where a diagnostic is an error.
    package init(configuration: Configuration?, diagnostics: [Diagnostic]) {
        self.configuration = configuration
        self.diagnostics = diagnostics
    }

    /// The problems that keep the file from being used.
    package var errors: [Diagnostic] { self.diagnostics.filter { $0.severity == .error } }
    /// The problems that do not.
    package var warnings: [Diagnostic] { self.diagnostics.filter { $0.severity == .warning } }
}
