"""Clients of the kernel at the daemon's services."""
import concurrent.futures
import random
import signal
import socket
import threading
import unittest

import lab

TEN_MEGABYTES = 10_000_000


class TransferTest(lab.LiveTest):
    def test_curl_downloads_ten_megabytes(self):
        self.start_on_tap("--listen", "80=http")
        got = lab.subprocess.run(
            ["curl", "--silent", "--fail", f"http://{lab.HERE}/bytes/{TEN_MEGABYTES}"],
            capture_output=True, timeout=lab.TIMEOUT, check=True).stdout
        self.assertEqual(len(got), TEN_MEGABYTES)
        self.assertEqual(lab.digest(got), lab.digest(lab.numbered_lines(TEN_MEGABYTES)))

    def test_ten_megabytes_there_and_back(self):
        daemon = self.start_on_tap("--listen", "7=echo")
        peer = self.connect(7)
        sent = random.Random(1).randbytes(TEN_MEGABYTES)

        def send():
            peer.sendall(sent)
            peer.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        got = lab.receive_all(peer)
        sender.join(lab.TIMEOUT)
        self.assertEqual(lab.digest(got), lab.digest(sent))
        self.assertEqual(daemon.stop(), 0)
        summary = daemon.summary()
        self.assertEqual(summary["octets received"], TEN_MEGABYTES)
        self.assertEqual(summary["octets sent"], TEN_MEGABYTES)

    def test_discard_reads_and_says_nothing(self):
        daemon = self.start_on_tap("--listen", "9=discard")
        peer = self.connect(9)
        peer.sendall(bytes(1_000_000))
        peer.shutdown(socket.SHUT_WR)
        self.assertEqual(lab.receive_all(peer), b"")
        daemon.stop()
        self.assertEqual(daemon.summary()["octets received"], 1_000_000)

    def test_a_thousand_connections_one_after_another(self):
        daemon = self.start_on_tap("--listen", "7=echo")
        for number in range(1000):
            with socket.create_connection((lab.HERE, 7), lab.TIMEOUT) as peer:
                text = b"%d" % number
                peer.sendall(text)
                peer.shutdown(socket.SHUT_WR)
                self.assertEqual(lab.receive_all(peer), text)
        daemon.stop()
        self.assertEqual(daemon.summary()["connections accepted"], 1000)
        self.assertNotIn("Tcp.OutRsts", daemon.summary())

    def test_two_hundred_connections_at_once(self):
        daemon = self.start_on_tap("--listen", "7=echo", "--listen", "80=http", "--backlog",
                                   "256")
        lab.metrics()  # the kernel learns the way: what waits for ARP it does not keep
        daemon.process.send_signal(signal.SIGSTOP)
        peers = [self.attempt(7) for _ in range(200)]
        self.assertEqual(len(lab.run("ss", "-Hnt", "state", "syn-sent").stdout.splitlines()), 200,
                         "all are on their way")
        daemon.process.send_signal(signal.SIGCONT)
        for peer in peers:
            peer.settimeout(lab.TIMEOUT)
        lab.wait_until(lambda: 'listener_sessions{local="%s:7"} 200' % lab.HERE
                       in lab.get("/metrics").decode(), "200 sessions")
        text = random.Random(2).randbytes(50_000)

        def echo(peer):
            peer.sendall(text)
            peer.shutdown(socket.SHUT_WR)
            return lab.receive_all(peer)

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(echo, peers))
        self.assertEqual(set(map(lab.digest, answers)), {lab.digest(text)})

    def test_a_client_that_does_not_read_is_not_read_from(self):
        self.start_on_tap("--listen", "7=echo", "--listen", "80=http")
        peer = self.connect(7)
        sent = lab.fill(peer)
        used = lab.metrics()['handfast_pool_used{pool="chunks"}']
        self.assertLess(used * 2048, 1_000_000)
        peer.shutdown(socket.SHUT_WR)
        self.assertEqual(len(lab.receive_all(peer)), sent)


class HttpTest(lab.LiveTest):
    def setUp(self):
        super().setUp()
        self.start_on_tap("--listen", "80=http", "--listen", "7=echo")

    def ask(self, request):
        peer = self.connect(80)
        peer.sendall(request)
        head, _, body = lab.receive_all(peer).partition(b"\r\n\r\n")
        return head.split(b"\r\n")[0].decode(), head.decode(), body

    def test_the_page_tells_of_both_queues_of_each_listener(self):
        page = lab.get("/").decode()
        for word in ("SYN queue", "accept queue", f"{lab.HERE}:7", "echo", "0 of 129",
                     "ESTABLISHED", "Tcp.PassiveOpens", "chunks"):
            self.assertIn(word, page)

    def test_metrics_are_well_formed_and_counted(self):
        text = lab.get("/metrics").decode()
        helped, typed = set(), set()
        for line in text.splitlines():
            if line.startswith("# HELP "):
                helped.add(line.split()[2])
            elif line.startswith("# TYPE "):
                self.assertIn(line.split()[3], ("counter", "gauge"))
                typed.add(line.split()[2])
            else:
                self.assertRegex(line, r'^handfast_\w+(\{\w+="[^"]*"\})? \d+(\.\d+)?$')
                self.assertIn(lab.re.match(r"\w+", line)[0], helped & typed)
        self.assertEqual(helped, typed)
        figures = lab.metrics()
        self.assertEqual(figures["handfast_Tcp_PassiveOpens"], 2)
        drops = sum(figures[f'handfast_drops{{reason="{name}"}}']
                    for name in ("IpVersion", "NoSocket", "Flags", "IpProtocol"))
        self.assertEqual(figures["handfast_Ip_InReceives"],
                         figures["handfast_Handfast_Delivered"] + drops)

    def test_head_gives_the_head_of_get(self):
        line, head, body = self.ask(b"HEAD /bytes/1234 HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual((line, body), ("HTTP/1.1 200 OK", b""))
        self.assertIn("Content-Length: 1234", head)
        self.assertIn("Connection: close", head)

    def test_mistakes_have_their_status(self):
        host = b"\r\nHost: x\r\n\r\n"
        for request, status in (
                (b"GET /nowhere HTTP/1.1" + host, "404 Not Found"),
                (b"GET /bytes/x HTTP/1.1" + host, "400 Bad Request"),
                (b"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
                (b"nonsense\r\n\r\n", "400 Bad Request"),
                (b"POST / HTTP/1.1" + host, "405 Method Not Allowed"),
                (b"GET /" + b"a" * 3000 + b" HTTP/1.1" + host, "414 URI Too Long"),
                (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 9000,
                 "431 Request Header Fields Too Large"),
                (b"GET / HTTP/2.0" + host, "505 HTTP Version Not Supported")):
            with self.subTest(status=status):
                self.assertEqual(self.ask(request)[0], "HTTP/1.1 " + status)


if __name__ == "__main__":
    lab.main()
