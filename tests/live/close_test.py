"""Ends of connections, in peace and by RST, through a forwarder with the kernel at both ends."""
import errno
import socket
import unittest

import lab


class ForwardTest(lab.LiveTest):
    def setUp(self):
        super().setUp()
        self.device()
        self.host, port = self.listen("127.0.0.1")
        self.daemon = self.start_on_tap("--listen", f"80=forward:127.0.0.1:{port}",
                                        "--listen", "81=http")

    def pair(self):
        """A peer of the daemon's, and the host that it is forwarded to."""
        peer = self.connect(80)
        return peer, self.accept(self.host)

    def quiet(self):
        """No session and no connection is left, but for the one that asks."""
        lab.wait_until(lambda: lab.metrics(81)['handfast_pool_used{pool="connections"}'] == 1,
                       "all connections are over")

    def test_octets_go_both_ways(self):
        peer, host = self.pair()
        peer.sendall(b"there")
        self.assertEqual(host.recv(100), b"there")
        host.sendall(b"back")
        self.assertEqual(peer.recv(100), b"back")

    def test_the_peer_ends_and_still_reads(self):
        peer, host = self.pair()
        peer.sendall(b"question")
        peer.shutdown(socket.SHUT_WR)
        self.assertEqual(lab.receive_all(host), b"question")
        host.sendall(b"answer")
        host.close()
        self.assertEqual(lab.receive_all(peer), b"answer")
        self.quiet()

    def test_the_host_ends_and_still_reads(self):
        peer, host = self.pair()
        host.sendall(b"greeting")
        host.shutdown(socket.SHUT_WR)
        self.assertEqual(lab.receive_all(peer), b"greeting")
        peer.sendall(b"goodbye")
        peer.close()
        self.assertEqual(lab.receive_all(host), b"goodbye")
        self.quiet()

    def test_a_reset_of_the_peer_reaches_the_host(self):
        peer, host = self.pair()
        lab.reset(peer)
        self.assertTrue(lab.is_reset(host))
        self.quiet()

    def test_a_reset_of_the_host_reaches_the_peer(self):
        peer, host = self.pair()
        lab.reset(host)
        self.assertTrue(lab.is_reset(peer))
        self.quiet()
        self.assertEqual(lab.counter("Tcp.OutRsts", 81), 1)

    def test_a_host_that_refuses_resets_the_peer(self):
        self.host.close()
        with self.assertRaises(ConnectionResetError):  # of connect() already, if it is late
            lab.receive_all(self.connect(80))
        self.quiet()

    def test_a_stalled_host_stalls_the_peer(self):
        peer, host = self.pair()
        sent = lab.fill(peer)
        chunks = lab.metrics(81)['handfast_pool_used{pool="chunks"}']
        self.assertLess(chunks * 2048, 1_000_000, "bounded by the receive buffer")
        peer.close()
        self.assertEqual(len(lab.receive_all(host)), sent)

    def test_a_stalled_peer_stalls_the_host(self):
        peer, host = self.pair()
        sent = lab.fill(host)
        host.close()
        self.assertEqual(len(lab.receive_all(peer)), sent)

    def test_a_stop_resets_all_who_are_connected(self):
        pairs = [self.pair() for _ in range(20)]
        self.assertEqual(self.daemon.stop(), 0)
        for peer, host in pairs:
            self.assertTrue(lab.is_reset(peer))
            self.assertTrue(lab.is_reset(host))


class CloseTest(lab.LiveTest):
    def test_text_for_a_client_that_has_closed_resets(self):
        # The client closes with text unread, which Linux answers with a RST (RFC 2525 §2.17).
        daemon = self.start_on_tap("--listen", "80=http")
        peer = self.connect(80)
        peer.sendall(b"GET /bytes/10000000 HTTP/1.0\r\n\r\n")
        self.assertTrue(peer.recv(1000))
        peer.close()
        lab.wait_until(lambda: lab.metrics()['handfast_pool_used{pool="connections"}'] == 1,
                       "the connection is over")
        daemon.stop()
        self.assertEqual(daemon.summary()["Tcp.EstabResets"], 1)

    def test_a_syn_to_a_closed_port_is_refused(self):
        self.start_on_tap("--listen", "80=http")
        with self.assertRaises(ConnectionRefusedError):
            self.connect(81)
        self.assertEqual(lab.counter("Tcp.OutRsts"), 1)

    def connect_from(self, address):
        """None while the kernel has not forgotten the last connection from there."""
        peer = socket.socket()
        self.addCleanup(peer.close)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        peer.settimeout(lab.TIMEOUT)
        peer.bind(address)
        return None if peer.connect_ex((lab.HERE, 80)) == errno.EADDRNOTAVAIL else peer

    def test_the_port_of_a_time_wait_can_be_used_again(self):
        # R1122-4.2.2.13, RFC 6191: a new SYN on the same pair of ports opens anew.
        daemon = self.start_on_tap("--listen", "80=http")
        address = (lab.KERNEL, 40000)
        for _ in range(3):
            peer = lab.wait_until(lambda: self.connect_from(address), "the port is free")
            peer.sendall(b"GET /bytes/5 HTTP/1.0\r\n\r\n")
            self.assertTrue(lab.receive_all(peer).endswith(b"00000"))
            peer.close()  # second: TIME-WAIT is ours
        daemon.stop()
        self.assertEqual(daemon.summary()["connections accepted"], 3)


if __name__ == "__main__":
    lab.main()
