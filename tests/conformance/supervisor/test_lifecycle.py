"""A sandbox from its first start to its reset, by its commands alone."""

import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest

CHECKOUT = Path(__file__).parents[3]
PARTS = {"azure", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "node"}
SECRETS = ("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET")


@dataclass(frozen=True)
class Sandbox:
    """A sandbox's folder and its commands."""

    home: Path

    def __call__(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "SANDBOX_HOME": str(self.home), "NO_COLOR": "1", "COLUMNS": "200"},
            input=text,
            capture_output=True,
            text=True,
        )

    def ok(self, *arguments: str) -> str:
        answer = self(*arguments)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def ports(self) -> dict[str, int]:
        return json.loads((self.home / "ports.json").read_text())

    def process(self, part: str) -> psutil.Process:
        return psutil.Process(json.loads((self.home / "run" / f"{part}.pid").read_text())["pid"])


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A running sandbox, in a folder whose name a shell has to be careful with."""
    running = Sandbox(tmp_path_factory.mktemp("with space and 'quote'"))
    try:
        running.ok("start")
        yield running
    finally:
        running("stop")


def test_status_shows_each_part_its_address_and_its_health(sandbox: Sandbox) -> None:
    parts, _, _ = sandbox.ok("status").partition("plugin ")
    rows = {line.split()[0]: line.split()[1:] for line in parts.splitlines()[1:] if line.strip()}
    assert set(rows) == PARTS
    assert {row[-1] for row in rows.values()} == {"ready"}
    assert rows["azure"][0] == f"https://localhost:{sandbox.ports()['azure']}"


def test_status_shows_which_plugins_run_under_which_version(sandbox: Sandbox) -> None:
    _, _, plugins = sandbox.ok("status").partition("plugin ")
    rows = {line.split()[0]: line.split()[1:] for line in plugins.splitlines()[1:6]}
    assert set(rows) == {"azure-native", "azuread", "kubernetes", "random", "language-python"}
    assert rows["kubernetes"] == [version("pulumi_kubernetes"), "stand-in"]
    assert rows["language-python"][0] == version("pulumi")


def test_everything_listens_on_loopback_only(sandbox: Sandbox) -> None:
    for part in PARTS:
        for process in [sandbox.process(part), *sandbox.process(part).children(recursive=True)]:
            for connection in process.net_connections():
                if connection.status == psutil.CONN_LISTEN:
                    assert connection.laddr.ip in ("127.0.0.1", "::ffff:127.0.0.1"), (part, connection.laddr)


def test_what_is_secret_is_its_owners_alone(sandbox: Sandbox) -> None:
    assert stat.S_IMODE(sandbox.home.stat().st_mode) == 0o700
    private = [path for path in sandbox.home.rglob("*") if path.suffix in (".key", ".kubeconfig", ".sqlite")]
    private += sandbox.home.rglob("*-key.pem")
    private += [sandbox.home / "azure" / "credentials.json", sandbox.home / "azure" / "token-key.pem"]
    assert len(private) > 8
    for path in private:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_second_start_starts_nothing(sandbox: Sandbox) -> None:
    before = {part: sandbox.process(part).pid for part in PARTS}
    sandbox.ok("start")
    assert {part: sandbox.process(part).pid for part in PARTS} == before


def test_the_environment_can_be_taken_into_a_shell(sandbox: Sandbox) -> None:
    tried = (
        'printf "%s\\n" "$SANDBOX_HOME" "$KUBECONFIG" "$TMPDIR"',
        "command -v pulumi",
        "command -v kubectl",
        "pulumi whoami --non-interactive",
    )
    script = "\n".join([sandbox.ok("env"), *tried])
    answer = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert answer.returncode == 0, answer.stderr
    home, kubeconfig, temporary, pulumi, kubectl, _ = answer.stdout.splitlines()
    assert home == str(sandbox.home)
    assert temporary == str(sandbox.home / "temporary")  # what plugins leave there, a reset erases
    assert Path(kubeconfig).is_relative_to(sandbox.home)
    assert (Path(pulumi).name, Path(kubectl).name) == ("pulumi", "kubectl")


def test_the_environment_has_what_each_tool_reads(sandbox: Sandbox) -> None:
    names = {line.split("=", 1)[0].removeprefix("export ") for line in sandbox.ok("env").splitlines()}
    assert {
        "PATH", "PULUMI_HOME", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "KUBECONFIG", "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET",
        "ARM_METADATA_HOSTNAME", "ARM_DISABLE_INSTANCE_DISCOVERY", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID",
        "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_AUTHORITY_HOST",
    } <= names  # fmt: skip


def test_each_identity_has_credentials_of_its_own(sandbox: Sandbox) -> None:
    ids = {name: sandbox.ok("run", "--as", name, "--", "printenv", "ARM_CLIENT_ID") for name in ("deployer", "reader")}
    assert ids == {
        "deployer": "5a0c0de0-0000-4000-8000-000000000020\n",
        "reader": "5a0c0de0-0000-4000-8000-000000000030\n",
    }
    refused = sandbox("run", "--as", "owner", "--", "true")
    assert refused.returncode == 1
    assert "there is no identity 'owner': expected one of deployer, reader, administrator" in refused.stderr


def test_a_jobs_environment_has_a_request_token_and_no_secret(sandbox: Sandbox) -> None:
    job = ("--job", "contoso/gateways:environment:dev", "--client-id", "5a0c0de0-0000-4000-8000-0000000000aa")
    lines = sandbox.ok("run", *job, "--", "env", "-0")
    variables = dict(line.split("=", 1) for line in lines.split("\0") if "=" in line)
    assert [variables[name] for name in SECRETS] == ["", ""]
    assert (variables["ARM_USE_OIDC"], variables["ARM_CLIENT_ID"]) == ("true", job[-1])
    assert variables["ACTIONS_ID_TOKEN_REQUEST_URL"].startswith(f"https://localhost:{sandbox.ports()['azure']}/")
    assert variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] != ""
    for wrong, reason in (
        (
            ("--job", "contoso/gateways:dev", "--client-id", "x"),
            "there is no job with the subject 'contoso/gateways:dev'",
        ),
        (("--job", "contoso/gateways:pull_request"), "--job and --client-id belong together"),
    ):
        answer = sandbox("run", *wrong, "--", "true")
        assert (answer.returncode, reason in answer.stderr) == (1, True)


def test_what_a_command_leaves_in_its_temporary_folder_goes_with_it(sandbox: Sandbox) -> None:
    leave = 'stat -c %a "$TMPDIR"; printf "%s" "$TMPDIR"; touch "$TMPDIR/kubeconfig123"; kill -s {signal} $$; exit 3'
    for ending, code in (("CONT", 3), ("INT", -signal.SIGINT), ("KILL", -signal.SIGKILL)):
        answer = sandbox("run", "--", "sh", "-c", leave.format(signal=ending))
        mode, folder = answer.stdout.split("\n")
        assert (answer.returncode, mode) == (code, "700")
        assert Path(folder).parent == sandbox.home / "temporary"
        gone(Path(folder))


def test_what_goes_on_after_a_command_keeps_its_temporary_folder(sandbox: Sandbox) -> None:
    script = (
        'printf "%s" "$TMPDIR"; (sleep 1; echo late > "$TMPDIR/late"; cat "$TMPDIR/late" > {seen}) > /dev/null 2>&1 &'
    )
    seen = sandbox.home / "seen"
    folder = sandbox("run", "--", "sh", "-c", script.format(seen=shlex.quote(str(seen)))).stdout
    gone(Path(folder))
    assert seen.read_text() == "late\n"


def gone(folder: Path) -> None:
    """Wait until a folder is removed, which happens beside the command's end."""
    deadline = time.monotonic() + 20
    while folder.exists():
        assert time.monotonic() < deadline, f"still there: {[file.name for file in folder.iterdir()]}"
        time.sleep(0.05)


