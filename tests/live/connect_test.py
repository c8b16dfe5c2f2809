"""Connections of ours to the kernel, and what becomes of those that cannot be."""
import os
import signal
import socket
import subprocess
import threading
import unittest

import lab

NEIGHBOUR = "10.77.0.77"  # there is no such host
BEYOND = "10.99.0.1"      # behind the kernel's side, which knows no way
ETH_P_ARP = 0x0806


def unreachables_sent():
    """How often the kernel has said so."""
    with open("/proc/self/net/snmp") as snmp:
        names, values = [line.split() for line in snmp if line.startswith("Icmp:")]
    return int(values[names.index("OutDestUnreachs")])


class ConnectTest(lab.LiveTest):
    def setUp(self):
        super().setUp()
        self.device()

    def connect_to(self, address, port, *arguments, **options):
        return self.start_on_tap("--connect", f"{address}:{port}", *arguments, ready=False,
                                 **options)

    def piped(self, address, port, *arguments):
        daemon = self.connect_to(address, port, *arguments, stdin=subprocess.PIPE)
        self.addCleanup(daemon.process.stdin.close)
        return daemon, daemon.process.stdin

    def test_octets_go_both_ways_and_both_ends_are_waited_for(self):
        listener, port = self.listen()
        daemon, stdin = self.piped(lab.KERNEL, port)
        peer = self.accept(listener)
        stdin.write(b"to you")
        stdin.close()
        self.assertEqual(lab.receive_all(peer), b"to you")
        self.assertFalse(daemon.ended(), "the peer may still speak")
        peer.sendall(b"and to you")
        peer.close()
        self.assertEqual(daemon.wait(), 0)
        self.assertEqual(daemon.output(), "and to you")
        self.assertEqual(daemon.errors(), "")

    def test_the_peer_may_end_first(self):
        listener, port = self.listen()
        daemon, stdin = self.piped(lab.KERNEL, port)
        peer = self.accept(listener)
        peer.sendall(b"first")
        peer.shutdown(socket.SHUT_WR)
        lab.wait_until(lambda: daemon.output() == "first", "the peer's text")
        sent = lab.numbered_lines(1_000_000)
        writer = threading.Thread(target=lambda: (stdin.write(sent), stdin.close()))
        writer.start()
        self.addCleanup(writer.join, lab.TIMEOUT)
        lab.time.sleep(0.2)
        self.assertFalse(daemon.ended(), "what was sent is not acknowledged yet")
        self.assertEqual(lab.receive_all(peer), sent)
        self.assertEqual(daemon.wait(), 0)

    def test_ten_megabytes_each_way(self):
        listener, port = self.listen()
        sent = lab.numbered_lines(10_000_000)
        with lab.tempfile.TemporaryFile() as file:
            file.write(sent)
            file.seek(0)
            daemon = self.connect_to(lab.KERNEL, port, stdin=file)
        peer = self.accept(listener)
        got = lab.receive_all(peer)
        self.assertEqual(lab.digest(got), lab.digest(sent))
        peer.sendall(sent)
        peer.close()
        self.assertEqual(daemon.wait(), 0)
        self.assertEqual(lab.digest(daemon.output().encode()), lab.digest(sent))

    def test_a_port_without_a_listener_refuses(self):
        listener, port = self.listen()
        listener.close()
        daemon = self.connect_to(lab.KERNEL, port)
        self.assertEqual(daemon.wait(), 1)
        self.assertEqual(daemon.errors(),
                         f"handfastd: connect {lab.KERNEL}:{port}: ECONNREFUSED\n")

    def know_no_way(self):
        lab.run("ip", "route", "add", "unreachable", BEYOND)
        with open("/proc/sys/net/ipv4/ip_forward", "w") as forward:
            forward.write("1")

    def is_served(self, listener, daemon, stdin):
        peer = self.accept(listener)
        stdin.write(b"at last")
        stdin.close()
        self.assertEqual(lab.receive_all(peer), b"at last")
        peer.close()
        self.assertEqual((daemon.wait(), daemon.errors()), (0, ""))

    # Of an attempt somebody says that it is in vain: Linux ends it, and so does its profile.
    def test_a_router_that_knows_no_way_is_believed_by_linux(self):
        self.know_no_way()
        daemon = self.connect_to(BEYOND, 80, "--gateway", lab.KERNEL, "--profile", "linux")
        self.assertEqual(daemon.wait(), 1)
        self.assertEqual(daemon.errors(), f"handfastd: connect {BEYOND}:80: EHOSTUNREACH\n")

    def test_a_neighbour_that_does_not_answer_is_unreachable_for_linux(self):
        daemon = self.connect_to(NEIGHBOUR, 80, "--profile", "linux")
        self.assertEqual(daemon.wait(), 1)
        self.assertEqual(daemon.errors(),
                         f"handfastd: connect {NEIGHBOUR}:80: EHOSTUNREACH\n")

    # RFC 1122 §4.2.3.9: it is no more than a hint. The others keep it in mind, and ask again.
    def test_a_router_that_knows_no_way_does_not_end_the_attempt_of_others(self):
        for profile in ("default", "strict"):
            with self.subTest(profile=profile):
                self.doCleanups()
                self.setUp()
                self.know_no_way()
                listener, port = self.listen("")
                daemon, stdin = self.piped(BEYOND, port, "--gateway", lab.KERNEL, "--profile",
                                           profile)
                lab.wait_until(lambda: daemon.ended() or unreachables_sent() >= 2,
                               "two answers of the router")
                self.assertFalse(daemon.ended())
                lab.run("ip", "route", "del", "unreachable", BEYOND)
                lab.run("ip", "addr", "add", f"{BEYOND}/32", "dev", "lo")
                self.is_served(listener, daemon, stdin)

    def test_a_neighbour_may_come_late_for_others(self):
        for profile in ("default", "strict"):
            with self.subTest(profile=profile):
                self.doCleanups()
                self.setUp()
                wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ARP))
                self.addCleanup(wire.close)
                wire.settimeout(lab.TIMEOUT)
                listener, port = self.listen("")
                daemon, stdin = self.piped(NEIGHBOUR, port, "--profile", profile)
                for _ in range(4):  # three for the first SYN, then it was told so
                    wire.recv(100)
                self.assertFalse(daemon.ended())
                lab.run("ip", "addr", "add", f"{NEIGHBOUR}/{lab.PREFIX}", "dev", self.device())
                self.is_served(listener, daemon, stdin)

    def test_a_signal_resets_the_peer(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(how=how):
                self.setUp()
                listener, port = self.listen()
                daemon, _ = self.piped(lab.KERNEL, port)
                peer = self.accept(listener)
                self.assertEqual(daemon.stop(how), 1)
                self.assertTrue(lab.is_reset(peer))
                self.assertIn("interrupted", daemon.errors())

    def test_a_reset_of_the_peer_is_told(self):
        listener, port = self.listen()
        daemon, _ = self.piped(lab.KERNEL, port)
        lab.reset(self.accept(listener))
        self.assertEqual(daemon.wait(), 1)
        self.assertEqual(daemon.errors(),
                         f"handfastd: connection to {lab.KERNEL}:{port}: ECONNRESET\n")

    def test_a_reader_that_is_gone_ends_it(self):
        listener, port = self.listen()
        reader, writer = os.pipe()
        process = subprocess.Popen(
            [lab.HANDFASTD, "--tap", self.device(), "--address", f"{lab.HERE}/{lab.PREFIX}",
             "--connect", f"{lab.KERNEL}:{port}"],
            stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        os.close(writer)
        peer = self.accept(listener)
        os.close(reader)
        peer.sendall(b"nobody reads this")
        process.wait(lab.TIMEOUT)
        errors = process.stderr.read()
        process.stderr.close()
        process.stdin.close()
        self.assertEqual(process.returncode, 1)
        self.assertIn("EPIPE", errors)
        self.assertTrue(lab.is_reset(peer))


if __name__ == "__main__":
    lab.main()
