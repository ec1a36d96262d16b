import HTTPTypes
import Sockets

// A client that goes away while its request is answered: the handler is cancelled, so that nothing is done any more for
// nobody (RFC 9112 section 9.5: a closure that was received is to be responded to).
extension ServerConnection: HangUpObserver {
    func peerHungUp(isBroken: Bool) {
        guard isAnswering else { return }
        if isBroken {
            socket.loop.execute { self.giveUp() }
        } else {
            expectDeparture()
        }
    }

    /// The client has sent its FIN. It may still read: only when nothing moves for a while it is taken for gone.
    func expectDeparture() {
        guard departure == nil else { return }
        let before = traffic
        departure = socket.loop.schedule(at: socket.loop.now &+ core.times.halfCloseGrace) {
            self.decide(since: before)
        }
    }

    private func decide(since before: Int) {
        departure = nil
        guard isAnswering, !socket.isClosed, tunnel == nil else { return }
        let isOwed = !socket.output.isEmpty || socket.bytesTaken < socket.bytesSent
        if isOwed || traffic != before { return expectDeparture() }
        giveUp()
    }

    /// Bytes that have passed in either direction.
    private var traffic: Int { socket.bytesSent &+ socket.bytesReceived }

    /// Ends the handler's work and the connection.
    private func giveUp() {
        guard isAnswering else { return }
        hasLost = true
        cutOff()
    }

    /// Closes the connection under whatever it does.
    func cutOff() {
        task?.cancel()
        socket.close()
    }
}

extension HTTPResponse.Status {
    /// What the access line says of a request whose client did not wait for the answer; it is never sent. Nginx's.
    static let clientClosedRequest = Self(code: 499, reasonPhrase: "Client Closed Request")
}