def test_run_passes_on_input_output_and_exit_code(sandbox: Sandbox) -> None:
    answer = sandbox("run", "--", "sh", "-c", "cat; echo beside >&2; exit 7", text="given")
    assert (answer.returncode, answer.stdout, answer.stderr) == (7, "given", "beside\n")
    missing = sandbox("run", "--", "contoso-none")
    assert missing.returncode == 1
    assert "contoso-none: No such file or directory" in missing.stderr


def test_no_secret_is_in_the_process_list(sandbox: Sandbox) -> None:
    secrets = [sandbox.ok("run", "--", "printenv", name).strip() for name in SECRETS]
    everything = " ".join(" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
    for secret in secrets:
        assert secret not in everything


def test_logs_names_each_parts_log_and_refuses_an_unknown_pod(sandbox: Sandbox) -> None:
    listed = {line.split()[0] for line in sandbox.ok("logs").splitlines()}
    assert listed == PARTS
    refused = sandbox("logs", "contoso-none")
    assert refused.returncode == 1
    assert 'pods "contoso-none" not found' in refused.stderr


def test_faults_are_set_shown_and_cleared(sandbox: Sandbox) -> None:
    assert sandbox.ok("fault", "add", "ARM PUT *", "--status", "429", "--retry-after", "1", "--count", "2") == "1\n"
    assert "ARM PUT *" in sandbox.ok("fault", "list")
    sandbox.ok("fault", "clear")
    assert sandbox.ok("fault", "list") == "There are no faults.\n"
    delays = ["rbacDelaySeconds: 5", "graphReplicationSeconds: 0", "listDelaySeconds: 0", "tokenLifetimeSeconds: 3599"]
    assert sandbox.ok("fault", "delay", "--rbac-delay", "5").splitlines() == delays
    assert sandbox.ok("fault", "delay", "--rbac-delay", "0").splitlines()[0] == "rbacDelaySeconds: 0"
    refused = sandbox("fault", "delay", "--token-lifetime", "0")
    assert refused.returncode == 1
    assert "tokenLifetimeSeconds" in refused.stderr
    refused = sandbox("fault", "add", "ARM PUT *")
    assert refused.returncode == 1
    assert "a fault needs a status, a reset or a delay" in refused.stderr


def test_a_part_that_died_is_shown_and_started_again(sandbox: Sandbox) -> None:
    died = sandbox.process("kube-scheduler")
    died.send_signal(signal.SIGKILL)
    psutil.wait_procs([died], timeout=10)
    shown = sandbox("status")
    assert shown.returncode == 1
    (row,) = [line for line in shown.stdout.splitlines() if line.startswith("kube-scheduler")]
    assert row.split()[-1] == "stopped"
    refused = sandbox("env")
    assert refused.returncode == 1
    assert "the sandbox does not run (kube-scheduler stopped): .venv/bin/python -m sandbox start" in refused.stderr
    sandbox.ok("start")
    assert sandbox.process("kube-scheduler").pid != died.pid
    assert sandbox("status").returncode == 0


def test_its_state_and_its_ports_outlive_a_stop_and_a_part_that_fails_is_named(sandbox: Sandbox) -> None:
    ports = sandbox.ports()
    sandbox.ok("run", "--", "kubectl", "create", "configmap", "kept", "--from-literal=key=value")
    processes = [sandbox.process(part) for part in PARTS]
    assert "Stopped: node," in sandbox("stop").stderr
    for process in processes:
        assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    for port in ports.values():
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) != 0

    # Somebody else has taken a port meanwhile.
    with socket.create_server(("127.0.0.1", ports["azure"])):
        failed = sandbox("start")
    assert failed.returncode == 1
    assert f"azure (https://localhost:{ports['azure']}) ended. The end of" in failed.stderr
    assert "address already in use" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not any((sandbox.home / "run" / f"{part}.pid").exists() for part in PARTS)

    sandbox.ok("start")
    assert sandbox.ports() == ports
    shown = sandbox.ok("run", "--", "kubectl", "get", "configmap", "kept", "-o", "jsonpath={.data.key}")
    assert shown == "value"


def test_a_reset_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "sandbox"
    home.mkdir()
    (home / "ports.json").write_text(json.dumps(dict.fromkeys(
        ("azure", "etcd", "etcd_peer", "api_server", "controller_manager", "scheduler", "kubelet"), 9
    )))  # fmt: skip
    (home / "azure").mkdir()
    assert Sandbox(home)("reset").returncode == 0
    assert not home.exists()
