import Catalog
import Core
import Testing
import TurnpikeConfiguration

/// The kinds whose models the catalogue lists.
let listedKinds = ProviderKind.allCases.filter { $0 != .demo }

/// A catalogue over a configuration with one provider of each kind, called as its kind, and what `edit` adds.
func catalogue(_ edit: (inout Configuration) -> Void = { _ in }) -> Catalog {
    var configuration = Configuration()
    for kind in listedKinds { configuration.providers.append(ProviderSettings(name: kind.name, kind: kind)) }
    edit(&configuration)
    return Catalog(configuration, demoModels: ["chat"])
}

/// A catalogue over a configuration file's text.
func catalogue(yaml: String) throws -> Catalog {
    let loader = ConfigurationLoader(file: "turnpike.yaml", environment: [:], readFile: { _ in nil })
    return Catalog(try #require(loader.load(yaml).configuration), demoModels: [])
}

extension Catalog {
    /// The model written `provider/model`.
    func model(_ text: String) -> CatalogModel? { Target(parsing: text).flatMap { self.model($0) } }

    /// The traits of the model written `provider/model`.
    func traits(_ text: String) throws -> ModelTraits { self.traits(of: try #require(Target(parsing: text))) }
}

/// The price of one unit in pico-dollars, of a price in dollars for a million units.
func perMillion(_ dollars: String) throws -> Money {
    Money(picodollars: try #require(Money(dollars: dollars)).picodollars / 1_000_000)
}
