/// Where an issuer's key set (RFC 7517) comes from.
enum KeyOrigin: Sendable, Equatable {
    /// From a service behind the gateway.
    case upstream(String, path: String)
    /// From anywhere else, over plain HTTP: the gateway's client speaks no TLS.
    case address(host: String, port: Int, path: String)
    /// From a file, read again when it changes.
    case file(String)
}

extension KeyOrigin {
    /// Reads `upstream` and `path`, or `url`, or `file`.
    init?(reading reader: inout MappingReader, names: ReferencedNames) {
        let upstream = reader.optional("upstream")
        let path = reader.optional("path")
        let url = reader.optional("url")
        let file = reader.optional("file")
        guard [upstream, url, file].count(where: { $0 != nil }) == 1, upstream != nil || path == nil else {
            reader.value.fail("needs either \"upstream\" and \"path\", or \"url\", or \"file\"")
            return nil
        }
        if let upstream {
            self.init(upstream: upstream, path: path, names: names)
        } else if let url {
            self.init(url: url)
        } else if let file, let path = file.text() {
            self = .file(path)
        } else {
            return nil
        }
    }

    private init?(upstream: DocumentValue, path: DocumentValue?, names: ReferencedNames) {
        guard let path else {
            upstream.fail("needs the key \"path\" beside it")
            return nil
        }
        guard let name = upstream.text(), let text = path.text() else { return nil }
        names.checkUpstream(name, upstream)
        if !text.hasPrefix("/") { path.fail("must start with \"/\"") }
        self = .upstream(name, path: text)
    }

    private init?(url value: DocumentValue) {
        guard let url = value.text() else { return nil }
        if url.hasPrefix("https://") {
            value.fail("the gateway speaks no TLS to key servers: use a file, or an upstream that does it (a sidecar)")
            return nil
        }
        let rest = url.hasPrefix("http://") ? url.dropFirst(7) : ""
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        guard let (host, port) = EndpointConfiguration.split(authority: authority), !path.isEmpty,
            path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") })
        else {
            value.fail("must be http://host:port/path, not \"\(url)\"")
            return nil
        }
        self = .address(host: host, port: port, path: String(path))
    }
}
