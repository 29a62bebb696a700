"""The drift check: what the engine finds, what it can't see, and secrets that end soon."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from ..azure.sign_in import Azure
from ..cluster.connection import Cluster
from ..engine.pending import ADVICE, left_to_delete
from ..engine.providers import provider_inputs
from ..engine.state import StackResource, export_raw, export_stack, holdings
from ..engine.steps import Step
from ..errors import OpsError
from ..report.masking import mask
from .accepted import acceptances, settle
from .beside.authorization import Authorization
from .beside.entra import added_credentials, doubles
from .beside.kubernetes import drift_of_objects
from .declared import looked_at_and_planned
from .deployed import last_deployment
from .elsewhere import Elsewhere
from .report import ExpiringSecret, Finding, Kind, Report
from .undeployed import Declared, compare

_PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"  # noqa: S105 - a type
WARN_BEFORE = timedelta(days=30)


def check(stack: str) -> Report:
    """Check one stack; nothing is changed anywhere.

    From the day on which a secret ends, the program is refused and with it the check: of such a secret the report tells
    even so, with the problem.

    Raises:
        OpsError: something can't be checked, and no secret ends soon: that is no drift, and no all-clear either.
    """
    before = holdings(export_raw(stack))
    if before[1]:
        raise OpsError(
            f"Stack {stack} is being updated, or an update of it was interrupted: wait until it has ended, or see "
            f"`.venv/bin/python -m ops recover --stack {stack}`."
        )
    resources = export_stack(stack, keys_of_secrets=True)
    report = Report(stack, expiring=list(expiring(resources, datetime.now(UTC))))
    try:
        with _named_with(pending_deletions(resources)):
            last = last_deployment(stack, before[0])
        report.deployed = last.deployed
        changed, planned = looked_at_and_planned(stack, resources)
        declared = compare(stack, planned, before[0], last)
        changed = _with_objects(resources, planned, declared, declared.with_drift_of_the_state(changed))
        entries = acceptances(stack)
        report.undeployed = declared.undeployed
        report.findings, report.decided = declared.told_apart([*changed, *_beside(stack, resources)])
        report.findings += pending_deletions(resources)
        settle(report, entries, {resource.name for resource in resources}, datetime.now(UTC).date())
    except OpsError as error:
        if not report.expiring:
            raise
        report.problem = mask(str(error))
    # What an update has half done is no drift.
    if holdings(export_raw(stack)) != before:
        raise OpsError(f"Stack {stack} was updated while it was checked: check again.")
    return report


def expiring(resources: list[StackResource], now: datetime) -> Iterator[ExpiringSecret]:
    """The stack's client secrets that end within 30 days."""
    for resource in resources:
        if resource.type != _PASSWORD:
            continue
        end = datetime.fromisoformat(str(resource.outputs["endDate"]))
        if end - now <= WARN_BEFORE:
            yield ExpiringSecret(resource.name, str(resource.outputs["keyId"]), end, (end - now).days)


def pending_deletions(resources: list[StackResource]) -> Iterator[Finding]:
    """What was replaced and could not be deleted."""
    for resource in left_to_delete(resources):
        what = "the one that was replaced, still to be deleted"
        yield Finding(resource.name, resource.type, Kind.ADDED, what, actual=resource.id, advice=ADVICE)


@contextmanager
def _named_with(pending: Iterable[Finding]) -> Iterator[None]:
    """An update that fails as it deletes is told with what it has left: that stands, with the rights that it gives."""
    try:
        yield
    except OpsError as error:
        left = [f"- {finding.resource}: {finding.what}, {finding.actual}" for finding in pending]
        raise OpsError("\n".join([str(error), *left])) from None


def _with_objects(
    resources: list[StackResource], planned: list[Step], declared: Declared, changed: list[Finding]
) -> list[Finding]:
    """What was found so far, with the cluster's objects held against what the program declares now."""
    if (kubernetes := provider_inputs("kubernetes", resources)) is None:
        return changed
    now = {step.urn: step.new for step in planned if step.new}
    ignored = {step.urn: step.record.get("ignoreChanges") or () for step in planned if step.new}
    deployed = {resource.urn: declared.deployed(resource, now.get(resource.urn)) for resource in resources}
    return drift_of_objects(resources, now, ignored, Cluster(kubernetes), changed, deployed)


def _beside(stack: str, resources: list[StackResource]) -> Iterator[Finding]:
    if (azure_native := provider_inputs("azure-native", resources)) is not None:
        azure = Azure(azure_native)
        elsewhere = Elsewhere(stack)
        yield from Authorization(resources, elsewhere, azure.arm).added()
        yield from added_credentials(resources, azure.graph)
        yield from doubles(resources, elsewhere, azure.graph)
