#!/usr/bin/env python3
"""Runs the pipeline's stages from build-image to rollback by their make targets, in a repository made of this work tree,
with stand-ins for docker, trivy, cosign, skopeo and kubectl. Manifests are rendered for real. What the tools themselves
do is not tested here.
"""
import http.client
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STAND_INS = ["docker", "trivy", "cosign", "skopeo", "kubectl"]
# What else the stages use: PATH holds nothing more.
NEEDED = ["sh", "awk", "cat", "cmp", "cp", "cut", "dirname", "git", "grep", "make", "mkdir", "mktemp", "mv", "rm", "sed",
          "sha256sum", "sleep", "sort", "tar", "tr", "uname", "wc"]
IMAGES = ["tollgate", "user-service", "payments-service", "gateway"]
REGISTRY = "registry.example.com/tollgate"
BUILD = ["build-image", "scan", "sbom", "sign"]


class Pipeline:
    """A repository, a cluster and the tools of one test."""

    def __init__(self, folder):
        self.folder, self.repository = folder, os.path.join(folder, "repository")
        self.calls_file, self.cluster = os.path.join(folder, "calls"), os.path.join(folder, "cluster")
        self.programs = os.path.join(folder, "bin")
        os.mkdir(self.programs)
        os.mkdir(self.cluster)
        for name in NEEDED:
            os.symlink(shutil.which(name), os.path.join(self.programs, name))
        for name in STAND_INS:
            os.symlink(os.path.join(ROOT, "Tests/Pipelines/stand-in"), os.path.join(self.programs, name))
        listed = subprocess.run(["git", "ls-files", "-z", "Makefile", "deploy", "config", "docker", "observability", ".gitignore"], cwd=ROOT,
                                check=True, capture_output=True, text=True).stdout
        for path in filter(None, listed.split("\0")):
            if os.path.lexists(os.path.join(ROOT, path)):
                os.makedirs(os.path.dirname(os.path.join(self.repository, path)), exist_ok=True)
                shutil.copy(os.path.join(ROOT, path), os.path.join(self.repository, path), follow_symlinks=False)
        self.git("init", "--quiet")
        self.commit()

    def git(self, *arguments):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *arguments], cwd=self.repository, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A commit")

    def head(self):
        return self.git("rev-parse", "HEAD")

    def make(self, target, without=None, **settings):
        """Runs a target; gives its exit status and what it said, without make's own line."""
        environment = {
            "PATH": self.programs, "HOME": self.folder, "CALLS": self.calls_file, "CLUSTER": self.cluster,
            "KUBECTL": shutil.which("kubectl") or "", "REGISTRY": REGISTRY, "URL": "https://staging.example.com",
            "SIGNER": "https://example.com/workflow", "SIGNER_ISSUER": "https://example.com", "DIGESTS": "",
            "FAIL": "", "NO_BUILDX": "", "TAMPERED": "", **settings,
        }
        hidden = [(os.path.join(self.programs, name), os.path.join(self.folder, name)) for name in without or []]
        for shown, away in hidden:
            os.rename(shown, away)
        done = subprocess.run(["make", "--silent", target], cwd=self.repository, env=environment, capture_output=True, text=True)
        for shown, away in hidden:
            os.rename(away, shown)
        lines = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("make")]
        return done.returncode, lines

    def passes(self, *targets, **settings):
        for target in targets:
            status, lines = self.make(target, **settings)
            assert status == 0, f"{target}: {lines}"

    def refuses(self, target, line, **settings):
        status, lines = self.make(target, **settings)
        assert status != 0, f"{target} passed"
        assert lines == [line], f"{target} said {lines}, not {line!r}"

    def calls(self, having=""):
        if not os.path.exists(self.calls_file):
            return []
        with open(self.calls_file) as file:
            return [line for line in file.read().splitlines() if having in line]

    def release(self, name):
        with open(os.path.join(self.repository, "artifacts/release", name)) as file:
            return file.read()

    def running(self, environment="staging"):
        """The images of what was applied there last."""
        with open(os.path.join(self.cluster, environment, "applied.yaml")) as file:
            objects = [o for o in yaml.safe_load_all(file) if o and o["kind"] in ("Deployment", "StatefulSet")]
        return {c["image"] for o in objects for c in o["spec"]["template"]["spec"]["containers"]}


def signed(pipeline):
    lines = pipeline.release("images.txt").splitlines()
    return {f"{REGISTRY}/{name}@{digest}" for name, digest in map(str.split, lines) if name != "tollgate"}


