#!/usr/bin/python3
"""convert.py - makes an ordinary C program async.

    convert.py IN.c -o OUT.c [--seed N] [--keep NAME]... [--plain] [--no-guards]

Every function the file defines becomes async and every call of one an await, except those named by --keep. `main`
becomes dt_main, which the driver in schedule.h runs. At random places (decided by --seed) go suspensions, defers with
a check of their order, calls through pointers, joins, selects and tasks of their own; loops and ifs change their form.
With --plain only the calls and a few suspensions change, which is easier to read; with --no-guards nothing is deferred.

Meant for regular programs, such as csmith's: no function pointers to converted functions, no calls of them in sizeof
or in macros. Says so and exits 3 where it cannot convert.
"""
import argparse
import random
import re
import sys

TOKEN = re.compile(
    r"""(?P<space>\s+|/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n\\]|\\.)*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
      | (?P<string>L?"(?:[^"\\]|\\.)*"|L?'(?:[^'\\]|\\.)*')
      | (?P<punct>\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[][(){}<>;:,.?~!%^&*+=|/-])""",
    re.S | re.M | re.X)

TYPE_WORDS = set("""void char short int long float double signed unsigned const volatile struct union enum
    static register extern inline _Bool _Complex __typeof__ typeof""".split())
CONTROL = set("if else for while do switch case default return goto break continue sizeof".split())
ASSIGN = set("= += -= *= /= %= &= |= ^= <<= >>=".split())
BINARY = ASSIGN | set("+ - * / % & | ^ == != < > <= >= && || << >> ,".split())
SAFE = re.compile(r"safe_(add|sub|mul|div|mod|lshift|rshift|unary_minus)_func_(u?int\d+_t)_([su])(?:_([su]))?$")


class Unsupported(Exception):
    pass


