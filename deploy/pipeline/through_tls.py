"""Takes requests in plain text on a port of the loopback address and sends them to an https:// address, whose certificate
has to be good: the release's tool speaks no TLS, and a public address nothing else. Prints where it listens.

usage: through_tls.py https://staging.example.com
"""
import http.client
import http.server
import ssl
import sys
import urllib.parse

# What is said between two neighbours only (RFC 9110 section 7.6.1), and what is said anew here.
OWN = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host", "content-length"}
SECONDS = 60


class Forwarding(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target = None

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in OWN}
        try:
            connection = http.client.HTTPSConnection(self.target.netloc, timeout=SECONDS, context=ssl.create_default_context())
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            print(f"through_tls: {self.target.netloc}: {error}", file=sys.stderr, flush=True)
            self.send_error(502)
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = forward

    def log_message(self, *arguments):
        pass


def main():
    Forwarding.target = urllib.parse.urlsplit(sys.argv[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forwarding)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


main()