def from_a_commit_to_production(pipeline):
    commit = pipeline.head()
    pipeline.passes(*BUILD, "push", "deploy-staging", "smoke")
    assert signed(pipeline) <= pipeline.running(), pipeline.running()
    assert not any(image.startswith("tollgate/") for image in pipeline.running()), pipeline.running()
    pipeline.passes("promote", APPROVED_COMMIT=commit)
    assert signed(pipeline) <= pipeline.running("production")
    builds = pipeline.calls("docker buildx build")
    assert len(builds) == len(IMAGES)
    assert all("--platform linux/amd64,linux/arm64" in call and f"tollgate/{name}:{commit}" in call
               for name, call in zip(IMAGES, builds))
    # As the images are weighed: Tests/Deploy/test-containers.
    assert all("compression=zstd,compression-level=19,force-compression=true" in call for call in builds), builds
    for name in IMAGES:
        assert pipeline.calls(f"docker://{REGISTRY}/{name}:{commit}"), name
        assert len(pipeline.calls(f"cosign verify {REGISTRY}/{name}@sha256:")) == 2, name
    assert pipeline.release("release.txt").startswith(f"commit {commit}\n")
    contexts = [call.split()[2] for call in pipeline.calls("rollout status")]
    assert contexts == ["staging"] * 3 + ["production"] * 3, contexts


def only_a_commit_is_built(pipeline):
    with open(os.path.join(pipeline.repository, "Makefile"), "a") as file:
        file.write("# changed\n")
    pipeline.refuses("build-image", "build-image: the work tree has changes: an image is made of a commit")


def what_is_missing_is_named_in_one_line(pipeline):
    pipeline.refuses("build-image", "build-image: docker is not installed", without=["docker"])
    pipeline.refuses("build-image", "build-image: docker buildx is not installed", NO_BUILDX="1")
    wrong = "build-image: the builder cannot build for linux/riscv64: install qemu-user-static, or set PLATFORMS"
    pipeline.refuses("build-image", wrong, PLATFORMS="linux/riscv64")
    for target in ["scan", "sbom", "sign"]:
        pipeline.refuses(target, f"{target}: artifacts/release/images.txt is missing: run make build-image first")
    pipeline.passes("build-image")
    pipeline.refuses("scan", "scan: neither trivy nor docker is installed", without=["trivy", "docker"])
    pipeline.passes("sbom")
    pipeline.refuses("sign", "sign: neither cosign nor docker is installed", without=["cosign", "docker"])
    pipeline.refuses("push", "push: artifacts/release/release.sigstore.json is missing: run make sign first")
    pipeline.passes("sign")
    pipeline.refuses("push", "push: neither skopeo nor docker is installed", without=["skopeo", "docker"])
    pipeline.refuses("push", "push: REGISTRY is not set: where images go, such as registry.example.com/tollgate", REGISTRY="")
    pipeline.refuses("deploy-staging", "deploy: kubectl is not installed", without=["kubectl"])
    pipeline.refuses("smoke", "smoke: docker is not installed", without=["docker"])
    pipeline.refuses("smoke", "smoke: URL is not set: the public address of staging, such as https://staging.example.com", URL="")
    pipeline.refuses("rollback", "rollback: usage: deploy/pipeline/rollback staging|production")


def a_container_takes_a_missing_tools_place(pipeline):
    pipeline.passes(*BUILD, without=["trivy", "cosign"])
    with open(os.path.join(ROOT, "deploy/pipeline/tools")) as file:
        containers = dict(line.split() for line in file)
    for name in ["trivy", "cosign"]:
        assert pipeline.calls(f" {containers[name]} "), name


def a_private_registry_is_logged_in_to(pipeline):
    """By each stage that reads from it, since each may be on a machine of its own."""
    login = {"REGISTRY_USER": "robot", "REGISTRY_PASSWORD": "hunter2"}
    pipeline.passes(*BUILD)
    for number, target in enumerate(["push", "deploy-staging", "smoke", "promote"], 1):
        pipeline.passes(target, APPROVED_COMMIT=pipeline.head(), **login)
        done = pipeline.calls("docker login --username robot --password-stdin registry.example.com")
        assert len(done) == number, f"{target}: {done}"
    assert not pipeline.calls("hunter2"), "a password is in the list of processes"


def vulnerabilities_stop_it(pipeline):
    pipeline.passes("build-image")
    assert pipeline.make("scan", FAIL="--exit-code 1")[0] != 0


