"""Assumptions as plain values: the member `assumptions` of a document.

Owns its names. The words are those of `evaluation.assumptions`.
"""

from __future__ import annotations

from grantctl.evaluation.assumptions import Assumptions, FlagAssumption
from grantctl.render.decisions import Document, group_document


def assumption_documents(assumptions: Assumptions) -> list[Document]:
    """Each assumption as JSON, in the order in which they are told."""
    told: list[Document] = [
        {"kind": "with_group", "group": group_document(group)} for group in assumptions.with_groups
    ]
    told += [
        {"kind": "without_group", "group": group_document(group)}
        for group in assumptions.without_groups
    ]
    if assumptions.role is not None:
        told.append({"kind": "role", "role": assumptions.role.value})
    told += [_flag_document(one) for one in (*assumptions.flags, *assumptions.defaults)]
    if assumptions.at is not None:
        told.append({"kind": "at", "at": assumptions.at})
    return told


def _flag_document(one: FlagAssumption) -> Document:
    """`permission`: as it was given; `permissions`: those that it stands for."""
    where: Document = (
        {"kind": "default"}
        if one.group is None
        else {"kind": "flag", "group": group_document(one.group)}
    )
    return where | {
        "permission": one.key,
        "value": one.value,
        "permissions": list(one.leaves),
    }
