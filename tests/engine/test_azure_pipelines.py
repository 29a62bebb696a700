"""The steps of Azure's pipelines, run in their order against the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..environments import deploys
from ..pipelines.azure_runner import MAIN, PULL_REQUEST, AzureJob, AzurePipelines
from .pipeline_project import STACKS, PipelineProject
from .sandbox import TENANT, Sandbox, sandbox_gateway

# A run takes three stacks through plan and update.
pytestmark = pytest.mark.timeout(900)


class Project(PipelineProject):
    """The project in Azure DevOps."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        super().__init__(sandbox, folder)
        group = {"PULUMI_BACKEND_URL": sandbox.environments["reader"]["PULUMI_BACKEND_URL"], "TF_BUILD": "True"}
        connections = {"self-hosted-gateway-reader": self._connection("reader")}
        connections |= {f"self-hosted-gateway-{stack}": self._connection("deployer") for stack in STACKS}
        self.azure = AzurePipelines(self.repository, {**self.machine, **group}, connections, folder)

    def _connection(self, identity: str) -> dict[str, str]:
        client_id = self.sandbox.environments[identity]["ARM_CLIENT_ID"]
        # What the task leaves in the script's environment, and the sandbox's sign-in in the place of the token's exchange.
        token = {"servicePrincipalId": client_id, "tenantId": TENANT, "idToken": "contoso-identity-token"}
        return {**token, **self.sign_in(identity)}

    def run(self, pipeline: str) -> dict[str, AzureJob]:
        variables = PULL_REQUEST if pipeline == "preview.yml" else MAIN
        return {job.name: job for job in self.azure.run(pipeline, self.head, variables)}


@pytest.fixture(scope="module")
def project(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, deployed for the first time by the pipeline, if there is one."""
    sandbox.reset_azure()
    sandbox.erase_cluster()
    new = Project(sandbox, tmp_path_factory.mktemp("azure-pipelines"))
    try:
        if deploys("Azure"):
            jobs = new.run("deploy.yml")
            assert {name: (job.result, job.environment) for name, job in jobs.items()} == {
                f"{step}_{stack}": ("Succeeded", stack if step == "update" else None)
                for stack in STACKS
                for step in ("plan", "update")
            }, "\n".join(job.log for job in jobs.values())
            assert "Stack dev: 27 to create, 0 unchanged." in jobs["plan_dev"].summary
        else:
            new.deploy()
        yield new
    finally:
        new.remove()


def test_a_preview_stands_on_the_runs_page_for_each_stack_that_is_affected(project: Project) -> None:
    project.sandbox.wait_for_pods()
    project.repository.write("Pulumi.dev.yaml", project.stack_file(gateways=[sandbox_gateway(replicas=2)]))
    project.head = project.repository.commit()
    jobs = project.run("preview.yml")
    assert list(jobs) == ["affected", "preview_dev", "preview_staging", "preview_prod"]
    # More than one pod are spread over zones and nodes.
    row = (
        "| update | `mygw-workload-deployment` | Deployment | `spec.replicas`, "
        "`spec.template.spec.topologySpreadConstraints` |"
    )
    assert row in jobs["preview_dev"].summary

    project.repository.write("Pulumi.prod.yaml", project.follower_file("prod").replace("existing", "exisiting"))
    project.head = project.repository.commit()
    jobs = project.run("preview.yml")
    assert {name: job.result for name, job in jobs.items()} == {"affected": "Succeeded", "preview_prod": "Failed"}
    assert "> The preview failed: nothing is known of what would change." in jobs["preview_prod"].summary
    project.repository.git("reset", "--quiet", "--hard", "HEAD^1")
    project.head = project.repository.git("rev-parse", "HEAD")


def test_drift_is_a_warning_and_a_failure_is_one(project: Project) -> None:
    sandbox = project.sandbox
    sandbox.kubectl("patch", "configmap", "mygw-env", "--type=merge", "-p", '{"data":{"gateway.name":"x"}}').ok()
    jobs = project.run("drift.yml")
    assert {name: job.result for name, job in jobs.items()} == {
        "drift_dev": "SucceededWithIssues",
        "drift_staging": "Succeeded",
        "drift_prod": "Succeeded",
    }
    assert "##vso[task.logissue type=warning]Stack dev has drifted." in jobs["drift_dev"].log
    assert '| `mygw-workload-env` | changed: `data["gateway.name"]` | `mygw` | `x` |' in jobs["drift_dev"].summary

    sandbox.fault("ARM GET Microsoft.ApiManagement/service", status=403, code="AuthorizationFailed")
    failed = project.run("drift.yml")["drift_dev"]
    sandbox.clear_faults()
    assert (failed.result, failed.summary) == ("Failed", "")
    assert not any(secret in job.log + job.summary for job in (*jobs.values(), failed) for secret in project.secrets())