def what_arrives_is_what_was_signed(pipeline):
    pipeline.passes(*BUILD)
    status, lines = pipeline.make("push", TAMPERED="1")
    assert status != 0 and "not the signed sha256:" in lines[0], lines
    assert not pipeline.calls("cosign sign --yes"), "it was signed all the same"
    assert pipeline.make("push", FAIL="cosign verify-blob")[0] != 0
    with open(os.path.join(pipeline.repository, "artifacts/release/sbom/gateway.spdx.json"), "a") as file:
        file.write("changed")
    assert "push: the SBOM of gateway is not the signed one" in pipeline.make("push")[1]


def an_unsigned_image_is_not_deployed(pipeline):
    pipeline.passes(*BUILD, "push")
    assert pipeline.make("deploy-staging", FAIL="cosign verify registry")[0] != 0
    assert not pipeline.calls("kubectl")


def with_components(pipeline, *names):
    """Staging has a line more for each of these, in the order in which they are given."""
    path = os.path.join(pipeline.repository, "deploy/overlays/staging/kustomization.yaml")
    with open(path) as file:
        text = file.read()
    lines = "".join(f"  - ../../{name}\n" for name in names)
    with open(path, "w") as file:
        file.write(text.replace("components:\n", "components:\n" + lines))
    pipeline.commit()


def an_environment_may_have_any_component(pipeline):
    """Those too that bring a namespace of their own, which no dry run would find."""
    names = ["service-monitor", "opentelemetry", "elasticsearch", "gateway-api", "requests-autoscaling", "cluster-autoscaler", "vpa"]
    with_components(pipeline, *(f"components/{name}" for name in names))
    pipeline.passes(*BUILD, "push", "deploy-staging")
    with open(os.path.join(pipeline.cluster, "staging", "applied.yaml")) as file:
        kinds = {o["kind"] for o in yaml.safe_load_all(file) if o}
    assert {"ServiceMonitor", "HTTPRoute", "VerticalPodAutoscaler"} <= kinds, kinds
    made = [call for call in pipeline.calls("create namespace") if call.endswith(" tollgate-observability")]
    pipeline.passes("deploy-staging")
    assert len(made) == 1 and len(pipeline.calls("create namespace tollgate-observability")) == 1, pipeline.calls("namespace")


def keys_may_come_with_the_release_or_from_elsewhere(pipeline):
    for store in ["vault", "sealed-secrets"]:
        with_components(pipeline, f"components/{store}")
        pipeline.passes(*BUILD, "push", "deploy-staging", FAIL="get secret admin-token")
        pipeline.git("revert", "--no-edit", "HEAD")


def two_colours_are_not_waited_for(pipeline):
    with_components(pipeline, "strategies/blue-green/two-colours")
    pipeline.passes(*BUILD, "push", "deploy-staging", FAIL="rollout status --timeout=300s deployment/gateway")
    assert len(pipeline.calls("rollout status")) == 2


def smoke_speaks_tls_where_it_has_to(pipeline):
    pipeline.passes(*BUILD, "push", "deploy-staging", "smoke")
    assert pipeline.calls("demo --url http://127.0.0.1:40404"), "the tool was given an address that it cannot speak to"
    assert pipeline.calls("docker rm --force front")
    os.remove(os.path.join(pipeline.repository, "artifacts/release/passed-staging.txt"))
    status, lines = pipeline.make("smoke", FAIL="demo --url")
    assert status != 0 and lines[-1] == "smoke: staging failed", lines
    assert not os.path.exists(os.path.join(pipeline.repository, "artifacts/release/passed-staging.txt"))
    pipeline.passes("smoke", URL="http://staging.internal:8080")
    assert pipeline.calls("demo --url http://staging.internal:8080")


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = json.dumps({"host": self.headers["Host"], "path": self.path, "body": body.decode(),
                           "key": self.headers["Idempotency-Key"]}).encode()
        self.send_response(201)
        self.send_header("Location", "/there")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *arguments):
        pass


