"""Posts webhook calls as fast as they are answered, in a process of its own.

`python -m benchmarks.load` reads one job a line from standard input and answers each with a line.
It speaks just enough HTTP, so that it costs little of what it measures.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from time import perf_counter
from types import TracebackType
from typing import Any, Self


class Load:
    """The process that posts; use as a context."""

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.load"), stdin=pipe, stdout=pipe
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()

    async def post(
        self, port: int, headers: Mapping[str, str], lines: Sequence[Sequence[str]]
    ) -> float:
        """Post each line's bodies one after the other, all lines at once; the seconds it took.

        Raises RuntimeError unless every answer is 200.
        """
        sent, answers = self._process.stdin, self._process.stdout
        if sent is None or answers is None:
            raise RuntimeError("the process was not started")
        job = {"port": port, "headers": dict(headers), "lines": [list(line) for line in lines]}
        sent.write(json.dumps(job).encode() + b"\n")
        await sent.drain()
        answer = json.loads(await answers.readline() or '{"failed": "the process died"}')
        if "failed" in answer:
            raise RuntimeError(answer["failed"])
        return float(answer["seconds"])


async def _work_off(job: Mapping[str, Any]) -> float:
    port, headers, lines = job["port"], job["headers"], job["lines"]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    ready = [[_call(head, body) for body in line] for line in lines]
    pipes = [await asyncio.open_connection("127.0.0.1", port) for _ in ready]
    started = perf_counter()
    await asyncio.gather(*(_post(*p, calls) for p, calls in zip(pipes, ready, strict=True)))
    seconds = perf_counter() - started
    for _, writer in pipes:
        writer.close()
    return seconds


def _call(head: str, body: str) -> bytes:
    content = body.encode()
    return (
        f"POST /telegram/webhook HTTP/1.1\r\nHost: localhost\r\n{head}"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    ).encode() + content


async def _post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, calls: Sequence[bytes]
) -> None:
    for call in calls:
        writer.write(call)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"answered {head.splitlines()[0].decode()}")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))


def main() -> None:
    """Work off jobs until standard input ends."""
    for line in sys.stdin:
        try:
            answer: dict[str, object] = {"seconds": asyncio.run(_work_off(json.loads(line)))}
        except (OSError, RuntimeError, EOFError) as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
