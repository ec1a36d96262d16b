import Chassis

/// A mail, ready to be sent: plain text, ASCII, from and to one address each.
///
/// No field can hold a line break: addresses are ``EmailAddress`` values, and what else stands in the head is the program's
/// own (RFC 5322 §2.2).
struct MailMessage: Sendable {
    /// The mail's id, `mail_…`; `Message-ID` is made from it, so that a copy is recognised as one.
    let id: String
    let sender: EmailAddress
    let recipient: EmailAddress
    /// ASCII, one line.
    let subject: String
    /// ASCII; lines end in `\n` and have at most 998 characters (RFC 5322 §2.1.1).
    let text: String
    /// Milliseconds since 1970.
    let date: Int64

    /// Head and body with CRLF line ends.
    var bytes: [UInt8] {
        let domain = sender.exposed.split(separator: "@").last ?? "localhost"
        let head = [
            "From: Tollgate <\(sender.exposed)>",
            "To: <\(recipient.exposed)>",
            "Subject: \(subject)",
            "Date: \(MailDate.string(date))",
            "Message-ID: <\(id)@\(domain)>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=us-ascii",
            // RFC 3834 §5: nobody's holiday notice comes back.
            "Auto-Submitted: auto-generated",
            "",
        ]
        let body = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return Array((head + body).joined(separator: "\r\n").utf8) + [0x0D, 0x0A]
    }
}

/// Dates as mail writes them (RFC 5322 §3.3), in UTC.
enum MailDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Thu, 01 Jan 1970 00:00:00 +0000` of milliseconds since 1970.
    static func string(_ milliseconds: Int64) -> String {
        let text = Array(RFC3339.string(max(0, milliseconds)))
        // 1970-01-01T00:00:00.000Z
        let month = Int(String(text[5...6])) ?? 1
        let day = days[Int(max(0, milliseconds) / 86_400_000 % 7)]
        return "\(day), \(String(text[8...9])) \(months[month - 1]) \(String(text[0...3])) "
            + "\(String(text[11...18])) +0000"
    }
}
