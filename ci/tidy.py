#!/usr/bin/env python3
"""The house rules, as a test.

tidy.py [ROOT]      checks the tree; one line for each breach; exit 1 if there is any
tidy.py --self-test shows of each rule that it notices what it is there for
"""
import os
import re
import subprocess
import sys
import tempfile

CODE = ("stack", "harness", "fuzz", "props", "tests")
TOP = {"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "stack", "harness", "fuzz",
       "props", "corpus", "tests", "ci"}
LONGEST_LINE = 96
LONGEST_FILE = 400
LARGEST_SEED = 4096  # octets
LONGEST_FUNCTION = {"stack": 70, "harness": 70, "fuzz": 60, "props": 60, "tests": 60}

# The core from the bottom to the top: folders, and files of its root by their stem. Each may
# include its own and what is named here; stack/README.md shows the same order.
LAYERS = {
    "base": set(),
    "wire": {"base"},
    "table": {"base"},
    "secret": {"base"},
    "tx": {"base"},
    "env": {"base"},
    "counters": {"wire"},
    "sock": {"base", "wire", "table"},
    "config": {"secret", "sock", "wire"},
    "arrive": {"base", "wire", "sock"},
    "call": {"base", "wire", "sock"},
    "timeout": {"base", "sock"},
    "trace": {"base", "sock", "arrive"},
    "transfer": {"base", "wire", "sock", "arrive"},
    "tables": {"base", "config", "counters", "secret", "sock", "table", "trace", "transfer"},
    "reply": {"secret", "sock", "tables", "transfer", "tx", "wire"},
    "commit": {"arrive", "base", "call", "reply", "secret", "sock", "tables", "timeout", "trace",
               "transfer", "tx", "wire"},
    "stack": {"base", "call", "commit", "config", "counters", "tables", "trace", "transfer", "tx"},
    "link": {"base", "wire", "tx"},
    "pump": {"base", "env", "link", "stack", "trace", "tx", "wire"},
}
STANDARD = {"algorithm", "array", "bit", "chrono", "compare", "concepts", "cstddef", "cstdint",
            "cstring", "initializer_list", "iterator", "limits", "new", "optional", "span",
            "type_traits", "utility"}

