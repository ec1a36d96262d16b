#if os(Linux)
    import CPlatform
    import Glibc

    /// Edge-triggered epoll. Each socket is registered once, for everything, and never modified: one system call a life.
    ///
    /// `@unchecked Sendable`: `wakeUp` is called from anywhere and only writes to the event descriptor; all else is
    /// confined to the loop's thread.
    final class EpollReadiness: ReadinessSource, @unchecked Sendable {
        private static let batch = 256
        private let poll: Int32
        private let wakeDescriptor: Int32
        private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: batch)

        let needsArming = false

        init() throws(SocketError) {
            poll = epoll_create1(Int32(EPOLL_CLOEXEC))
            wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
            guard poll >= 0, wakeDescriptor >= 0 else { throw .system("epoll_create1", errno) }
            // A null pointer marks the wake-up; sockets store their address.
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(ptr: nil))
            epoll_ctl(poll, EPOLL_CTL_ADD, wakeDescriptor, &event)
        }

        deinit {
            if poll >= 0 { Glibc.close(poll) }
            if wakeDescriptor >= 0 { Glibc.close(wakeDescriptor) }
            events.deallocate()
        }

        func register(_ socket: Socket) throws(SocketError) {
            let interest = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | CPLATFORM_EPOLLET
            // Unretained: the loop's table owns the socket, and closed ones stay alive until their batch is delivered.
            let address = Unmanaged.passUnretained(socket).toOpaque()
            var event = epoll_event(events: interest, data: epoll_data_t(ptr: address))
            guard epoll_ctl(poll, EPOLL_CTL_ADD, socket.descriptor, &event) == 0 else {
                throw .system("epoll_ctl", errno)
            }
        }

        func arm(_ socket: Socket, _ events: ReadyEvents) {}

        func close(_ socket: Socket) {
            // The descriptor is not shared, so closing it ends the registration.
            Glibc.close(socket.descriptor)
        }

        func wait(milliseconds: Int32) {
            let count = epoll_wait(poll, events, Int32(Self.batch), milliseconds)
            guard count > 0 else { return }
            for index in 0..<Int(count) {
                guard let address = events[index].data.ptr else {
                    var value: eventfd_t = 0
                    eventfd_read(wakeDescriptor, &value)
                    continue
                }
                let ready = Self.ready(events[index].events)
                Unmanaged<Socket>.fromOpaque(address)._withUnsafeGuaranteedRef { $0.deliver(ready) }
            }
        }

        func wakeUp() {
            eventfd_write(wakeDescriptor, 1)
        }

        @inline(__always) private static func ready(_ bits: UInt32) -> ReadyEvents {
            var ready: ReadyEvents = []
            if bits & EPOLLIN.rawValue != 0 { ready.formUnion(.read) }
            if bits & EPOLLOUT.rawValue != 0 { ready.formUnion(.write) }
            if bits & (EPOLLRDHUP.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { ready.formUnion(.hangUp) }
            if bits & EPOLLERR.rawValue != 0 { ready.formUnion(.broken) }
            return ready
        }
    }
#endif
