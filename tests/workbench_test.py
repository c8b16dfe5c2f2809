"""The command line of the workbench. workbench_test.py PROGRAM"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
SHORT = ("--seconds", "5")


def run(*arguments, **options):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False,
                          **options)


def simulate(*arguments, **options):
    return run("simulate", *SHORT, *arguments, **options)


class Usage(unittest.TestCase):
    def test_wrong_usage_is_told_in_one_line_and_ends_with_2(self):
        for arguments in ([], ["no-such-thing"], ["--no-such-option"],
                          ["simulate", "--no-such-option"], ["simulate", "extra"],
                          ["simulate", "--loss"], ["simulate", "--loss", "101"],
                          ["simulate", "--loss", "-1"], ["simulate", "--loss", "much"],
                          ["simulate", "--loss", "nan"], ["simulate", "--delay", "nan"],
                          ["simulate", "--seconds", "nan"], ["simulate", "--hours", "nan"],
                          ["simulate", "--loss", "inf"], ["simulate", "--delay", "inf"],
                          ["simulate", "--seconds", "inf"], ["simulate", "--hours", "inf"],
                          ["simulate", "--seed", "-1"], ["simulate", "--seed", "one"],
                          ["simulate", "--seed", "18446744073709551616"],
                          ["simulate", "--seconds", "1", "--hours", "1"],
                          ["simulate", "--seconds", "0"], ["simulate", "--pcap"],
                          ["simulate", "--pcap", ""], ["simulate", "--ladder", "--no-ladder"],
                          ["explore", "--depth", "41"], ["explore", "--setup", "none"],
                          ["simulate", "--seed", ""], ["simulate", "--seed", "010"],
                          ["simulate", "--seed", "+5"], ["explore", "--depth", "010"],
                          ["repro", "--whole"], ["repro", "x", "--pcap", ""],
                          ["repro", "x", "--name", "a b"], ["repro", "x", "--name", ""],
                          ["reach", "/no/such/folder"], ["reach", "/", "--html", ""]):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stdout, "")
                command = " ".join(["handfast", *arguments[:1]]) if len(arguments) > 1 \
                    else "handfast"
                self.assertRegex(done.stderr,
                                 rf"\Ahandfast: .+\nsee '{command} --help'\n\Z")

    def test_what_is_unknown_is_named(self):
        self.assertIn("no-such-thing", run("no-such-thing").stderr)
        self.assertIn("--no-such-option", run("simulate", "--no-such-option").stderr)

    def test_help_is_no_error(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("simulate", done.stdout)
        done = run("simulate", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--seed", "--loss", "--duplicate", "--reorder", "--corrupt", "--delay",
                       "--seconds", "--hours", "--pcap", "--ladder", "--json", "rounded"):
            self.assertIn(option, done.stdout)

    def test_the_version_is_told(self):
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\Ahandfast \d+\.\d+\.\d+\n\Z")

    def test_percentages_are_rounded_as_the_help_says(self):
        for given, used in (("2.54", "2.5"), ("2.56", "2.6"), ("0.04", None)):
            repeat = json.loads(simulate("--json", "--loss", given).stdout)["repeat"]
            if used is None:
                self.assertNotIn("--loss", repeat)
            else:
                self.assertIn(f"--loss {used} ", repeat)


class Simulate(unittest.TestCase):
    def test_a_perfect_wire_is_well_and_a_pipe_sees_no_progress(self):
        done = simulate()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.endswith("All is well.\n"))

    def test_the_same_options_give_the_same_output_and_another_seed_another(self):
        options = ("--loss", "10", "--reorder", "10", "--corrupt", "2")
        first = simulate("--seed", "7", *options)
        self.assertEqual(first.returncode, 0)
        self.assertEqual(first.stdout, simulate("--seed", "7", *options).stdout)
        self.assertNotEqual(first.stdout, simulate("--seed", "8", *options).stdout)

    def test_the_handshake_is_shown_in_both_directions(self):
        shown = simulate().stdout
        for state, times in (("SYN-SENT", 2), ("LISTEN → SYN-RECEIVED", 2),
                             ("→ ESTABLISHED", 4), ("→ FIN-WAIT-1", 2), ("→ CLOSE-WAIT", 2),
                             ("→ LAST-ACK", 2), ("→ TIME-WAIT", 2), ("→ CLOSED", 2)):
            self.assertEqual(shown.count(state + "\n") + shown.count(state + " │"), times, state)
        self.assertNotIn("│", simulate("--no-ladder").stdout)
        plain = simulate("--ascii").stdout
        self.assertTrue(plain.isascii())
        self.assertIn("LISTEN -> SYN-RECEIVED", plain)

    def test_a_wire_that_takes_nothing_lets_visits_fail_but_is_not_wrong(self):
        done = simulate("--loss", "100")
        self.assertEqual(done.returncode, 0)
        self.assertIn("fails: E", done.stdout)

    def test_a_wire_too_long_for_arp_lets_visits_fail_but_is_not_wrong(self):
        done = simulate("--delay", "5000")
        self.assertEqual(done.returncode, 0)
        self.assertIn("fails: EHOSTUNREACH", done.stdout)

    def test_json_is_json_and_says_the_same(self):
        done = simulate("--json", "--ladder", "--loss", "5", "--seed", "3")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        checked = subprocess.run([sys.executable, "-m", "json.tool"], input=done.stdout,
                                 capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        said = json.loads(done.stdout)
        self.assertEqual(said["seed"], 3)
        self.assertEqual(said["wrong"], "")
        self.assertEqual(len(said["visits"]), 2)
        self.assertIn("SYN-ACK", said["visits"][0]["ladder"])
        text = simulate("--loss", "5", "--seed", "3").stdout
        self.assertIn(said["visits"][0]["ladder"], text)
        self.assertIn(f"{said['talk']['octets']} octets heard", text)
        self.assertIn(f"{said['audits']} audits.", text)
        for host in said["hosts"]:
            self.assertTrue(all(pool["used"] == 0 for pool in host["pools"].values()))
        self.assertNotIn("ladder", json.loads(simulate("--json").stdout)["visits"][0])

    def test_the_command_that_is_given_to_repeat_it_repeats_it(self):
        done = simulate("--json", "--loss", "2.5", "--delay", "3.7", "--seed", "11")
        command = json.loads(done.stdout)["repeat"].split()
        self.assertEqual(command[0], "handfast")
        self.assertEqual(run(*command[1:], "--json").stdout, done.stdout)

    def test_hours_are_hours(self):
        self.assertEqual(run("simulate", "--hours", "0.01").stdout,
                         run("simulate", "--seconds", "36").stdout)


class Zoo(unittest.TestCase):
    def test_the_zoo_is_listed_in_words_and_for_machines(self):
        done = run("zoo", "--list")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("backlog-off-by-one (sock)\n", done.stdout)
        bugs = json.loads(run("zoo", "--list", "--json", "ghost-ack").stdout)
        self.assertEqual([bug["bug"] for bug in bugs], ["ghost-ack"])
        self.assertIn("CVE-2023-52881", bugs[0]["see"])

    def test_a_bug_that_is_not_there_is_wrong_usage(self):
        done = run("zoo", "no-such-bug")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("no-such-bug", done.stderr)


class Capture(unittest.TestCase):
    def test_a_capture_is_written_and_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.pcapng")
            done = simulate("--pcap", path)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout, simulate().stdout)
            with open(path, "rb") as capture:
                self.assertEqual(capture.read(4), b"\x0a\x0d\x0d\x0a")
            self.assertGreater(os.path.getsize(path), 100_000)

    def test_a_file_that_cannot_be_is_wrong_usage(self):
        done = simulate("--pcap", "/no/such/folder/x.pcapng")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr, "handfast: --pcap /no/such/folder/x.pcapng: the file cannot "
                                      "be written: No such file or directory\n")

    def test_a_capture_that_breaks_off_is_told_once_and_ends_with_1(self):
        done = simulate("--pcap", "/dev/full")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr,
                         "handfast: --pcap /dev/full: No space left on device\n")
        self.assertIn("All is well.", done.stdout)

    def test_a_full_disk_for_the_output_is_no_success(self):
        for arguments in (("simulate", *SHORT), ("--help",), ("--version",),
                          ("simulate", "--help")):
            with self.subTest(arguments=arguments), \
                    open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([PROGRAM, *arguments], stdout=full,
                                      stderr=subprocess.PIPE, text=True, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr, "handfast: standard output cannot be written\n")


HANDSHAKE = """+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, 80)
+0 listen(3, 1)
+0 < B:40001 > 80  S 1000(0) win 65535 <mss 1460>
+0 < B:40001 > 80  . rcv_nxt(0) ack snd_nxt win 65535
"""


class Finds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def test_an_input_is_a_story_a_ladder_and_a_capture(self):
        capture = self.path("x.pcapng")
        done = run("repro", self.path("x", HANDSHAKE), "--pcap", capture)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.startswith("nothing is wrong with these 5 ops, by all "
                                               "invariants and the model\n"))
        self.assertIn("    // > B:40001  S. 0 ack 1 win ", done.stdout)
        self.assertIn("SYN-RECEIVED → ESTABLISHED", done.stdout)
        self.assertGreater(os.path.getsize(capture), 400)

    def test_what_is_no_input_is_told(self):
        for path, words in ((self.path("none"), "o such file"), ("/dev/zero", "regular file"),
                            (self.folder, "regular file"),
                            (self.path("long", "#" * 2**20 + "\n"), "longer than 1 MiB"),
                            (self.path("empty", ""), "it is empty"),
                            (self.path("bad", HANDSHAKE + "+0 soket()\n"), "line 6")):
            done = run("repro", path)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(path, done.stderr)
            self.assertIn(words, done.stderr)

    def test_a_capture_that_cannot_be_is_wrong_usage(self):
        done = run("repro", self.path("x", HANDSHAKE), "--pcap", "/no/such/folder/x.pcapng")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--pcap /no/such/folder/x.pcapng: ", done.stderr)

    def test_reach_wants_inputs_and_tells_machines(self):
        done = run("reach", self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("no input", done.stderr)
        self.path("x", HANDSHAKE)
        told = json.loads(run("reach", self.folder, "--json").stdout)
        self.assertEqual(told["inputs"], 1)
        self.assertIn({"state": "LISTEN", "comes": "SYN", "times": 1, "expected": True,
                       "verdict": "queue a request, answer with SYN-ACK"}, told["cells"])
        os.mkdir(self.path("folder"))
        done = run("reach", self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("regular file", done.stderr)

    def test_what_was_not_reached_is_named(self):
        self.path("x", HANDSHAKE)
        page = self.path("page.html")
        done = run("reach", self.folder, "--html", page)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn("LISTEN, SYN:            drop 0; queue a request, answer with SYN-ACK 1\n",
                      done.stdout)
        self.assertIn("\nnot reached: TIME-WAIT, SYN: a new connection takes over the flow\n",
                      done.stdout)
        self.assertRegex(done.stdout, r"\n1 inputs: \d+ of \d+ cells, \d+ moves [^\n]+\n\Z")
        with open(page, encoding="utf-8") as file:
            self.assertIn("a request comes of a SYN for a listener", file.read())


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