BANNED_NAMES = {
    "Manager": "the noun of the field", "Helper": "what it does", "Util": "what it does",
    "Handler": "what it does", "Context": "what it holds", "Impl": "a name",
    "Info": "what it tells", "Misc": "a name",
}
DOUBT = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def files(root, folders=CODE, endings=(".h", ".cc")):
    for folder in folders:
        for place, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(place, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read()


def without_comments_and_strings(text):
    pattern = r'//[^\n]*|/\*.*?\*/|R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def check_top(root):
    for name in os.listdir(root):
        if not name.startswith(".") and name not in TOP and name != "build":
            yield f"{name}: not in the fixed layout of the top level"


def check_lengths(root):
    for path in files(root):
        lines = read(root, path).split("\n")
        if len(lines) - 1 > LONGEST_FILE:
            yield f"{path}: {len(lines) - 1} lines; two ideas?"
        for number, line in enumerate(lines, 1):
            if len(line) > LONGEST_LINE:
                yield f"{path}:{number}: {len(line)} columns"


def functions(text):
    """Yields (first line, length) of each function body: a brace block after ')', or after the
    braces of a constructor's members, at any depth, but not inside of another."""
    code = without_comments_and_strings(text)
    code = re.sub(r"(?m)^\s*#.*(?:\\\n.*)*$", lambda m: re.sub(r"[^\n]", " ", m.group()), code)
    stack = []
    line = 1
    before = ""
    for char in code:
        if char == "{":
            tail = before.rstrip()
            opens = bool(re.search(r"(\)|const|noexcept|override|final|->\s*[\w:<>&*, ]+)$", tail) or
                         re.search(r"\)[\s\w]*[^:]:[^:;?]*\w\s*\{\}$", tail))
            namespace = bool(re.search(r"(namespace[\w: ]*|=|enum[^;{}]*|(struct|class|union)\b[^;{}()]*)$",
                                       tail))
            inside = any(kind == "function" for kind, *_ in stack)
            stack.append(("function" if opens and not namespace and not inside else "other", line,
                          before))
            before = ""
        elif char == "}":
            if stack:
                kind, first, before = stack.pop()
                before = before + "{}" if kind == "other" else ""
                if kind == "function":
                    yield first, line - first + 1
            else:
                before = ""
        elif char == ";":
            before = ""
        else:
            before += char
        if char == "\n":
            line += 1


def check_functions(root):
    for path in files(root):
        longest = LONGEST_FUNCTION[path.split(os.sep)[0]]
        for first, length in functions(read(root, path)):
            if length > longest:
                yield f"{path}:{first}: a function of {length} lines"


def check_includes(root):
    for path in files(root):
        parts = path.split(os.sep)
        text = read(root, path)
        for found in re.findall(r'(?m)^#include [<"]([^>"]+)[>"]', text):
            target = found.split("/")
            if parts[0] == "stack":
                if "/" not in found:
                    if found not in STANDARD:
                        yield f"{path}: <{found}> is not for the core"
                    continue
                if target[0] != "stack":
                    yield f"{path}: the core knows nothing of {found}"
                room, what = (p.split(".")[0] for p in (parts[1], target[1]))
                if room not in LAYERS:
                    yield f"{path}: {room} has no rank"
                elif what != room and what not in LAYERS[room]:
                    yield f"{path}: {room} may not include {found}"
            elif parts[0] == "harness" and target[0] in ("fuzz", "props", "tests"):
                yield f"{path}: the harness knows nothing of {found}"
            elif parts[0] in ("fuzz", "props", "tests") and target[0] in ("fuzz", "props", "tests"):
                yield f"{path}: may not include {found}"


def check_words(root):
    for path in files(root, endings=(".h", ".cc", ".py", ".sh", ".txt")):
        text = read(root, path)
        code = without_comments_and_strings(text)
        for number, line in enumerate(text.split("\n"), 1):
            if DOUBT.search(line):
                yield f"{path}:{number}: doubt is not a comment"
        if not path.endswith((".h", ".cc")):
            continue
        for number, line in enumerate(code.split("\n"), 1):
            line = re.sub(r"\bbenchmark::\w+", "", line)  # names that are not ours
            for word, instead in BANNED_NAMES.items():
                if re.search(rf"\b\w*{word}(?![a-z])\w*\b", line):
                    yield f"{path}:{number}: '{word}' in a name; say {instead}"
            if re.search(r"\bfriend\b(?!.*\boperator\b)", line) and "friend constexpr auto" not in line:
                yield f"{path}:{number}: a friend that is no operator"
        for function in re.finditer(r"\((?:[^()]|\([^()]*\))*\bbool \w+(?:[,)=])", code):
            line = code[: function.end()].count("\n") + 1
            start = code.rfind("(", 0, function.end())
            before = code[:start].rstrip()
            if re.search(r"\b(if|while|for|switch)$", before):
                continue
            yield f"{path}:{line}: a bool parameter; give it a name of its own"
        if path.startswith("stack" + os.sep):
            for number, line in enumerate(code.split("\n"), 1):
                if re.search(r"^\s*default\s*:", line):
                    yield f"{path}:{number}: 'default:' hides a new enumerator"
                if re.match(r"\s*#\s*(if|elif|else)\b", line) and not re.match(r"\s*#ifndef \w+_H_", line):
                    yield f"{path}:{number}: no conditional code in the core"


def check_headers(root):
    for path in files(root, endings=(".h",)):
        text = read(root, path)
        if path.startswith(("stack", "harness")) and not re.match(r"// \S.*\n(//.*\n)*\n#ifndef ", text):
            yield f"{path}: does not open with what it is"
        guard = path.replace(os.sep, "_").replace(".", "_").upper() + "_"
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            yield f"{path}: include guard is not {guard}"


def check_citations(root):
    for path in files(root):
        for number, line in enumerate(read(root, path).split("\n"), 1):
            for found in re.finditer(r"\bRFC[ -]?(\d+)", line):
                if not found.group().startswith("RFC ") or not found.group(1).isdigit():
                    yield f"{path}:{number}: cite as 'RFC 9293 §3.5', not '{found.group()}'"


def check_built(root):
    for folder, ending, word in (("tests", "_test.cc", "handfast_test"),
                                 ("props", "_props.cc", "handfast_props"),
                                 ("fuzz", "_fuzz.cc", "handfast_fuzz")):
        lists = os.path.join(root, folder, "CMakeLists.txt")
        text = read(root, os.path.join(folder, "CMakeLists.txt")) if os.path.exists(lists) else ""
        for path in files(root, (folder,)):
            name = os.path.basename(path)
            if not name.endswith(ending):
                continue
            short = name[: -len(ending)]
            if not re.search(rf"(?m)^ *{word}\({short}[ )]", text):
                yield f"{path}: is not built"
            if word == "handfast_fuzz" and not os.path.isdir(os.path.join(root, "corpus", short)):
                yield f"{path}: has no corpus"


def check_corpus(root):
    corpus = os.path.join(root, "corpus")
    for folder, _, names in os.walk(corpus):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), root)
            if path == os.path.join("corpus", "README.md"):
                continue
            if os.path.getsize(os.path.join(root, path)) > LARGEST_SEED:
                yield f"{path}: a seed of more than {LARGEST_SEED} octets"
            if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
                yield f"{path}: a seed's name is words and hyphens"


