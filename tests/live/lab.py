"""The live world: a network namespace of one's own with a TAP device in it. The kernel has one
side of it, handfastd the other. Nothing leaves the namespace, and nothing waits for ever.

Where the right to make it is missing, a test says why and exits with SKIPPED.
"""
import ctypes
import hashlib
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

KERNEL = "10.77.0.1"
HERE = "10.77.0.2"  # handfastd
PREFIX = 24
SKIPPED = 77
TIMEOUT = 60  # seconds, for whatever is waited for; the machine may be busy
HANDFASTD = os.environ.get("HANDFASTD", "build/release/handfastd")
NAMESPACES = "/run/netns"

libc = ctypes.CDLL(None, use_errno=True)
numbers = itertools.count()


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done


def wait_until(true, what):
    """Asks `true` until it says so."""
    end = time.monotonic() + TIMEOUT
    while not (answer := true()):
        if time.monotonic() > end:
            raise TimeoutError(f"never happened: {what}")
        time.sleep(0.02)
    return answer


def enter(path):
    with open(path) as namespace:
        if libc.setns(namespace.fileno(), 0x40000000) != 0:  # CLONE_NEWNET
            raise OSError(ctypes.get_errno(), f"setns {path}")


class Namespace:
    """This process, and all that it starts, lives in it until it is left."""

    def __init__(self):
        self.name = f"handfast-{os.getpid()}-{next(numbers)}"
        self.outside = os.open("/proc/self/ns/net", os.O_RDONLY)
        run("ip", "netns", "add", self.name)
        try:
            enter(f"{NAMESPACES}/{self.name}")
            run("ip", "link", "set", "lo", "up")
        except BaseException:
            self.leave()
            raise

    def leave(self):
        libc.setns(self.outside, 0x40000000)
        os.close(self.outside)
        run("ip", "netns", "del", self.name, check=False)


def sweep():
    """Namespaces of tests that were killed."""
    if not os.path.isdir(NAMESPACES):
        return
    for name in os.listdir(NAMESPACES):
        found = re.fullmatch(r"handfast-(\d+)-\d+", name)
        if found and not os.path.exists(f"/proc/{found[1]}"):
            run("ip", "netns", "del", name, check=False)


def why_not():
    """Why there can be no live test here; None where there can."""
    if os.geteuid() != 0:
        return "live tests need root, for a network namespace and a TAP device"
    if not os.path.exists("/dev/net/tun"):
        return "live tests need /dev/net/tun (modprobe tun)"
    for tool in ("ip", "ss", "curl", "tshark"):
        if shutil.which(tool) is None:
            return f"live tests need {tool}"
    try:
        space = Namespace()
    except (RuntimeError, OSError) as error:
        return f"no network namespace can be made here: {error}"
    try:
        run("ip", "tuntap", "add", "dev", "probe", "mode", "tap")
    except RuntimeError as error:
        return f"no TAP device can be made here: {error}"
    finally:
        space.leave()
    return None


class Daemon:
    """A handfastd that runs."""

    def __init__(self, *arguments, stdin=None, fds=(), ready=True):
        self.out = tempfile.TemporaryFile("w+")
        self.err = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [HANDFASTD, *arguments], stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=self.out, stderr=self.err, pass_fds=fds)
        if ready:
            wait_until(lambda: self.output().startswith("ready") or self.ended(), "ready")
            if self.ended():
                raise RuntimeError(f"handfastd: {self.errors()}")

    @staticmethod
    def _text(file):
        file.seek(0)
        return file.read()

    def output(self):
        return self._text(self.out)

    def errors(self):
        return self._text(self.err)

    def ended(self):
        return self.process.poll() is not None

    def wait(self):
        """The exit status."""
        return self.process.wait(TIMEOUT)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.wait()

    def close(self):
        if not self.ended():
            self.process.kill()
            self.process.wait(TIMEOUT)
        self.out.close()
        self.err.close()

    def summary(self):
        """What it said at the end, as {name: number}."""
        lines = re.findall(r"(?m)^  (\S.*?) +(\d+)$", self.output())
        return {name: int(number) for name, number in lines}


class LiveTest(unittest.TestCase):
    def setUp(self):
        space = Namespace()
        self.addCleanup(space.leave)

    def device(self, kind="tap", mtu=1500):
        """Its name; it is made, and the kernel's side configured, when it is first asked for."""
        name = f"{kind}0"
        if os.path.exists(f"/proc/sys/net/ipv4/conf/{name}"):
            return name
        run("ip", "tuntap", "add", "dev", name, "mode", kind)
        run("ip", "addr", "add", f"{KERNEL}/{PREFIX}", "dev", name)
        run("ip", "link", "set", name, "mtu", str(mtu), "up")
        return name

    def start(self, *arguments, **options):
        daemon = Daemon(*arguments, **options)
        self.addCleanup(daemon.close)
        return daemon

    def start_on_tap(self, *arguments, **options):
        return self.start("--tap", self.device(), "--address", f"{HERE}/{PREFIX}", *arguments,
                          **options)

    def connect(self, port):
        peer = socket.create_connection((HERE, port), TIMEOUT)
        self.addCleanup(peer.close)
        return peer

    def attempt(self, port):
        """A connect that goes on by itself."""
        peer = socket.socket()
        self.addCleanup(peer.close)
        peer.setblocking(False)
        peer.connect_ex((HERE, port))
        return peer

    def listen(self, address=KERNEL, backlog=8):
        """A listener of the kernel, on a port of its choice."""
        listener = socket.create_server((address, 0), backlog=backlog)
        listener.settimeout(TIMEOUT)
        self.addCleanup(listener.close)
        return listener, listener.getsockname()[1]

    def accept(self, listener):
        peer, _ = listener.accept()
        peer.settimeout(TIMEOUT)
        self.addCleanup(peer.close)
        return peer


def receive_all(peer):
    """Until the end."""
    received = bytearray()
    while octets := peer.recv(1 << 16):
        received += octets
    return bytes(received)


def get(path, port=80):
    with urllib.request.urlopen(f"http://{HERE}:{port}{path}", timeout=TIMEOUT) as response:
        return response.read()


def metrics(port=80):
    """{name with labels: number}"""
    lines = [line for line in get("/metrics", port).decode().splitlines()
             if not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def counter(name, port=80):
    return metrics(port)["handfast_" + name.replace(".", "_")]


def fill(peer):
    """Sends until nobody takes any more. How many octets were taken."""
    peer.setblocking(False)
    sent = 0
    try:
        while sent < 100_000_000:
            sent += peer.send(bytes(1 << 16))
            time.sleep(0.001)
    except BlockingIOError:
        peer.settimeout(TIMEOUT)
        return sent
    raise AssertionError("somebody takes all without end")


def reset(peer):
    """Closes with a RST."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()


def is_reset(peer):
    """Did a RST come, and no end?"""
    try:
        receive_all(peer)
    except ConnectionResetError:
        return True
    return False


def numbered_lines(size):
    """What /bytes/N gives."""
    return b"".join(b"%015d\n" % at for at in range(0, size, 16))[:size]


def digest(octets):
    return hashlib.sha256(octets).hexdigest()


def main():
    sweep()
    if reason := why_not():
        print(f"skipped: {reason}", flush=True)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
