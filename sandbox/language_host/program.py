"""Runs one Pulumi program in its own interpreter: `python program.py PROGRAM`, with its settings on standard input.

It is run by the interpreter of the program's virtual environment, and imports nothing of the sandbox. What it tells of a
program's end, and with which exit code, is what the released host's script does.
"""

import asyncio
import gc
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent import futures
from pathlib import Path

# The program's user has been told what is wrong: the host has nothing to add.
TOLD = 32


def run(program: str, settings: dict[str, str | int | bool]) -> int:
    """Run the program, a file or a folder with a `__main__.py`; its exit code."""
    # Here, because the host reads this module too, and has nothing to do with the SDK.
    import pulumi
    import pulumi.runtime

    os.environ["PULUMI_CONFIG"] = str(settings.pop("config"))
    os.environ["PULUMI_CONFIG_SECRET_KEYS"] = str(settings.pop("config_secret_keys"))
    pulumi.runtime.configure(pulumi.runtime.Settings(**settings))  # pyright: ignore[reportArgumentType]
    sys.argv = [program]
    # A graph that is not resolved to its end is no mistake of the program's.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    # Not `asyncio.run`, which would take the first SIGINT for itself and let the program go on until it waits.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    threads = futures.ThreadPoolExecutor(max_workers=4 * max(int(settings["parallel"]), 1))
    loop.set_default_executor(threads)
    code = 1
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _run_main(program)))
        code = 0
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except Exception as error:
        pulumi.log.error("Program failed with an unhandled exception:\n" + _of_the_program(error, program))
        code = TOLD
    finally:
        threads.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def _run_main(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def _of_the_program(error: Exception, program: str) -> str:
    """The traceback from the program's main file on, or whole where that is not in it."""
    main = Path(program).absolute()
    main = main if main.suffix else main / "__main__.py"
    frames = traceback.extract_tb(error.__traceback__)
    before = next((n for n, frame in enumerate(frames) if Path(frame.filename).absolute() == main), 0)
    return "".join(traceback.format_exception(error, limit=-(len(frames) - before)))


if __name__ == "__main__":
    # The SDKs make some hundred thousand objects that stay, and a program ends before what it leaves behind matters: looking
    # for that takes a third of its time, half of it at its end.
    gc.disable()
    code = run(sys.argv[1], json.load(sys.stdin))
    gc.freeze()
    sys.exit(code)
