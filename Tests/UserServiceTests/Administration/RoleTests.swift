import Testing

@testable import UserService

@Suite struct RoleTests {
    @Test func everybodyIsAUser() throws {
        #expect(Roles.none.names == ["user"])
        #expect(Roles([.admin, .support, .admin]).names == ["user", "support", "admin"])
        #expect(Roles([.user]) == .none)
    }

    @Test(arguments: [Roles.none, Roles([.support]), Roles([.admin]), Roles([.support, .admin])])
    func rolesAreReadAsTheyWereStored(roles: Roles) throws {
        #expect(try Roles(stored: roles.stored) == roles)
    }

    @Test func unknownStoredRolesAreAnError() {
        #expect(throws: StoredValueInvalid.self) { try Roles(stored: "support root") }
    }

    @Test func onlyAnAdminsLoginHasTheScope() {
        #expect(AccessTokenIssuer.scopes(of: Roles([.support])) == AccessTokenIssuer.scopes)
        #expect(AccessTokenIssuer.scopes(of: Roles([.admin])) == AccessTokenIssuer.scopes + ["admin"])
    }
}
