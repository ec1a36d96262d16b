import Testing

extension AttackTests {
    /// Ways to write a path that route and upstream could resolve differently.
    @Suite struct PathAttackTests {
        private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

        /// `/closed` needs a token, wherever it is reached from.
        @Test(arguments: [
            "/closed", "/closed/", "/closed/x", "/open/../closed", "/open/%2e%2e/closed", "/open/.%2e/closed",
            "/open/%2E./closed", "/./closed", "/open/x/../../closed/x", "/%63losed", "/open/./../closed", "//closed",
            "/closed;x", "/closed%2f", "/CLOSED", "/closed.", "/.//closed",
        ])
        func thereIsNoWayIn(path: String) async throws {
            try await AttackFixture.expect(Vector(path, Self.get(path), .denied))
        }

        /// Dots between anything that some server takes for the end of a segment are refused.
        @Test(arguments: [
            "/open/..;/closed", "/open/..;a=b/closed", "/open/.;/x", "/open/%2e%2e;/closed", "/open/x/..;/..;/closed",
            "/open/..%2fclosed", "/open/..%2Fclosed", "/open%2f..%2fclosed", "/open/%2e%2e%2fclosed",
            "/open/..%5cclosed",
            "/open/x%2f../y", "/open/x%5C..%5Cy", "/open/.%2fx", "/open/..%3b/closed", "/open/x%2f..", "/open/..%2f",
            "/../closed", "/open/../../closed", "/open/%c0%ae%c0%ae/closed", "/open/%c0%afclosed", "/open/..%00/closed",
            "/open/%ff", "/open/..\\closed",
        ])
        func hiddenDotsAreRefused(path: String) async throws {
            try await AttackFixture.expect(Vector(path, Self.get(path) + Vector.smuggled, .refused))
        }

        /// What is no trick crosses as it came: an encoded slash, parameters, an encoded percent sign.
        @Test(arguments: [
            ("/open/a%2Fb", "/a%2Fb"), ("/open/a;v=1/b", "/a;v=1/b"), ("/open/%252e%252e/closed", "/%252e%252e/closed"),
            ("/open/...", "/..."), ("/open/..a", "/..a"), ("/open/a..", "/a.."), ("/open/.well-known", "/.well-known"),
            ("/open/a/./b", "/a/b"), ("/open/a/../b", "/b"), ("/open/x?../closed", "/x?../closed"), ("/open", "/"),
            ("/open?x", "/?x"), ("/open/%7Ea", "/~a"), ("/open/a%2fb/../c", "/c"), ("/open//a", "//a"),
        ])
        func honestPathsCross(path: String, sent: String) async throws {
            try await AttackFixture.expect(Vector(path, Self.get(path), .forwarded(["GET \(sent) "])))
        }
    }
}
