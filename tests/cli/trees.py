"""What `grantctl explain` prints, for every reason there is."""

from __future__ import annotations

# The question, its exit code, the tree.
TREES: dict[str, tuple[str, int, str]] = {
    "by a group": (
        "bob@example.com chat.controls",
        0,
        """\
✓ allowed: bob@example.com may chat.controls
├─ because group `engineering` sets it true
├─ · role: user, decides nothing
├─ ✓ group engineering: true (added by ada on 2026-01-05)
├─ · group staff: absent, held through engineering
└─ · default: false
""",
    ),
    "by an inherited group, for a while, a false without effect": (
        "chen@example.com chat.controls",
        0,
        """\
✓ allowed: chen@example.com may chat.controls
├─ because group `engineering`, held through `interns`, sets it true
├─ · role: user, decides nothing
├─ ✓ group engineering: true, held through interns (added by ada on 2026-01-05, until 2099-01-01 00:00 UTC)
├─ · group interns: false (added by ada on 2026-01-05, until 2099-01-01 00:00 UTC)
├─ · group staff: absent, held through interns › engineering
├─ · default: false
├─ ! `interns` says false for `chat.controls` without effect: true anywhere wins
└─ ! allowed until 2099-01-01 00:00 UTC, when the membership in `interns` expires
""",  # noqa: E501
    ),
    "by default, a false without effect": (
        "dana@example.com chat.share",
        0,
        """\
✓ allowed: dana@example.com may chat.share
├─ because the default is true
├─ · role: user, decides nothing
├─ · group support: false (added on 2026-01-05 from oauth)
├─ · group staff: absent, held through support
├─ ✓ default: true
└─ ! `support` says false for `chat.share` without effect: true anywhere wins
""",
    ),
    "by default, the gate off": (
        "Flo chat.valves",
        0,
        """\
✓ allowed: u-flo may chat.valves
├─ because the default is true
├─ · role: user, decides nothing
├─ · groups: none
├─ ✓ default: true
└─ ! `chat.valves` is gated by `chat.controls`, which the user is denied
""",
    ),
    "an admin": (
        "ada@example.com notes",
        0,
        """\
✓ allowed: ada@example.com may notes
├─ because admins are allowed everything
├─ ✓ role: admin
└─ · not asked: false by default
""",
    ),
    "an admin, a category": (
        "ada@example.com chat --all",
        0,
        """\
✓ allowed: ada@example.com may chat (all of it)
├─ because admins are allowed everything
├─ ✓ role: admin
└─ · not asked: groups and defaults, which allow 2 of 4 under it
""",
    ),
    "pending": (
        "eli@example.com notes",
        3,
        """\
✗ denied: eli@example.com may not notes
├─ because pending users are denied everything
├─ ✗ role: pending
└─ · not asked: true in support › staff
to allow it:
  approve the user
    grantctl users approve eli@example.com
""",
    ),
    "pending and not granted either": (
        "eli@example.com chat.controls",
        3,
        """\
✗ denied: eli@example.com may not chat.controls
├─ because pending users are denied everything
├─ ✗ role: pending
└─ · not asked: false by default
to allow it, one of these:
  approve the user and add the user to `engineering`, which has it
    grantctl users approve eli@example.com
    grantctl groups add engineering eli@example.com
  approve the user and set it for every member of `support`
    grantctl users approve eli@example.com
    grantctl permissions set --group=support chat.controls=true
  approve the user and set it for every user
    grantctl users approve eli@example.com
    grantctl permissions set --default chat.controls=true
""",
    ),
    "pending, the role ignored": (
        "eli@example.com notes --ignore-role",
        0,
        """\
✓ allowed: eli@example.com may notes
├─ because group `staff`, held through `support`, sets it true
├─ · role: pending, not asked
├─ ✓ group staff: true, held through support (imported by owui on 2026-01-05)
├─ · group support: absent
└─ · default: false
""",
    ),
    "denied": (
        "dana@example.com chat.controls",
        3,
        """\
✗ denied: dana@example.com may not chat.controls
├─ because none of 2 groups sets it true (0 false, 2 absent), and the default is false
├─ · role: user, decides nothing
├─ · group staff: absent, held through support
├─ · group support: absent
└─ · default: false
to allow it, one of these:
  add the user to `engineering`, which has it
    grantctl groups add engineering dana@example.com
  set it for every member of `support`
    grantctl permissions set --group=support chat.controls=true
  set it for every user
    grantctl permissions set --default chat.controls=true
""",
    ),
    "denied since a membership expired": (
        "gus@example.com chat.controls",
        3,
        """\
✗ denied: gus@example.com may not chat.controls
├─ because the user is in no group, and the default is false
├─ · role: user, decides nothing
├─ · groups: none (1 membership expired)
├─ · default: false
└─ ! the membership in `engineering` expired on 2020-01-01 00:00 UTC and counts no more
to allow it, one of these:
  renew the expired membership in `engineering`, which has it
    grantctl groups add engineering gus@example.com
  set it for every user
    grantctl permissions set --default chat.controls=true
""",
    ),
    "a category": (
        "Flo chat",
        0,
        """\
✓ allowed: u-flo may chat
├─ because 2 of 4 permissions under it are allowed, and one is enough
├─ · role: user, decides nothing
├─ ✓ chat.share: true by default
├─ ✓ chat.valves: true by default
├─ ✗ chat.controls: false by default
├─ ✗ chat.enforced: false by default
└─ ! `chat.valves` is gated by `chat.controls`, which the user is denied
""",
    ),
    "all of a category": (
        "chen@example.com chat --all",
        3,
        """\
✗ denied: chen@example.com may not chat (all of it)
├─ because 3 of 4 permissions under it are allowed, and every one is asked for
├─ · role: user, decides nothing
├─ ✗ chat.enforced: false by default
├─ ✓ chat.controls: true in interns › engineering
├─ ✓ chat.share: true by default
├─ ✓ chat.valves: true by default
└─ ! `interns` says false for `chat.controls` without effect: true anywhere wins
to allow it, one of these:
  set what is missing, `chat.enforced`, for every member of `interns`
    grantctl permissions set --group=interns chat.enforced=true
  set what is missing, `chat.enforced`, for every user
    grantctl permissions set --default chat.enforced=true
""",
    ),
}