def requests_go_through_tls(pipeline):
    """With a real server that speaks TLS. A certificate of nobody's is not believed."""
    if shutil.which("openssl") is None:
        print("stages: openssl is not installed, so TLS was not spoken")
        return
    key, certificate = os.path.join(pipeline.folder, "key.pem"), os.path.join(pipeline.folder, "certificate.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    try:
        for trusted, wanted in ((certificate, 201), ("/nonexistent", 502)):
            with subprocess.Popen([sys.executable, os.path.join(ROOT, "deploy/pipeline/through_tls.py"), f"https://localhost:{port}"],
                                  env={**os.environ, "SSL_CERT_FILE": trusted, "SSL_CERT_DIR": "/nonexistent"},
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as front:
                try:
                    address = front.stdout.readline().strip().removeprefix("http://")
                    # Two, over one connection.
                    connection = http.client.HTTPConnection(address, timeout=30)
                    for number in range(2):
                        connection.request("POST", f"/api/v1/payments?{number}", "{}", {"Idempotency-Key": "k"})
                        answer = connection.getresponse()
                        text = answer.read()
                        assert answer.status == wanted, (trusted, answer.status)
                        if wanted == 201:
                            assert json.loads(text) == {"host": f"localhost:{port}", "path": f"/api/v1/payments?{number}",
                                                        "body": "{}", "key": "k"}, text
                            assert answer.headers["Location"] == "/there"
                        else:
                            connection.close()
                finally:
                    front.kill()
    finally:
        server.shutdown()
        server.server_close()


def production_asks(pipeline):
    pipeline.passes(*BUILD, "push", "deploy-staging")
    missing = "promote: artifacts/release/passed-staging.txt is missing: run make smoke first"
    pipeline.refuses("promote", missing, APPROVED_COMMIT=pipeline.head())
    pipeline.passes("smoke")
    wanted = f"promote: not approved: APPROVED_COMMIT={pipeline.head()} says that it is"
    pipeline.refuses("promote", wanted)
    pipeline.refuses("promote", wanted, APPROVED_COMMIT="0" * 40)
    with open(os.path.join(pipeline.repository, "artifacts/release/passed-staging.txt"), "a") as file:
        file.write("another\n")
    pipeline.refuses("promote", "promote: what passed in staging is another release", APPROVED_COMMIT=pipeline.head())
    assert not pipeline.calls("--context production")


def second_release(pipeline):
    """A release is deployed, and a second one with other digests is ready; gives the images of both."""
    pipeline.passes(*BUILD, "push", "deploy-staging")
    first = signed(pipeline)
    pipeline.commit()
    pipeline.passes(*BUILD, "push", DIGESTS="second")
    return first, signed(pipeline)


def there_and_back(pipeline):
    first, second = second_release(pipeline)
    pipeline.passes("deploy-staging")
    assert second <= pipeline.running()
    pipeline.passes("rollback", ENVIRONMENT="staging")
    assert first <= pipeline.running() and not second & pipeline.running(), pipeline.running()
    pipeline.passes("rollback", ENVIRONMENT="staging")
    assert second <= pipeline.running()


def a_failed_rollout_goes_back_by_itself(pipeline):
    first, second = second_release(pipeline)
    assert first != second
    # Both rollouts fail at the gateway here: what counts is that the first release is applied again.
    status, lines = pipeline.make("deploy-staging", FAIL="rollout status --timeout=300s deployment/gateway")
    assert status != 0 and any("the rollout failed; staging goes back" in line for line in lines), lines
    assert first <= pipeline.running(), pipeline.running()
    pipeline.refuses("rollback", "rollback: staging has no release before the one that runs", ENVIRONMENT="staging")


def a_refused_manifest_changes_nothing(pipeline):
    first, _ = second_release(pipeline)
    assert pipeline.make("deploy-staging", FAIL="--dry-run=server")[0] != 0
    assert first <= pipeline.running()


def a_cluster_without_keys_is_told(pipeline):
    pipeline.passes(*BUILD, "push")
    status, lines = pipeline.make("deploy-staging", FAIL="get secret admin-token")
    assert status != 0 and lines[0].startswith("deploy: the cluster of staging has no keys"), lines


TESTS = [
    from_a_commit_to_production, only_a_commit_is_built, what_is_missing_is_named_in_one_line,
    a_container_takes_a_missing_tools_place, a_private_registry_is_logged_in_to, vulnerabilities_stop_it, what_arrives_is_what_was_signed,
    an_unsigned_image_is_not_deployed, an_environment_may_have_any_component, keys_may_come_with_the_release_or_from_elsewhere,
    two_colours_are_not_waited_for, smoke_speaks_tls_where_it_has_to, requests_go_through_tls, production_asks, there_and_back,
    a_failed_rollout_goes_back_by_itself, a_refused_manifest_changes_nothing, a_cluster_without_keys_is_told,
]


def main():
    failed = 0
    for test in TESTS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Pipeline(folder))
            except AssertionError as error:
                failed += 1
                print(f"FAIL: {test.__name__}: {error}")
    print(f"stages: {len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
