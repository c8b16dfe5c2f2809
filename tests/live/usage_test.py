"""The command line of handfastd: what it refuses, and in which words. Needs no right."""
import os
import resource
import socket
import subprocess
import tempfile
import unittest

import lab

LINK = ("--tap", "handfast-none", "--address", "10.0.0.2/24")
WORK = ("--listen", "80=http")

# Arguments, and words that the answer must have: the option, and what is allowed.
MISTAKES = [
    ((), ("--tap", "--tun", "--fd")),
    (("--tap", "a", "--tun", "b", "--address", "10.0.0.2/24", *WORK), ("--tap", "--tun", "one")),
    (("--tap", "a", "--fd", "3", "--address", "10.0.0.2/24", *WORK), ("--fd", "one")),
    (("--tap", "sixteen-letters-", "--address", "10.0.0.2/24", *WORK), ("--tap", "15")),
    (("--tun", "a/b", "--address", "10.0.0.2/24", *WORK), ("--tun", "a/b")),
    (("--tap", "a", *WORK), ("--address", "10.0.0.2/24")),
    (("--tap", "a", "--address", "10.0.0.2", *WORK), ("--address", "prefix")),
    (("--tap", "a", "--address", "10.0.0.2/33", *WORK), ("--address", "1 to 32")),
    (("--tap", "a", "--address", "10.0.0.2/0", *WORK), ("--address", "1 to 32")),
    (("--tap", "a", "--address", "10.0.0.256/24", *WORK), ("--address", "10.0.0.256")),
    (("--tap", "a", "--address", "fe80::1/64", *WORK), ("--address", "IPv4")),
    (("--tap", "a", "--address", "10.0.0.255/24", *WORK), ("--address", "host")),
    (("--tap", "a", "--address", "127.0.0.1/8", *WORK), ("--address", "host")),
    (("--tap", "a", "--address", "224.0.0.1/24", *WORK), ("--address", "host")),
    (("--tap", "a", "--address", "0.0.0.0/8", *WORK), ("--address", "host")),
    (LINK, ("--listen", "--connect")),
    ((*LINK, "--listen", "80"), ("--listen", "PORT=SERVICE")),
    ((*LINK, "--listen", "0=http"), ("--listen", "1 to 65535")),
    ((*LINK, "--listen", "70000=http"), ("--listen", "1 to 65535")),
    ((*LINK, "--listen", "-1=http"), ("--listen", "1 to 65535")),
    ((*LINK, "--listen", "http=80"), ("--listen", "1 to 65535")),
    ((*LINK, "--listen", "80=gopher"), ("--listen", "echo, discard, http")),
    ((*LINK, "--listen", "80="), ("--listen", "echo, discard, http")),
    ((*LINK, "--listen", "80=forward:host"), ("--listen", "forward:HOST:PORT")),
    ((*LINK, "--listen", "80=forward::80"), ("--listen", "forward:HOST:PORT")),
    ((*LINK, "--listen", "80=forward:host:0"), ("--listen", "1 to 65535")),
    ((*LINK, "--listen", "80=http", "--listen", "80=echo"), ("--listen", "80=echo", "twice")),
    ((*LINK, "--listen", "80=http", "81=echo"), ("81=echo",)),
    ((*LINK, "--listen"), ("--listen",)),
    ((*LINK, *WORK, "--connect", "10.0.0.1:80"), ("--listen", "--connect", "not both")),
    ((*LINK, "--connect", "10.0.0.1:80", "--backlog", "5"), ("--backlog", "--listen")),
    ((*LINK, "--connect", "10.0.0.1:80", "--sessions", "5"), ("--sessions", "--listen")),
    (("--fd", "0", "--address", "10.0.0.2/24", "--connect", "10.0.0.1:80"), ("--fd 0",)),
    ((*LINK, "--connect", "10.0.0.1"), ("--connect", "10.0.0.1:80")),
    ((*LINK, "--connect", "10.0.0.1:0"), ("--connect", "1 to 65535")),
    ((*LINK, "--connect", "host:80"), ("--connect", "IPv4")),
    ((*LINK, "--connect", "10.0.0.2:80"), ("--connect", "another host")),
    ((*LINK, "--connect", "10.0.0.255:80"), ("--connect", "another host")),
    ((*LINK, *WORK, "--gateway", "10.0.1.1"), ("--gateway", "10.0.0.2/24")),
    ((*LINK, *WORK, "--gateway", "10.0.0.2"), ("--gateway", "other host")),
    ((*LINK, *WORK, "--gateway", "x"), ("--gateway", "IPv4")),
    ((*LINK, *WORK, "--mac", "02:00:00:00:00"), ("--mac", "02:00:00:00:00:01")),
    ((*LINK, *WORK, "--mac", "02:00:00:00:00:0g"), ("--mac", "02:00:00:00:00:01")),
    ((*LINK, *WORK, "--mac", "+2:00:00:00:00:01"), ("--mac", "02:00:00:00:00:01")),
    ((*LINK, *WORK, "--mac", " 2:00:00:00:00:01"), ("--mac", "02:00:00:00:00:01")),
    ((*LINK, *WORK, "--mac", "-2:00:00:00:00:01"), ("--mac", "02:00:00:00:00:01")),
    ((*LINK, *WORK, "--mac", "0x:00:00:00:00:01"), ("--mac", "02:00:00:00:00:01")),
    ((*LINK, *WORK, "--mac", "02-00-00-00-00-01"), ("--mac", "02:00:00:00:00:01")),
    ((*LINK, *WORK, "--mac", "01:00:00:00:00:01"), ("--mac", "station")),
    ((*LINK, *WORK, "--mac", "00:00:00:00:00:00"), ("--mac", "station")),
    ((*LINK, *WORK, "--mtu", "127"), ("--mtu", "128 to 65535")),
    ((*LINK, *WORK, "--mtu", "65536"), ("--mtu", "128 to 65535")),
    ((*LINK, *WORK, "--mtu", "1500x"), ("--mtu", "128 to 65535")),
    ((*LINK, *WORK, "--backlog", "-1"), ("--backlog", "0 to 65535")),
    ((*LINK, *WORK, "--backlog", "99999999999999999999"), ("--backlog", "0 to 65535")),
    ((*LINK, *WORK, "--backlog", "many"), ("--backlog", "0 to 65535")),
    ((*LINK, *WORK, "--backlog", "1", "--backlog", "2"), ("--backlog",)),
    ((*LINK, *WORK, "--sessions", "0"), ("--sessions", "1 to 1048576")),
    ((*LINK, *WORK, "--connections", "0"), ("--connections", "1 to 1048576")),
    ((*LINK, *WORK, "--profile", "bsd"), ("--profile", "default, linux or strict")),
    ((*LINK, *WORK, "--framing", "ip"), ("--framing", "--fd")),
    (("--fd", "x", "--address", "10.0.0.2/24", *WORK), ("--fd",)),
    (("--fd", "-1", "--address", "10.0.0.2/24", *WORK), ("--fd", "0 to")),
    (("--fd", "999", "--address", "10.0.0.2/24", *WORK), ("--fd", "999", "not open")),
    (("--fd", "0", "--address", "10.0.0.2/24", *WORK), ("--fd", "0", "SOCK_DGRAM")),
    (("--fd", "3", "--framing", "x", "--address", "10.0.0.2/24", *WORK), ("--framing", "ethernet")),
    *(((*LINK, *WORK, option, ""), (option, "empty")) for option in (
        "--mac", "--mtu", "--gateway", "--framing", "--connect", "--sessions", "--pcap")),
    ((*LINK, *WORK, "--syncookies"), ("--syncookies", "no such option")),
    ((*LINK, *WORK, "--back", "1"), ("--back", "no such option")),
    ((*LINK, *WORK, "-x"), ("-x", "no such option")),
    ((*LINK, *WORK, "extra"), ("extra", "no such option")),
]


