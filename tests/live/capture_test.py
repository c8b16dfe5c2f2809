"""What handfastd leaves behind: captures, ladders, a summary."""
import os
import re
import tempfile
import unittest

import lab


def tshark(path, *arguments):
    done = lab.run("tshark", "-n", "-r", path, "-o", "tcp.check_checksum:TRUE",
                   "-o", "ip.check_checksum:TRUE", *arguments)
    return done.stdout.splitlines()


class CaptureTest(lab.LiveTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "live.pcapng")

    def check(self):
        """Nothing malformed, no bad checksum, a comment on every frame. How many frames."""
        self.assertEqual(tshark(self.path, "-Y", "_ws.malformed"), [])
        bad = "ip.checksum.status == 0 or tcp.checksum.status == 0 or icmp.checksum.status == 0"
        self.assertEqual(tshark(self.path, "-Y", bad), [])
        comments = tshark(self.path, "-T", "fields", "-e", "frame.comment")
        self.assertGreater(len(comments), 0)
        self.assertEqual([n for n, comment in enumerate(comments, 1) if not comment], [])
        return comments

    def visit(self):
        self.assertEqual(lab.get("/bytes/100000"), lab.numbered_lines(100_000))
        with self.assertRaises(ConnectionRefusedError):
            self.connect(81)

    def test_tshark_reads_every_frame_of_a_tap(self):
        daemon = self.start_on_tap("--listen", "80=http", "--pcap", self.path)
        self.visit()
        running = self.check()
        self.assertIn("answer with RST", "".join(running), "all is there while the daemon runs")
        daemon.stop()
        comments = self.check()
        for word in ("ARP", "LISTEN -> SYN-RECEIVED", "SYN-RECEIVED -> ESTABLISHED",
                     "answer with RST"):
            self.assertTrue(any(word in comment for comment in comments), word)

    def test_tshark_reads_every_frame_of_a_tun(self):
        daemon = self.start("--tun", self.device("tun"), "--address",
                            f"{lab.HERE}/{lab.PREFIX}", "--listen", "80=http", "--pcap",
                            self.path)
        self.visit()
        daemon.stop()
        self.check()
        self.assertEqual(tshark(self.path, "-Y", "eth"), [])

    def test_stamps_are_of_today(self):
        daemon = self.start_on_tap("--listen", "80=http", "--pcap", self.path)
        before = lab.time.time()
        self.visit()
        after = lab.time.time()
        daemon.stop()
        stamps = tshark(self.path, "-Y", "tcp", "-T", "fields", "-e", "frame.time_epoch")
        self.assertTrue(all(before - 1 < float(stamp) < after + 1 for stamp in stamps))

    def test_tshark_and_the_summary_count_alike(self):
        daemon = self.start_on_tap("--listen", "80=http", "--pcap", self.path)
        self.visit()
        daemon.stop()
        summary = daemon.summary()
        to_us = tshark(self.path, "-Y", f"tcp and ip.dst == {lab.HERE}")
        from_us = tshark(self.path, "-Y", f"tcp and ip.src == {lab.HERE}")
        resets = tshark(self.path, "-Y", f"tcp.flags.reset == 1 and ip.src == {lab.HERE}")
        self.assertEqual(len(to_us), summary["Tcp.InSegs"])
        self.assertEqual(len(from_us), summary["Tcp.OutSegs"])
        self.assertEqual(len(resets), summary["Tcp.OutRsts"])
        self.assertEqual(summary["no connection and no listener"], 1)

    def test_a_disk_that_is_full_ends_the_capture_and_nothing_else(self):
        daemon = self.start_on_tap("--listen", "80=http", "--pcap", "/dev/full")
        self.visit()
        self.visit()
        self.assertEqual(daemon.stop(), 0)
        self.assertRegex(daemon.errors(), r"\Ahandfastd: --pcap /dev/full: .*No space.*\n\Z")


class ReportTest(lab.LiveTest):
    def test_a_ladder_shows_the_handshake_of_a_peer(self):
        daemon = self.start_on_tap("--listen", "80=http", "--ladder")
        lab.get("/bytes/1")
        daemon.stop()
        ladder = daemon.output()
        self.assertRegex(ladder, rf"(?m)^{re.escape(lab.KERNEL)}:\d+ → {re.escape(lab.HERE)}:80,")
        for words in ("── SYN Seq=0", "SYN-ACK Seq=0 Ack=1", "LISTEN → SYN-RECEIVED",
                      "SYN-RECEIVED → ESTABLISHED", "FIN-WAIT-1"):
            self.assertIn(words, ladder)

    def test_a_ladder_of_our_own_connection_goes_to_standard_error(self):
        self.device()
        listener, port = self.listen()
        daemon = self.start_on_tap("--connect", f"{lab.KERNEL}:{port}", "--ladder", ready=False)
        self.accept(listener).close()
        self.assertEqual(daemon.wait(), 0)
        self.assertEqual(daemon.output(), "")
        self.assertIn("SYN-SENT → ESTABLISHED", daemon.errors())

    def test_the_summary_shows_what_is_not_zero(self):
        for how in (lab.signal.SIGTERM, lab.signal.SIGINT):
            with self.subTest(how=how):
                self.doCleanups()
                self.setUp()
                daemon = self.start_on_tap("--listen", "80=http")
                lab.get("/bytes/1000")
                self.assertEqual(daemon.stop(how), 0)
                summary = daemon.summary()
                self.assertEqual(summary["connections accepted"], 1)
                self.assertEqual(summary["connections opened"], 0)
                self.assertGreater(summary["octets sent"], 1000)
                self.assertEqual(summary["Tcp.PassiveOpens"], 1)
                self.assertNotIn("Tcp.AttemptFails", summary)
                self.assertEqual(daemon.output().count("ready"), 1)
                self.assertEqual(daemon.errors(), "")

    def test_quiet_says_nothing(self):
        daemon = self.start_on_tap("--listen", "80=http", "--quiet", ready=False)
        lab.wait_until(lambda: self.reached(), "an answer")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(daemon.output() + daemon.errors(), "")

    def reached(self):
        try:
            return lab.get("/bytes/1")
        except OSError:
            return None

    def test_systemd_is_told(self):
        with tempfile.TemporaryDirectory() as folder, \
                lab.socket.socket(lab.socket.AF_UNIX, lab.socket.SOCK_DGRAM) as notify:
            path = os.path.join(folder, "notify")
            notify.bind(path)
            notify.settimeout(lab.TIMEOUT)
            os.environ["NOTIFY_SOCKET"] = path
            self.addCleanup(os.environ.pop, "NOTIFY_SOCKET")
            daemon = self.start_on_tap("--listen", "80=http")
            self.assertEqual(notify.recv(100), b"READY=1")
            daemon.stop()
            self.assertEqual(notify.recv(100), b"STOPPING=1")


if __name__ == "__main__":
    lab.main()
