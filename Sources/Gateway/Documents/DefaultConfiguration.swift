import CDocuments

/// The configuration that is used when `GATEWAY_CONFIG` names no file: `config/gateway.yaml` as it was compiled in.
enum DefaultConfiguration {
    /// The file's text.
    static var text: String { String(cString: CDOCUMENTS_GATEWAY_YAML) }
}