def check_readmes(root):
    for folder in (".", *CODE, "corpus", "ci"):
        path = os.path.normpath(os.path.join(folder, "README.md"))
        if not os.path.exists(os.path.join(root, path)):
            continue
        for found in sorted(set(re.findall(r"\b(?:\./)?ci/[\w./-]*\w", read(root, path)))):
            if not os.path.exists(os.path.join(root, found)):
                yield f"{path}: there is no {found}"


CHECKS = [check_top, check_lengths, check_functions, check_includes, check_words, check_headers,
          check_citations, check_built, check_corpus, check_readmes]

# For each check: a tree that breaks it, and a word of what must be said.
BREACHES = [
    (check_top, {"notes.txt": ""}, "fixed layout"),
    (check_lengths, {"stack/a.cc": "x" * 97}, "97 columns"),
    (check_lengths, {"stack/a.cc": "\n" * 401}, "401 lines"),
    (check_functions, {"stack/a.cc": "void F() {\n" + "f();\n" * 70 + "}\n"}, "72 lines"),
    (check_functions, {"stack/a.cc": "A::A() : b_{1}, c_{2} {\n" + "f();\n" * 70 + "}\n"}, "72 lines"),
    (check_functions, {"stack/a.cc": "namespace a {\nstruct B {\n  int c{};\n  B() noexcept\n      : c{1} {\n"
                                     + "f();\n" * 70 + "}\n};\n}\n"}, "72 lines"),
    (check_includes, {"stack/a.cc": "#include <vector>\n"}, "<vector>"),
    (check_includes, {"stack/a.cc": '#include "harness/world.h"\n'}, "knows nothing"),
    (check_includes, {"stack/wire/a.h": '#include "stack/table/pool.h"\n'}, "may not include"),
    (check_includes, {"stack/commit/a.cc": '#include "stack/stack.h"\n'}, "may not include"),
    (check_includes, {"stack/tx.h": '#include "stack/wire/parse.h"\n'}, "may not include"),
    (check_includes, {"stack/shelf/a.h": '#include "stack/wire/parse.h"\n'}, "no rank"),
    (check_includes, {"tests/a.cc": '#include "fuzz/x.h"\n'}, "may not include"),
    (check_words, {"stack/a.cc": "// TO" + "DO: this\n"}, "doubt"),
    (check_words, {"stack/a.cc": "class QueueManager;\n"}, "Manager"),
    (check_words, {"stack/a.cc": "void F(int a, bool b);\n"}, "bool parameter"),
    (check_words, {"stack/a.cc": "  friend class Test;\n"}, "friend"),
    (check_words, {"stack/a.cc": "switch (x) {\n  default: break;\n}\n"}, "default"),
    (check_words, {"stack/a.cc": "#if FUZZING\n#endif\n"}, "conditional"),
    (check_headers, {"stack/a.h": "#ifndef STACK_A_H_\n#define STACK_A_H_\n#endif\n"}, "open with"),
    (check_headers, {"stack/a.h": "// A: a.\n\n#ifndef A_H\n#define A_H\n#endif\n"}, "guard"),
    (check_citations, {"stack/a.cc": "// RFC9293\n"}, "cite as"),
    (check_built, {"tests/a_test.cc": "", "tests/CMakeLists.txt": ""}, "not built"),
    (check_built, {"fuzz/a_fuzz.cc": "", "fuzz/CMakeLists.txt": "handfast_fuzz(a)\n"}, "no corpus"),
    (check_corpus, {"corpus/a/big": "x" * 4097}, "more than"),
    (check_readmes, {"README.md": "    ci/everything --help\n"}, "no ci/everything"),
    (check_corpus, {"corpus/a/Found_1": ""}, "hyphens"),
]
CLEAN = {"corpus/a/regress-zero-window": "", "stack/a.h": "// A: what it is.\n\n#ifndef STACK_A_H_\n#define STACK_A_H_\n\n"
                      "// (RFC 9293 §3.5)\nconstexpr int F(int x) {\n  return x;\n}\n\n#endif\n",
         "README.md": ""}


def self_test():
    def say(tree, check):
        with tempfile.TemporaryDirectory() as root:
            for path, text in tree.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                    f.write(text)
            return list(check(root))

    bad = 0
    for check, tree, word in BREACHES:
        said = say(tree, check)
        if not any(word in line for line in said):
            print(f"self-test: {check.__name__} does not notice '{word}'; it says {said}")
            bad += 1
    for check in CHECKS:
        if said := say(CLEAN, check):
            print(f"self-test: {check.__name__} is wrong about a clean tree: {said}")
            bad += 1
    print(f"tidy: {len(BREACHES)} breaches planted, {len(BREACHES) - bad} noticed")
    return 1 if bad else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    said = [line for check in CHECKS for line in check(root)]
    print("\n".join(said) if said else "tidy: nothing to say")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
