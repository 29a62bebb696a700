"""Runs one Pulumi program in its own interpreter: `python program.py MAIN`, with its settings on standard input.

It is run by the interpreter of the program's virtual environment, and imports nothing of the sandbox.
"""

import asyncio
import gc
import json
import os
import runpy
import sys
import traceback
from pathlib import Path

# The program has told its user what is wrong: the host has nothing to add.
TOLD = 32


def run(main: str, settings: dict[str, str | int | bool]) -> int:
    """Run the program; its exit code."""
    # Here, because the host reads this module too, and has nothing to do with the SDK.
    import pulumi
    import pulumi.runtime

    os.environ["PULUMI_CONFIG"] = str(settings.pop("config"))
    os.environ["PULUMI_CONFIG_SECRET_KEYS"] = str(settings.pop("config_secret_keys"))
    pulumi.runtime.configure(pulumi.runtime.Settings(**settings))  # pyright: ignore[reportArgumentType]
    # The program's folder is where its own packages are found.
    sys.path.insert(0, str(Path(main).parent))
    sys.argv = [main]

    def program() -> None:
        runpy.run_path(main, run_name="__main__")

    try:
        asyncio.run(pulumi.runtime.run_in_stack(program))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return TOLD
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except Exception as error:
        if "resource monitor" in str(error).lower() or type(error).__name__ == "RpcError":
            return TOLD  # the engine has reported what failed
        pulumi.log.error("Program failed with an unhandled exception:\n" + traceback.format_exc())
        return TOLD
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    # The SDKs make some hundred thousand objects that stay, and a program ends before what it leaves behind matters: looking
    # for that takes a third of its time, half of it at its end.
    gc.disable()
    code = run(sys.argv[1], json.load(sys.stdin))
    gc.freeze()
    sys.exit(code)
