"""The language of the programs: how they are read, and how outcomes are shown."""
import asyncio


class UserError(Exception):
    pass


def kind(e):
    match e:
        case asyncio.CancelledError():
            return "cancel"
        case TimeoutError():
            return "timeout"
        case UserError():
            return f"E{e.args[0]}"
        case BaseExceptionGroup():
            return "group(" + " ".join(map(kind, e.exceptions)) + ")"
        case asyncio.BrokenBarrierError():
            return "broken"
    return type(e).__name__


def show(value):
    if isinstance(value, list):
        return "[" + " ".join(map(show, value)) + "]"
    if isinstance(value, BaseException):
        return "!" + kind(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "ok" if value is None else str(value)


CAUGHT = {
    "cancel": asyncio.CancelledError,
    "timeout": TimeoutError,
    "error": Exception,
    "all": BaseException,
}


class Op:
    def __init__(self, line, words):
        self.line, self.do, self.args, self.kids = line, words[0], words[1:], []

    def split(self):
        """The kids, and those of the handler, which comes last."""
        if self.kids and self.kids[-1].do == "handler":
            return self.kids[:-1], self.kids[-1].kids
        return self.kids, []


def parse(text):
    root = Op(0, ["program"])
    path = [root]
    for number, line in enumerate(text.splitlines()):
        depth = len(line) - len(line.lstrip(" "))
        op = Op(number, line.split())
        del path[depth + 1:]
        path[-1].kids.append(op)
        path.append(op)
    return root.kids


def outcome(fut):
    if not fut.done():
        return "pending"
    if fut.cancelled():
        return "!cancel"
    return "!" + kind(fut.exception()) if fut.exception() else show(fut.result())
