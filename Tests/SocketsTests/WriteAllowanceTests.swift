import Testing

@testable import Sockets

@Suite("What a slow reader may take")
struct WriteAllowanceTests {
    @Test("a byte now and then does not restore what waiting has used up")
    func trickle() {
        var allowance = WriteAllowance(most: 30_000, minimumRate: 240)
        allowance.waited(29_000)
        allowance.took(total: 1)
        // One byte is worth 4 ms, not another 30 s.
        #expect(allowance.left == 1_004)
        allowance.waited(29_000)
        #expect(allowance.left == 0)
        allowance.took(total: 2)
        #expect(allowance.left == 4)
    }

    @Test("a reader that keeps the rate may go on for ever")
    func keepsUp() {
        var allowance = WriteAllowance(most: 30_000, minimumRate: 240)
        for second in 1...100_000 {
            allowance.waited(1_000)
            allowance.took(total: second * 240)
        }
        #expect(allowance.left >= 29_000)
    }

    @Test("what was taken fast is not saved up")
    func capped() {
        var allowance = WriteAllowance(most: 30_000, minimumRate: 240)
        allowance.took(total: 100_000_000)
        #expect(allowance.left == 30_000)
        allowance.waited(30_001)
        #expect(allowance.left == 0)
        allowance.took(total: 100_000_000)
        #expect(allowance.left == 0)
        allowance.renew()
        #expect(allowance.left == 30_000)
    }

    @Test("without a rate any byte restores everything")
    func anyByte() {
        var allowance = WriteAllowance(most: 100, minimumRate: 0)
        allowance.waited(99)
        allowance.took(total: 1)
        #expect(allowance.left == 100)
        allowance.waited(50)
        allowance.took(total: 1)
        #expect(allowance.left == 50)
    }
}