class Program:
    def __init__(self, text, seed, keep, plain, guards):
        self.guards = guards
        self.density = [0.5, 1, 3][seed % 3]
        self.random = random.Random(seed)
        self.keep = set(keep)
        self.plain = plain
        self.tokens = []  # (kind, text), without spaces
        self.before = []  # the spaces, comments and directives before each token
        space = ""
        at = 0
        while at < len(text):
            m = TOKEN.match(text, at)
            if not m:
                raise Unsupported("cannot read %r" % text[at:at + 20])
            if m.lastgroup == "space":
                space += m.group()
            else:
                self.tokens.append((m.lastgroup, m.group()))
                self.before.append(space)
                space = ""
            at = m.end()
        self.tail = space
        self.tokens.append(("end", ""))
        self.before.append("")
        self.match = self.match_brackets()
        self.functions = {}  # name -> (first token of the declaration, name, end of parameters)
        self.routes = {}     # name -> how calls of it are made
        self.behind = {}     # name -> what comes after its definition
        self.safe = {}       # csmith's arithmetic -> whether it is async here
        self.count = 0
        self.find_functions()
        self.unassignable = self.find_unassignable()

    def match_brackets(self):
        match = {}
        stack = []
        for i, (kind, text) in enumerate(self.tokens):
            if kind != "punct":
                continue
            if text in "([{":
                stack.append(i)
            elif text in ")]}":
                if not stack:
                    raise Unsupported("unbalanced brackets")
                open_ = stack.pop()
                match[open_] = i
                match[i] = open_
        return match

    def text(self, i):
        return self.tokens[i][1]

    def chance(self, p):
        return not self.plain and self.random.random() < p

    def suspends(self, p):
        return self.chance(p * self.density)

    def fresh(self):
        self.count += 1
        return self.count

    # ---- The file's functions ----

    def top_level(self):
        """Yields (first, last) of each declaration at file level; last is its ; or }."""
        i = first = 0
        while self.tokens[i][0] != "end":
            text = self.text(i)
            if text in ("(", "["):
                i = self.match[i]
            elif text == "{":
                i = self.match[i]
                if self.is_function(first, i):
                    yield first, i
                    first = i + 1
            elif text == ";":
                yield first, i
                first = i + 1
            i += 1

    def is_function(self, first, close):
        open_ = self.match[close]
        return open_ > first and self.text(open_ - 1) == ")" and self.declared_name(first, open_) is not None

    def declared_name(self, first, end):
        """The index of NAME in `T NAME(...)`, or None for anything else."""
        for i in range(first, end):
            if self.text(i) in ("=", "{"):
                return None
            if self.text(i) == "(":
                if i > first and self.tokens[i - 1][0] == "word" and self.match[i] == end - 1 \
                        and self.text(i - 1) not in ("__attribute__", "__asm__"):
                    return i - 1
                return None
        return None

    def find_functions(self):
        for first, last in self.top_level():
            if self.text(last) == "}" and self.is_function(first, last):
                name = self.declared_name(first, self.match[last])
                if self.text(name) not in self.keep:
                    self.functions[self.text(name)] = (first, name, self.match[name + 1])
        if not self.functions:
            raise Unsupported("it defines no function")
        for i, (kind, text) in enumerate(self.tokens):
            if kind == "word" and text in self.functions and self.text(i + 1) != "(" and \
                    self.text(i - 1) not in (".", "->"):
                raise Unsupported("%s is used without a call" % text)

    def find_unassignable(self):
        """The structs and unions with a const member."""
        result = set()
        for first, last in self.top_level():
            if self.text(first) in ("struct", "union") and self.text(first + 2) == "{":
                start = first + 3
                for i in range(start, self.match[first + 2]):
                    if self.text(i) != ";":
                        continue
                    member = [self.text(j) for j in range(start, i)]
                    if "const" in member[max(k for k, t in enumerate(["*"] + member) if t == "*"):] or \
                            any(" ".join(member[k:k + 2]) in result for k in range(len(member))):
                        result.add(self.text(first) + " " + self.text(first + 1))
                    start = i + 1
        return result

    def parameters(self, name):
        """[(declaration, name)] of a function."""
        _, at, close = self.functions[name]
        result = []
        start = i = at + 2
        while i <= close:
            if self.text(i) in ("(", "[") and i < close:
                i = self.match[i]
            elif self.text(i) == "," or i == close:
                words = [j for j in range(start, i) if self.tokens[j][0] == "word"]
                if words and not (i == start + 1 and self.text(start) == "void"):
                    if self.text(i - 1) != self.text(words[-1]):
                        raise Unsupported("a parameter of %s that is no plain name" % name)
                    result.append((" ".join(self.text(j) for j in range(start, i)), self.text(words[-1])))
                start = i + 1
            i += 1
        return result

    def return_type(self, name):
        first, at, _ = self.functions[name]
        return " ".join(self.text(i) for i in range(first, at) if self.text(i) not in ("static", "inline", "extern"))

    def route(self, name):
        """What a call of this function says, and the wrapper that goes with it, on first use."""
        if name in self.routes:
            return self.routes[name]
        type_ = self.return_type(name)
        pointer, star, outermost = type_.rpartition("*")
        bare = pointer + star + re.sub(r"\b(const|volatile)\b", "", outermost)
        bare = bare.strip()
        parameters = self.parameters(name)
        kind = "direct" if self.plain else self.random.choice(
            ["direct"] * 8 + ["pointer", "join", "select", "timeout", "task", "const"])
        if kind in ("join", "select", "timeout") and bare in self.unassignable:
            kind = "direct"
        declared = ", ".join(d for d, _ in parameters) or "void"
        passed = ", ".join(n for _, n in parameters)
        call = "%s(%s)" % (name, passed)
        to = name
        code = ""
        void = bare == "void"
        result = "" if void else "dt_r = "
        local = "" if void else "    %s dt_r;\n" % bare
        end = "" if void else "    return dt_r;\n"
        if kind == "pointer":
            to = "dt_pointer_" + name
            code = "static async_fn(%s, (%s)) %s = %s;\n" % (type_, declared, to, name)
        elif kind != "direct":
            to = "dt_%s_%s" % (kind, name)
            code = "static async %s %s(%s)\n{\n" % (type_, to, declared)
            if kind == "const":
                code += "    %sawait %s;\n" % ("" if void else "%s const dt_r = " % bare, call)
            elif kind == "join":
                code += local + "    await async_join(%s%s, dt_noise(%d));\n" % (result, call, self.random.randrange(4))
            elif kind == "select":
                code += local + "    if (await async_select(%s%s, dt_never()) != 0)\n        abort();\n" % (result, call)
            elif kind == "timeout":
                code += local + "    if (await async_timeout_ms(100000, %s%s) != 0)\n        abort();\n" % (result, call)
            elif kind == "task":
                code += "    struct async_task *dt_t = async_spawn(%s);\n" % call
                code += "    defer { async_cancel(dt_t); async_detach(dt_t); }\n"
                code += "    if (await async_task_join(dt_t) != 0)\n        abort();\n"
                end = "" if void else "    return async_task_result(dt_t, %s);\n" % bare
            code += end + "}\n"
        self.routes[name] = (to, code)
        if kind not in ("direct", "pointer") and self.chance(0.5):
            # Behind the function itself, where its future is known.
            self.routes[name] = (to, "static async %s %s(%s);\n" % (type_, to, declared))
            self.behind[name] = "\n" + code
        return self.routes[name]

    def safe_wrapper(self, name):
        """csmith's arithmetic, as an async function that may suspend."""
        m = SAFE.match(name)
        if not m:
            return None
        if name not in self.safe:
            self.safe[name] = self.chance(0.3)
        return "dt_" + name if self.safe[name] else None

    def safe_definition(self, name):
        op, type_, _, right = SAFE.match(name).groups()
        parameters = [type_ + " a"]
        if op in ("lshift", "rshift"):
            parameters.append("int b" if right == "s" else "unsigned int b")
        elif op != "unary_minus":
            parameters.append(type_ + " b")
        call = "%s(%s)" % (name, ", ".join(p[-1] for p in parameters))
        suspend = ["    await dt_yield();\n", ""]
        self.random.shuffle(suspend)
        return "static async %s dt_%s(%s)\n{\n%s    %s r = %s;\n%s    return r;\n}\n" % (
            type_, name, ", ".join(parameters), suspend[0], type_, call, suspend[1])

    # ---- Expressions: the tokens of a range, with awaits before calls ----

    def expression(self, first, end, busy=True):
        """The text of tokens first <= i < end. `busy`: suspensions may go inside."""
        out = []
        closing = {}
        skip = None
        for i in range(first, end):
            kind, text = self.tokens[i]
            out.append(self.before[i])
            to = None
            if kind == "word" and i + 1 < end and self.text(i + 1) == "(" and self.text(i - 1) not in (".", "->"):
                if text in self.functions:
                    to = self.route(text)[0]
                elif busy:
                    to = self.safe_wrapper(text)
            if to:
                close = self.match[i + 1]
                if self.text(close + 1) in (".", "->", "[", "(", "++", "--"):
                    out.append("(")
                    closing[close] = ")"
                if self.chance(0.08):
                    # Behind a macro: DT_AWAIT(f)(x), or DT_CALL(f, x).
                    if self.random.random() < 0.5:
                        out.append("DT_AWAIT(" + to + ")")
                    else:
                        out.append("DT_CALL(" + to + ("" if close == i + 2 else ", "))
                        skip = i + 1
                else:
                    out.append("await " + to)
            elif kind == "word" and busy and i + 1 < end and self.text(i + 1) == "(" and SAFE.match(text) and \
                    self.suspends(0.05):
                # In a form that gives the same value.
                type_ = SAFE.match(text).group(2)
                before, after = self.random.choice([
                    ("(" + type_ + "){", "}"),
                    ("(" + type_ + ")(dt_one() ? ", " : await dt_zero())"),
                    ("(" + type_ + ")(await dt_zero() ? 7 : ", ")"),
                    ("(struct dt_pair_" + type_ + "){await dt_zero(), ", "}.b"),
                    ("({ " + type_ + " dt_v = ", "; await dt_yield(); dt_v; })"),
                ])
                out.append("(" + before + text)
                close = self.match[i + 1]
                closing[close] = closing.get(close, "") + after + ")"
            else:
                if i != skip:
                    out.append(text)
                if text == "(" and busy and self.suspends(0.04) and self.is_group(i):
                    if self.chance(0.2):
                        out.append("({ await dt_yield(); ")
                        close = self.match[i]
                        closing[close - 1] = closing.get(close - 1, "") + "; })"
                    else:
                        out.append("await dt_yield(), ")
            out.append(closing.get(i, ""))
        return "".join(out)

    def is_group(self, i):
        """Is the parenthesis at i around an expression that a comma may precede?"""
        kind, text = self.tokens[i - 1]
        if (kind == "word" and text not in ("return",)) or text in (")", "]", "&", "++", "--"):
            return False
        close = self.match[i]
        if self.text(close + 1) in ASSIGN or self.text(close + 1) in ("++", "--", ".", "[", "->"):
            return False
        if self.text(i + 1) in TYPE_WORDS or re.match(r"u?int\d+_t$", self.text(i + 1)):
            return False
        j = i + 1
        while j < close:
            if self.text(j) in ("(", "[", "{"):
                j = self.match[j]
            elif self.text(j) in BINARY and j > i + 1 and \
                    (self.tokens[j - 1][0] in ("word", "number") or self.text(j - 1) in (")", "]")):
                return True
            j += 1
        return False

    # ---- Statements ----

    def end_of_simple(self, i):
        """The ; that ends the declaration or expression statement at i."""
        while self.text(i) != ";":
            if self.text(i) in ("(", "[", "{"):
                i = self.match[i]
            i += 1
        return i

    def has(self, first, end, *words):
        return any(self.text(i) in words for i in range(first, end))

    def indentation(self, i):
        return "\n" + self.before[i].rpartition("\n")[2] if "\n" in self.before[i] else " "

    def yield_(self, i, p):
        return self.indentation(i) + "await dt_yield();" if self.random.random() < p * self.density else ""

    def statement(self, i):
        """(text, index of the token after the statement at i)"""
        kind, text = self.tokens[i]
        if text == "{":
            return self.block(i)
        if kind == "word":
            if self.text(i + 1) == ":" and text != "default":
                body, after = self.statement(i + 2)
                return self.before[i] + text + ":" + self.yield_(i + 2, 0.2) + body, after
            if text in ("case", "default"):
                j = i
                while self.text(j) != ":":
                    j += 1
                body, after = self.statement(j + 1)
                return self.expression(i, j + 1, False) + body, after
            if text == "if":
                return self.if_(i)
            if text == "for":
                return self.for_(i)
            if text in ("while", "switch"):
                close = self.match[i + 1]
                body, after = self.statement(close + 1)
                return self.expression(i, close + 1) + body, after
            if text == "do":
                body, after = self.statement(i + 1)
                end = self.end_of_simple(after)
                return self.before[i] + "do" + body + self.expression(after, end + 1), end + 1
        end = self.end_of_simple(i)
        if text == "return" and end > i + 1 and self.chance(0.1):
            return self.before[i] + self.random.choice(["DT_RETURN(", "DT_RETURN_LATE("]) + \
                self.expression(i + 1, end) + ");", end + 1
        is_static = text == "static"
        return self.expression(i, end + 1, not is_static), end + 1

    def if_(self, i):
        close = self.match[i + 1]
        then, after = self.statement(close + 1)
        condition = self.expression(i + 1, close + 1)
        other = None
        else_at = None
        if self.text(after) == "else":
            else_at = after
            other, after = self.statement(else_at + 1)
        if not self.has(i, after, "break", "case", "default") and self.chance(0.1):
            indent = self.indentation(i)
            result = self.before[i] + "switch (!" + condition + ") {" + indent + "case 0:" + then + indent + "break;"
            if other:
                result += indent + "default:" + other
            return result + indent + "}", after
        result = self.before[i] + "if" + condition + then
        if other:
            result += self.before[else_at] + "else" + other
        return result, after

    def for_(self, i):
        close = self.match[i + 1]
        first = self.end_of_simple(i + 2)
        second = self.end_of_simple(first + 1)
        parts = [self.expression(i + 2, first), self.expression(first + 1, second),
                 self.expression(second + 1, close)]
        body, after = self.statement(close + 1)
        before = self.before[i]
        indent = self.indentation(i)
        form = "for"
        if self.text(close + 1) == "{" and parts[1].strip() and not self.has(close, after, "continue"):
            if self.chance(0.2):
                form = self.random.choice(["while", "do", "comma"])
        if form == "while":
            return before + "{" + parts[0] + "; while (" + parts[1] + ")" + body.rstrip()[:-1] + \
                parts[2] + ";" + indent + "}}", after
        if form == "do":
            return before + "{" + parts[0] + "; do {" + indent + "if (!(" + parts[1] + ")) break;" + body + \
                parts[2] + ";" + indent + "} while (" + self.random.choice(["1", "(await dt_yield(), 1)"]) + ");}", after
        if form == "comma":
            parts[1] = "await dt_yield(), " + parts[1]
        return before + "for (" + ";".join(parts) + ")" + body, after

    def declares(self, i):
        """Does a declaration stand at i? Good enough for finding where a defer may go."""
        kind, text = self.tokens[i]
        return kind == "word" and text not in CONTROL and self.tokens[i + 1][0] == "word" or text in TYPE_WORDS

    def labels(self, first, end):
        return {self.text(i) for i in range(first, end)
                if self.tokens[i][0] == "word" and self.text(i + 1) == ":" and
                self.text(i - 1) in (";", "{", "}", ":")}

    def block(self, i, body_of=None):
        close = self.match[i]
        out = [self.before[i], "{"]
        # A goto into a block must not pass a defer, so only blocks that none enters get one.
        inside = self.labels(i, close)
        entered = False
        if inside and not body_of:
            gotos = [self.text(j + 1) for j in range(len(self.tokens) - 1)
                     if self.text(j) == "goto" and not i < j < close]
            entered = any(label in gotos for label in inside)
        if not entered and self.chance(0.5 if body_of else 0.15):
            out.append(self.guard(i + 1))
        out.append(self.yield_(i + 1, 0.2 if body_of else 0.1))
        j = i + 1
        while j < close:
            text, j = self.statement(j)
            out.append(text)
            if j < close:
                if not entered and not inside and self.chance(0.02):
                    out.append(self.guard(j))
                out.append(self.yield_(j, 0.08))
        out.append(self.before[close])
        out.append("}")
        return "".join(out), close + 1

    def guard(self, i):
        if not self.guards:
            return ""
        n = self.fresh()
        indent = self.indentation(i)
        if self.random.random() < 0.5:
            return indent + "int dt_g%d = dt_enter(); defer dt_leave(dt_g%d);" % (n, n)
        return indent + "__attribute__((cleanup(dt_leave_at))) int dt_g%d = dt_enter();" % n

    # ---- The file ----

    def convert(self):
        pieces = []
        wrapped = set()
        for first, last in list(self.top_level()):
            kind = self.text(last)
            end = self.match[last] if kind == "}" else last
            at = self.declared_name(first, end)
            name = self.text(at) if at is not None else None
            if name not in self.functions:
                if kind == "}" and self.is_function(first, last):
                    pieces.append(self.expression(first, last + 1, False))
                else:
                    pieces.append("".join(self.before[i] + self.text(i) for i in range(first, last + 1)))
                continue
            head = self.before[first]
            words = [self.before[i] + self.text(i) for i in range(first, end)]
            words[0] = self.text(first)
            storage = 0
            while self.text(first + storage) in ("static", "inline", "extern"):
                storage += 1
            words.insert(storage, " async " if storage else "async ")
            declaration = "".join(words)
            if name == "main":
                declaration = re.sub(r"\bmain\b", "dt_main", declaration, 1)
            pieces.append(head)
            if kind == ";":
                pieces.append(declaration + ";")
                if name not in wrapped and name != "main":
                    wrapped.add(name)
                    pieces.append("\n" + self.route(name)[1])
                continue
            if name not in wrapped and name != "main":
                wrapped.add(name)
                pieces.append(declaration + ";\n" + self.route(name)[1])
            if name == "main":
                plain, self.plain = self.plain, True
                chance, self.random = self.random, random.Random(0)
                text, _ = self.main_block(end)
                self.plain, self.random = plain, chance
            else:
                text, _ = self.block(end, name)
            pieces.append(declaration + text + self.behind.get(name, ""))
        result = "".join(pieces) + self.tail
        used = [self.safe_definition(name) for name, on in sorted(self.safe.items()) if on]
        # The wrappers go before the first declaration that is not an include, which may be the file's first token.
        start = len(self.before[0])
        return result[:start] + "\n#include <tests/diff/schedule.h>\n" + "".join(used) + \
            result[start:] + "\n#include <tests/diff/driver.h>\n"

    def main_block(self, i):
        """main runs once and mostly prints: only its calls change."""
        close = self.match[i]
        return self.expression(i, close + 1, False), close + 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("-o", dest="out", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="append", default=[])
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--no-guards", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.source, encoding="latin-1") as file:
        text = file.read()
    try:
        result = Program(text, arguments.seed, arguments.keep, arguments.plain,
                         not arguments.no_guards).convert()
    except Unsupported as problem:
        print("%s: cannot convert: %s" % (arguments.source, problem), file=sys.stderr)
        sys.exit(3)
    with open(arguments.out, "w", encoding="latin-1") as file:
        file.write(result)


if __name__ == "__main__":
    main()
