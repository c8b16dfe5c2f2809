"""What the kernel sees of us, over each kind of link."""
import array
import fcntl
import itertools
import os
import re
import socket
import struct
import unittest

import lab


def open_device(name, flags):
    """A descriptor of a device, as a daemon's parent would open it."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", name.encode(), flags))  # TUNSETIFF
    return fd


TAP, TUN, NO_PI, VNET_HDR = 2, 1, 0x1000, 0x4000


def echo_request(number, size=56):
    def checksum(data):
        words = array.array("H", data)
        total = sum(words)
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return ~total & 0xFFFF

    data = bytes(range(256))[:size]
    head = struct.pack("!BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, number)
    return struct.pack("!BB", 8, 0) + struct.pack("H", checksum(head + data)) + head[4:] + data


def echo(peer, text):
    """Says it, and hears it again."""
    peer.sendall(text)
    heard = 0
    while heard < len(text):
        heard += len(peer.recv(1 << 16))


def words_of(line):
    """{"ts": "", "mss": "1448", ...} of a connection's line."""
    words = (word.partition(":") for word in line.split())
    return {name: value for name, _, value in words}


def of_ss():
    """The connections to port 7 that the kernel shows, by its port: {port: words}."""
    lines = lab.run("ss", "-HtinoO", "state", "established", "dst", f"{lab.HERE}:7").stdout
    return {int(re.search(rf"{lab.KERNEL}:(\d+)", line)[1]): words_of(line)
            for line in lines.splitlines()}


def of_page():
    """The same as handfastd shows them."""
    lines = [line for line in lab.get("/connections").decode().splitlines()
             if f"{lab.HERE}:7 " in line and line.startswith("ESTABLISHED ")]
    return {int(re.search(rf"{lab.KERNEL}:(\d+)", line)[1]): words_of(line) for line in lines}


