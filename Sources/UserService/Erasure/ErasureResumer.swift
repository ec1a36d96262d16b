import Logging
import ServiceLifecycle

/// Resumes what was left behind: everything at the start, what is due every second afterwards.
struct ErasureResumer: Service {
    let saga: ErasureSaga
    let logger: Logger
    var interval = Duration.seconds(1)

    func run() async {
        await cancelWhenGracefulShutdown {
            var isFirst = true
            while !Task.isCancelled {
                await resume(all: isFirst)
                isFirst = false
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func resume(all: Bool) async {
        do {
            try await saga.resume(all: all)
        } catch {
            logger.warning("Erasures could not be resumed", metadata: ["reason": "\(error)"])
        }
    }
}