def handfastd(*arguments, **options):
    return subprocess.run([lab.HANDFASTD, *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=lab.TIMEOUT, **options)


class UsageTest(unittest.TestCase):
    def test_each_mistake_is_named_in_one_sentence(self):
        devices = os.listdir("/sys/class/net")
        for arguments, words in MISTAKES:
            with self.subTest(arguments=arguments):
                done = handfastd(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, r"\Ahandfastd: [^\n]+\n\Z")
                for word in words:
                    self.assertIn(word, done.stderr)
        self.assertEqual(os.listdir("/sys/class/net"), devices, "nothing was created")

    def over_a_socket(self, *arguments, kind=socket.SOCK_DGRAM):
        here, there = socket.socketpair(socket.AF_UNIX, kind)
        with here, there:
            return handfastd("--fd", str(here.fileno()), "--address", "10.0.0.2/24", *arguments,
                             pass_fds=(here.fileno(),))

    def test_what_the_link_cannot_have_is_named(self):
        for arguments, word in (
                (("--framing", "ip", "--mac", "02:00:00:00:00:01", *WORK), "--mac"),
                (("--framing", "ip", "--gateway", "10.0.0.1", *WORK), "--gateway"),
                (("--connect", "10.9.9.9:80"), "--gateway"),
                (("--pcap", "/nowhere/file", *WORK), "--pcap /nowhere/file"),
                (("--pcap", "/", *WORK), "--pcap /")):
            with self.subTest(arguments=arguments):
                done = self.over_a_socket(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertIn(word, done.stderr)

    def test_a_stream_is_no_link(self):
        done = self.over_a_socket(*WORK, kind=socket.SOCK_STREAM)
        self.assertEqual(done.returncode, 2)
        self.assertIn("SOCK_SEQPACKET", done.stderr)

    def test_a_name_that_does_not_resolve_is_told(self):
        done = self.over_a_socket("--listen", "80=forward:no-such-host.invalid:80")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no-such-host.invalid", done.stderr)

    def test_a_link_that_is_gone_ends_it(self):
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        there.close()
        with here:
            done = handfastd("--fd", str(here.fileno()), "--address", "10.0.0.2/24", *WORK,
                             pass_fds=(here.fileno(),))
        self.assertEqual(done.returncode, 1)
        self.assertIn("is gone (ECONNRESET)", done.stderr)

    def test_without_a_descriptor_for_signals_it_does_not_begin(self):
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with here, there:
            done = subprocess.run(
                [lab.HANDFASTD, "--fd", "0", "--address", "10.0.0.2/24", *WORK,
                 "--pcap", "/dev/null"],  # takes the last
                stdin=here, capture_output=True, text=True, timeout=lab.TIMEOUT,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4)))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Ahandfastd: [^\n]*signals[^\n]*\n\Z")

    def test_closed_standard_descriptors_are_no_trap(self):
        # The link would become standard input or output otherwise, and be written to.
        done = subprocess.run(["/bin/sh", "-c", '"$0" "$@" <&- >&-', lab.HANDFASTD, "--fd", "1",
                               "--address", "10.0.0.2/24", *WORK],
                              stderr=subprocess.PIPE, text=True, timeout=lab.TIMEOUT)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--fd", done.stderr)

    @unittest.skipIf(os.geteuid() != 0, "only root can drop its rights")
    def test_without_rights_it_says_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            program = os.path.join(folder, "handfastd")
            lab.shutil.copy(lab.HANDFASTD, program)
            done = subprocess.run([program, *LINK, *WORK], capture_output=True, text=True,
                                  user=65534, group=65534, timeout=lab.TIMEOUT)
        self.assertEqual(done.returncode, 1)
        for word in ("root", "ip tuntap add dev handfast-none mode tap", "--fd"):
            self.assertIn(word, done.stderr)

    def test_help_and_version(self):
        for option, word in (("--help", "--address"), ("--version", "handfastd 0.")):
            done = handfastd(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(word, done.stdout)
        for option in ("--tap", "--tun", "--fd", "--framing", "--address", "--gateway", "--mac",
                       "--mtu", "--listen", "--connect", "--backlog", "--profile", "--pcap",
                       "--ladder", "--quiet", "forward:HOST:PORT", "kernel"):
            self.assertIn(option, handfastd("--help").stdout)

    def test_help_that_cannot_be_written_is_no_success(self):
        for option in ("--help", "--version"):
            with self.subTest(option=option), open("/dev/full", "w") as full:
                done = subprocess.run([lab.HANDFASTD, option], stdout=full, text=True,
                                      stderr=subprocess.PIPE, timeout=lab.TIMEOUT)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr, "handfastd: standard output cannot be written\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