class LinkTest(lab.LiveTest):
    def ping(self, count=3):
        """How many answers came, word for word."""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
            raw.settimeout(lab.TIMEOUT)
            answered = 0
            for number in range(count):
                request = echo_request(number)
                raw.sendto(request, (lab.HERE, 0))
                answer = raw.recv(2000)[20:]
                answered += answer[0] == 0 and answer[4:] == request[4:]
            return answered

    def speaks(self):
        self.assertEqual(self.ping(), 3)
        peer = self.connect(7)
        peer.sendall(b"hello")
        self.assertEqual(peer.recv(100), b"hello")
        return peer

    def test_a_tap_answers_ping_and_tcp(self):
        daemon = self.start_on_tap("--listen", "7=echo")
        self.assertRegex(daemon.output(),
                         rf"\Aready: {lab.HERE}/{lab.PREFIX} on tap0, mtu 1500, 7=echo\n\Z")
        self.speaks()
        daemon.stop()
        self.assertEqual(daemon.summary()["Icmp.OutEchoReps"], 3)

    def test_a_tun_needs_no_arp(self):
        daemon = self.start("--tun", self.device("tun"), "--address",
                            f"{lab.HERE}/{lab.PREFIX}", "--listen", "7=echo")
        self.speaks()
        daemon.stop()
        self.assertNotIn("Arp.Replies", daemon.summary())

    def test_an_inherited_descriptor_of_either_kind(self):
        for kind, flags in (("tap", TAP | NO_PI), ("tun", TUN | NO_PI)):
            with self.subTest(kind=kind):
                self.doCleanups()
                self.setUp()
                fd = open_device(self.device(kind), flags)
                daemon = self.start("--fd", str(fd), "--address", f"{lab.HERE}/{lab.PREFIX}",
                                    "--listen", "7=echo", fds=(fd,))
                os.close(fd)
                self.speaks()
                self.assertEqual(daemon.stop(), 0)

    def test_a_descriptor_with_a_header_before_each_frame_is_refused(self):
        fd = open_device(self.device(), TAP | NO_PI | VNET_HDR)
        self.addCleanup(os.close, fd)
        daemon = self.start("--fd", str(fd), "--address", f"{lab.HERE}/{lab.PREFIX}",
                            "--listen", "7=echo", fds=(fd,), ready=False)
        self.assertEqual(daemon.wait(), 2)
        self.assertIn("--fd", daemon.errors())
        self.assertIn("IFF_VNET_HDR", daemon.errors())

    def test_the_devices_mtu_is_ours(self):
        self.device(mtu=900)
        self.start_on_tap("--listen", "7=echo", "--listen", "80=http")
        self.connect(7)
        self.assertIn("mss:848 ", lab.get("/connections").decode())  # less 20, 20 and 12

    def set_sysctl(self, name, value):
        with open(f"/proc/sys/net/ipv4/{name}", "w") as setting:
            setting.write(str(value))

    # ss and we see the same connections from their two sides, each with options of its own.
    def test_ss_agrees_on_each_connection(self):
        self.start_on_tap("--listen", "7=echo", "--listen", "80=http")
        settings = itertools.product((0, 1), (0, 1), (0, 1), (None, 700))
        for stamps, sack, scale, mss in settings:
            self.set_sysctl("tcp_timestamps", stamps)
            self.set_sysctl("tcp_sack", sack)
            self.set_sysctl("tcp_window_scaling", scale)
            peer = socket.socket()
            self.addCleanup(peer.close)
            if mss:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
            peer.connect((lab.HERE, 7))
            echo(peer, bytes(100))
        theirs = of_ss()
        ours = of_page()
        self.assertEqual(len(theirs), 16)
        self.assertEqual(set(theirs), set(ours))
        kinds = set()
        for port, their in theirs.items():
            our = ours[port]
            for word in ("ts", "sack", "mss"):
                self.assertEqual(our.get(word), their.get(word), (word, our, their))
            scales = their.get("wscale")
            self.assertEqual(our.get("wscale"), scales and ",".join(scales.split(",")[::-1]),
                             "ours is their other side")
            self.assertEqual(our["rcv_wnd"], their["snd_wnd"])
            kinds.add((their.get("ts"), their.get("sack"), scales, their["mss"]))
        self.assertEqual(len(kinds), 16, "each has other options")

    # The page that tells is fetched over one more connection.
    def test_ss_agrees_on_how_many_there_are(self):
        self.start_on_tap("--listen", "7=echo", "--listen", "80=http")
        peers = []
        for number in (0, 1, 5, 20):
            while len(peers) < number:
                peers.append(self.connect(7))
            figures = lab.metrics()
            self.assertEqual(len(of_ss()), number)
            self.assertEqual(figures['handfast_flows{state="ESTABLISHED"}'], number + 1)
            self.assertEqual(figures["handfast_Tcp_CurrEstab"], number + 1)
        for number in (20, 19, 7):
            while len(peers) > number:
                lab.reset(peers.pop())
            figures = lab.metrics()
            self.assertEqual(len(of_ss()), number)
            self.assertEqual(figures['handfast_flows{state="ESTABLISHED"}'], number + 1)
            self.assertEqual(figures["handfast_Tcp_CurrEstab"], number + 1)

    # Nobody else is there, and between us nothing is lost: each segment that one side has
    # sent, even if again, the other has received.
    def test_ss_agrees_on_segments_and_octets(self):
        daemon = self.start_on_tap("--listen", "7=echo")
        peers = [self.connect(7) for _ in range(5)]
        for number, peer in enumerate(peers):
            for size in (1, 100, 20_000):
                echo(peer, bytes(size * number))

        def sums():
            return {name: sum(int(line.get(name, 0)) for line in of_ss().values())
                    for name in ("segs_out", "segs_in", "bytes_sent", "bytes_acked",
                                 "bytes_received", "bytes_retrans")}

        theirs = {}

        def is_quiet():
            before = theirs.copy()
            theirs.update(sums())
            lab.time.sleep(0.2)  # longer than an ACK is delayed
            return before == theirs

        lab.wait_until(is_quiet, "no segment any more")
        daemon.stop()
        ours = daemon.summary()
        self.assertEqual(ours["Tcp.OutRsts"], len(peers), "one each, when the daemon went")
        self.assertEqual(ours["Tcp.InSegs"], theirs["segs_out"])
        self.assertEqual(ours["Tcp.OutSegs"] + ours.get("Tcp.RetransSegs", 0) - len(peers),
                         theirs["segs_in"])
        octets = 20_101 * (0 + 1 + 2 + 3 + 4)
        self.assertEqual(ours["octets received"], octets)
        self.assertEqual(ours["octets sent"], octets)
        self.assertEqual(theirs["bytes_sent"] - theirs["bytes_retrans"], octets)
        self.assertEqual(theirs["bytes_acked"], octets + len(peers), "and a SYN each")
        self.assertEqual(theirs["bytes_received"], octets)

    def test_ss_agrees_which_end_has_closed(self):
        self.start_on_tap("--listen", "9=discard", "--listen", "80=http", "--profile", "linux")
        peer = self.connect(9)
        peer.shutdown(socket.SHUT_WR)
        # Discard closes, too; the kernel, which was first, keeps the TIME-WAIT.
        lab.wait_until(lambda: lab.run("ss", "-Hnt", "state", "time-wait", "dport", "= :9").stdout,
                       "TIME-WAIT at the kernel's side")
        self.assertNotIn(f"{lab.HERE}:9", lab.get("/connections").decode())
        self.assertEqual(lab.metrics()['handfast_flows{state="LAST-ACK"}'], 0)

    def test_options_that_the_kernel_does_not_offer_are_not_used(self):
        for name, word in (("tcp_timestamps", " ts"), ("tcp_sack", " sack"),
                           ("tcp_window_scaling", " wscale:")):
            with self.subTest(name=name):
                self.doCleanups()
                self.setUp()
                self.set_sysctl(name, 0)
                self.start_on_tap("--listen", "7=echo", "--listen", "80=http")
                peer = self.speaks()
                port = peer.getsockname()[1]
                ours = next(line for line in lab.get("/connections").decode().splitlines()
                            if f"{lab.KERNEL}:{port}" in line)
                self.assertNotIn(word, ours)
                self.assertNotIn(word + " ", lab.run("ss", "-Htino", "dport", "= :7").stdout)
                big = lab.numbered_lines(1_000_000)
                self.assertEqual(lab.get("/bytes/1000000"), big)

    def test_ecn_is_agreed_upon_when_the_kernel_asks(self):
        self.set_sysctl("tcp_ecn", 1)
        self.start_on_tap("--listen", "7=echo", "--listen", "80=http")
        self.speaks()
        self.assertIn(" ecn", lab.get("/connections").decode())

    def test_a_device_that_is_deleted_ends_the_daemon(self):
        daemon = self.start_on_tap("--listen", "7=echo")
        lab.run("ip", "link", "del", "tap0")
        self.assertEqual(daemon.wait(), 1)
        self.assertIn("handfastd: tap0 is gone (EBADFD)", daemon.errors())
        self.assertIn("summary", daemon.output())

    def test_a_device_that_is_down_for_a_while_loses_nothing_but_time(self):
        daemon = self.start_on_tap("--listen", "7=echo")
        peer = self.speaks()
        lab.run("ip", "link", "set", "tap0", "down")
        lab.time.sleep(0.3)
        lab.run("ip", "link", "set", "tap0", "up")
        peer.sendall(b"still there?")
        self.assertEqual(peer.recv(100), b"still there?")
        self.assertFalse(daemon.ended())
        with open(f"/proc/{daemon.process.pid}/stat") as stat:
            ticks = sum(map(int, stat.read().split()[13:15]))
        self.assertLess(ticks / os.sysconf("SC_CLK_TCK"), 0.25, "it slept meanwhile")

    def test_an_idle_daemon_sleeps(self):
        daemon = self.start_on_tap("--listen", "7=echo", "--listen", "9=discard")
        self.speaks()
        self.connect(9)

        def wake_ups():
            with open(f"/proc/{daemon.process.pid}/status") as status:
                return int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", status.read())[1])

        lab.time.sleep(0.3)
        before = wake_ups()
        lab.time.sleep(0.5)
        self.assertLess(wake_ups() - before, 20)


if __name__ == "__main__":
    lab.main()
