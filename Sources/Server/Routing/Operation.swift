package import Documents

/// What an address of the API does, as its OpenAPI document says it.
package struct Operation: Sendable {
    /// A field of the query or path.
    package struct Parameter: Sendable {
        /// Its name.
        package var name: String
        /// What it means.
        package var meaning: String
        /// Its JSON schema.
        package var schema: Node

        package init(_ name: String, _ meaning: String, _ schema: Node = .object([("type", "string")])) {
            (self.name, self.meaning, self.schema) = (name, meaning, schema)
        }
    }

    /// Its name, unique: `listSystems`.
    package var id: String
    /// What it does, in one line.
    package var summary: String
    /// What it takes in the path and query.
    package var parameters: [Parameter]
    /// Schema of the body that is sent; nil for none.
    package var takes: Node?
    /// Schema of the answer.
    package var gives: Node?
    /// Media type of the answer.
    package var type: String
    /// Status of success.
    package var status: Int

    package init(
        _ id: String, _ summary: String, parameters: [Parameter] = [], takes: Node? = nil, gives: Node?,
        type: String = "application/json", status: Int = 200
    ) {
        (self.id, self.summary, self.parameters, self.takes) = (id, summary, parameters, takes)
        (self.gives, self.type, self.status) = (gives, type, status)
    }
}
