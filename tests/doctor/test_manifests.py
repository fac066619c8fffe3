"""Manifests of Kubernetes: what patches say of a workload, and which kinds are workloads."""

from __future__ import annotations

import pytest

from supervisor.doctor.house.house import house_of

WORKER = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: worker}\nspec:\n  template:\n"
    "    spec:\n      containers:\n        - name: worker\n          image: app\n"
)
PATCH = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\nspec:\n  template:\n"
    "    spec:\n      terminationGracePeriodSeconds: %d\n"
)


def test_a_patch_sets_the_grace_period_of_its_base() -> None:
    """Of several, the shortest is what the workload surely has."""
    files = {
        "base/worker.yaml": WORKER,
        "long/patch.yaml": PATCH % ("worker", 600),
        "short/patch.yaml": PATCH % ("worker", 120),
        "other/patch.yaml": PATCH % ("web", 5),
    }
    (found,) = house_of(files).services
    assert (found.grace, str(found.grace_place)) == (120, "short/patch.yaml:7")


def test_what_a_workload_says_itself_counts_more_than_a_patch_of_a_namesake() -> None:
    own = WORKER.replace("    spec:\n", "    spec:\n      terminationGracePeriodSeconds: 45\n")
    files = {"a.yaml": own, "b.yaml": PATCH % ("worker", 5), "c.yaml": WORKER}
    assert sorted(one.grace for one in house_of(files).services) == [5, 45]


@pytest.mark.parametrize(
    "version, kind",
    [
        ("v1", "ReplicationController"),
        ("apps.openshift.io/v1", "DeploymentConfig"),
        ("argoproj.io/v1alpha1", "Rollout"),
    ],
)
def test_other_kinds_that_keep_pods_running(version: str, kind: str) -> None:
    text = WORKER.replace("apps/v1", version).replace("Deployment", kind)
    (found,) = house_of({"a.yaml": text}).services
    assert (found.name, found.workload, found.oneshot) == ("worker/worker", kind, False)


@pytest.mark.parametrize(
    "kind, key", [("List", "items"), ("DeploymentList", "items"), ("Template", "objects")]
)
def test_what_is_listed_is_looked_at_one_by_one(kind: str, key: str) -> None:
    inner = "".join(f"    {line}\n" for line in WORKER.splitlines())
    text = f"apiVersion: v1\nkind: {kind}\n{key}:\n  -{inner[3:]}"
    (found,) = house_of({"a.yaml": text}).services
    assert (found.name, found.workload) == ("worker/worker", "Deployment")
