"""`python -m sandbox.azure`: serve the emulator until SIGTERM or SIGINT."""

import logging
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from .azure import open_azure
from .certificates import server_certificate
from .server import Server

SEED = Path(__file__).with_name("seed.yaml")


def main(
    state: Annotated[Path, typer.Option(help="Folder of the emulator's state.")],
    port: Annotated[int, typer.Option(help="Port on loopback.")],
    seed: Annotated[Path, typer.Option(help="What Azure holds at first.")] = SEED,
) -> None:
    """Serve Azure on https://localhost:PORT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    azure = open_azure(state, port, seed)
    certificate = server_certificate(state)
    config = uvicorn.Config(
        Server(azure),
        host="127.0.0.1",
        port=port,
        ssl_certfile=str(certificate),
        ssl_keyfile=str(certificate),
        log_config=None,
        access_log=False,
        # Azure keeps idle connections for minutes. A client that does not send again on a new connection, as Go's does by
        # itself, would meet one that is being closed.
        timeout_keep_alive=120,
        timeout_graceful_shutdown=2,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        uvicorn.Server(config).run()
    finally:
        azure.database.close()


typer.run(main)
