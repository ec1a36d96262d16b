import Foundation

// Load at a constant rate, whatever the server does: each request has its time, and latency counts from that time on, so
// that a server which stalls is charged for every request that had to wait (a closed loop such as wrk's would just send
// fewer). Requests that are due while all connections are busy wait for one, and their wait counts.
//
// Prints one line: RESULT and JSON with times in microseconds.

let options = try Options(CommandLine.arguments.dropFirst())
var load = ConstantLoad(options)
load.run()
print("RESULT \(load.report)")
