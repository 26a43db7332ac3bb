"""Whatever a program puts into registers and memory, the decoder answers with text."""

import random

import pytest

from tests.support.decoding import FakeTask, decode
from tracekit.syscalls import by_name
from tracekit.tracer.decode import Decoder, Options

BASE = 0x1000
SMALL = (0, 1, 2, 3, 4, 8, 16, 64, 128, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFF, 1 << 40)
RETURNS = (0, 1, 2, 16, 200, 5000, -2, -4, -512, -516, 1 << 40)


def registers(chance: random.Random, size: int) -> list[int]:
    """Six values: pointers into the memory and just behind it, commands, counts, nonsense."""
    return [
        chance.choice((chance.choice(SMALL), BASE + chance.randrange(size + 8), chance.getrandbits(64)))
        for _ in range(6)
    ]


@pytest.mark.parametrize("name", [name for name, call in by_name().items() if "x86_64" in call.numbers])
@pytest.mark.parametrize("verbose", [False, True])
def test_any_call_becomes_printable_text(name: str, verbose: bool) -> None:
    chance = random.Random(f"{name} {verbose}")
    commands = by_name()[name].commands
    for _ in range(60):
        memory = chance.randbytes(chance.choice((0, 7, 64, 300)))
        args = registers(chance, len(memory))
        if commands:
            args[commands.index] = chance.choice([*commands.forms, args[commands.index]])
        options = Options(
            verbose=verbose, string_limit=chance.choice((0, 5, 32)), hex_strings=chance.randrange(3)
        )
        task = FakeTask(memory, BASE)
        pieces = decode(task, name, *args, ret=chance.choice(RETURNS), options=options)
        assert pieces[0].startswith(f"{name}(")
        assert pieces[1].endswith(")")
        assert all(piece.isascii() and piece.isprintable() for piece in pieces)
        assert all(size <= 1 << 20 for _, size in task.reads)


def test_any_siginfo_becomes_printable_text() -> None:
    chance = random.Random(1)
    decoder = Decoder(Options())
    for _ in range(2000):
        head = b"".join(
            value.to_bytes(4, "little", signed=True)
            for value in (chance.randrange(-1, 70), chance.choice((0, 2)), chance.randrange(-70, 140), 0)
        )
        text = decoder.signal(head + chance.randbytes(112))
        assert text.isascii()
        assert text.isprintable()
