"""A stand-in for GitHub's token issuer: what a workflow's job gets with `id-token: write`.

`https://token.actions.githubusercontent.com` is played under its own name, for who checks the tokens; the address where
a job asks for them is on this machine, as ACTIONS_ID_TOKEN_REQUEST_URL of a runner is on one of GitHub's. A job is
started with `POST /_sandbox/github/jobs`, which plays GitHub itself: a job cannot choose its subject.
"""

import hmac
import secrets
import time
import uuid
from typing import Any, Literal

import jwt
from jwt.algorithms import RSAAlgorithm
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .azure import Azure
from .signing_key import key_id, signing_key

HOST = "token.actions.githubusercontent.com"
ISSUER = f"https://{HOST}"


class Job(BaseModel):
    """One job of a workflow, as far as its tokens tell of it."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    repository: str = Field(pattern=r"[^/:\s]+/[^/:\s]+")
    """`<owner>/<repository>`, or `<owner>@<id>/<repository>@<id>` where subjects are immutable."""
    environment: str | None = None
    event: Literal["push", "pull_request", "schedule", "workflow_dispatch"] = "push"
    ref: str = "refs/heads/main"
    lifetime_seconds: int = Field(default=300, ge=0)

    @property
    def subject(self) -> str:
        """The default subject: the environment, else the pull request, else the ref."""
        if self.environment is not None:
            return f"repo:{self.repository}:environment:{self.environment}"
        if self.event == "pull_request":
            return f"repo:{self.repository}:pull_request"
        return f"repo:{self.repository}:ref:{self.ref}"


class GitHubTokens:
    """The issuer and its jobs, which live as long as the process."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._key = signing_key(azure.state / "github-key.pem")
        self._key_id = key_id(self._key)
        self._jobs: dict[str, tuple[Job, str]] = {}
        self.issuer_routes = [
            Route("/.well-known/openid-configuration", self.openid_configuration),
            Route("/.well-known/jwks", self.keys),
        ]
        self.runner_routes = [
            Route("/_sandbox/github/jobs", self.start_job, methods=["POST"]),
            Route("/_github/jobs/{job}/idtoken", self.token),
        ]

    async def openid_configuration(self, _: Request) -> JSONResponse:
        """The issuer's OpenID metadata."""
        return JSONResponse(
            {
                "issuer": ISSUER,
                "jwks_uri": f"{ISSUER}/.well-known/jwks",
                "subject_types_supported": ["public", "pairwise"],
                "response_types_supported": ["id_token"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid"],
            }
        )

    async def keys(self, _: Request) -> JSONResponse:
        """The signing keys."""
        jwk = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return JSONResponse({"keys": [{**jwk, "kid": self._key_id, "alg": "RS256", "use": "sig"}]})

    async def start_job(self, request: Request) -> JSONResponse:
        """Start a job: 201 with what its environment has."""
        try:
            job = Job.model_validate(await request.json())
        except (ValueError, ValidationError) as error:
            return JSONResponse({"error": {"code": "InvalidJob", "message": str(error)}}, 400)
        id_, token = uuid.uuid4().hex, secrets.token_urlsafe(32)
        self._jobs[id_] = (job, token)
        url = f"{self._azure.url}/_github/jobs/{id_}/idtoken?api-version=2.0"
        return JSONResponse({"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": token}, 201)

    async def token(self, request: Request) -> JSONResponse:
        """GET a token for the job whose request token the caller has."""
        job, expected = self._jobs.get(request.path_params["job"], (None, ""))
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if job is None or scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), expected.encode()):
            return JSONResponse({"message": "The request token is missing, or not this job's."}, 401)
        value = jwt.encode(
            self._claims(job, request.query_params.get("audience")),
            self._key,
            algorithm="RS256",
            headers={"kid": self._key_id},
        )
        return JSONResponse({"count": len(value), "value": value}, headers={"Cache-Control": "no-store"})

    def _claims(self, job: Job, audience: str | None) -> dict[str, Any]:
        now = int(time.time())
        owner = job.repository.split("/")[0].split("@")[0]
        claims: dict[str, Any] = {
            "jti": str(uuid.uuid4()),
            "iss": ISSUER,
            "sub": job.subject,
            "aud": audience or f"https://github.com/{owner}",
            "iat": now,
            "nbf": now,
            "exp": now + job.lifetime_seconds,
            "ref": job.ref,
            "repository": job.repository,
            "repository_owner": owner,
            "event_name": job.event,
        }
        return claims if job.environment is None else {**claims, "environment": job.environment}
