"""Queues of a listener that fills up, with the kernel as the crowd outside."""
import concurrent.futures
import unittest

import lab

BACKLOG = 2
QUEUE = BACKLOG + 1


def gauge(name, port=7):
    return lab.metrics()['handfast_listener_%s{local="%s:%d"}' % (name, lab.HERE, port)]


class QueueTest(lab.LiveTest):
    def start_with_one_session(self):
        return self.start_on_tap("--listen", "7=echo", "--listen", "80=http", "--backlog",
                                 str(BACKLOG), "--sessions", "1")

    # I-21; the table of a live kernel's answers: both queues hold backlog + 1.
    def test_a_full_accept_queue_answers_with_silence_and_is_emptied_in_order(self):
        daemon = self.start_with_one_session()
        served = self.connect(7)
        served.sendall(b"0")
        self.assertEqual(served.recv(1), b"0")
        waiting = [self.connect(7) for _ in range(QUEUE)]
        self.assertEqual(gauge("accept_queue"), QUEUE)
        self.assertEqual(gauge("queue_limit"), QUEUE)
        self.assertEqual(gauge("sessions"), 1)
        late = self.attempt(7)
        lab.wait_until(lambda: lab.counter("TcpExt.ListenOverflows") >= 1, "an overflow")
        self.assertEqual(gauge("accept_queue"), QUEUE)
        self.assertEqual(gauge("accepted"), 1)
        # Whoever is served leaves, and the next is taken; the late one gets in at last.
        for number, peer in enumerate(waiting):
            served.close()
            served = peer
            served.sendall(b"%d" % number)
            self.assertEqual(served.recv(1), b"%d" % number)
        served.close()
        late.setblocking(True)
        late.settimeout(lab.TIMEOUT)
        late.sendall(b"at last")
        self.assertEqual(late.recv(100), b"at last")
        daemon.stop()
        summary = daemon.summary()
        self.assertEqual(summary["TcpExt.ListenOverflows"], summary["TcpExt.ListenDrops"])
        self.assertGreaterEqual(summary["accept queue full"], 1)

    def test_one_busy_listener_does_not_keep_another_from_serving(self):
        self.start_with_one_session()
        for _ in range(1 + QUEUE):
            self.connect(7)
        for _ in range(5):
            self.assertEqual(lab.get("/bytes/3"), b"000")

    def test_who_gives_up_in_the_accept_queue_leaves_it(self):
        self.start_with_one_session()
        served = self.connect(7)
        waiting = [self.connect(7) for _ in range(QUEUE)]
        lab.reset(waiting[1])
        waiting[0].sendall(b"first")
        waiting[2].sendall(b"third")
        served.close()
        self.assertEqual(waiting[0].recv(100), b"first")
        waiting[0].close()
        self.assertEqual(waiting[2].recv(100), b"third")

    def test_more_connections_than_slots_wait_until_there_are_some(self):
        daemon = self.start_on_tap("--listen", "7=echo", "--connections", "8")
        peers = [self.connect(7) for _ in range(8)]
        late = self.attempt(7)
        peers[0].sendall(b"still here")
        self.assertEqual(peers[0].recv(100), b"still here")
        for peer in peers[:4]:
            peer.close()
        late.setblocking(True)
        late.settimeout(lab.TIMEOUT)
        late.sendall(b"at last")
        self.assertEqual(late.recv(100), b"at last")
        daemon.stop()
        self.assertGreaterEqual(daemon.summary()["pool empty"], 1)

    def test_starved_of_chunks_all_are_served_in_the_end(self):
        # 256 chunks of 2 KiB for 60 downloads that want a send buffer of 128 KiB each.
        self.start_on_tap("--listen", "80=http", "--connections", "64")
        peers = [self.connect(80) for _ in range(60)]

        def download(peer):
            peer.sendall(b"GET /bytes/300000 HTTP/1.0\r\n\r\n")
            return lab.receive_all(peer).partition(b"\r\n\r\n")[2]

        with concurrent.futures.ThreadPoolExecutor(60) as pool:
            bodies = list(pool.map(download, peers))
        self.assertEqual(set(map(lab.digest, bodies)), {lab.digest(lab.numbered_lines(300_000))})


if __name__ == "__main__":
    lab.main()
