"""The zoo: each bug applies to the stack as it is, and says where it comes from."""
import importlib.machinery
import importlib.util
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def load(path):
    loader = importlib.machinery.SourceFileLoader("zoo", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("zoo", loader))
    loader.exec_module(module)
    return module


zoo = load(os.path.join(ROOT, "ci", "zoo"))
BUGS = zoo.all_bugs()
ROOMS = {"arrive", "base", "call", "commit", "config", "link", "reply", "secret", "sock", "stack",
         "table", "timeout", "transfer", "wire"}


class Zoo(unittest.TestCase):
    def test_each_bug_applies_exactly(self):
        for bug in BUGS:
            with self.subTest(bug=bug.name):
                self.assertEqual(zoo.patch(ROOT, bug, "--dry-run"), "")

    def test_each_says_who_suffered_it_where_to_read_of_it_and_what_goes_wrong(self):
        for bug in BUGS:
            with self.subTest(bug=bug.name):
                self.assertRegex(bug.name, r"\A[a-z0-9]+(-[a-z0-9]+)*\Z")
                for field in ("Suffered", "See", "Wrong"):
                    self.assertNotEqual(bug.said(field), "", field)
                self.assertRegex(bug.said("Wrong"), r"\.\Z")
                self.assertEqual([line for line in bug.head.split("\n") if len(line) > 96], [])

    def test_each_is_in_the_stack_alone(self):
        for bug in BUGS:
            with self.subTest(bug=bug.name):
                self.assertTrue(bug.files)
                for file in bug.files:
                    self.assertRegex(file, r"\Astack/[\w/]+\.(h|cc)\Z")

    def test_no_two_are_the_same(self):
        changes = set()
        for bug in BUGS:
            with open(bug.path, encoding="utf-8") as file:
                changes.add("".join(re.findall(r"(?m)^[-+][^-+].*\n", file.read())))
        self.assertEqual(len(changes), len(BUGS))

    def test_the_zoo_is_large_and_has_bugs_of_every_room(self):
        self.assertGreaterEqual(len(BUGS), 60)
        self.assertLessEqual(ROOMS, {bug.room for bug in BUGS})

    def test_what_does_not_apply_is_told(self):
        bug = zoo.Bug(BUGS[0].name)
        self.assertNotEqual(zoo.patch(os.path.join(ROOT, "tests"), bug, "--dry-run"), "")


if __name__ == "__main__":
    unittest.main()
