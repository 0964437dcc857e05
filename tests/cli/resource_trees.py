"""What `grantctl explain USER ACTION TYPE:ID` prints, for every reason there is."""

from __future__ import annotations

# ruff: noqa: E501

# The question, its exit code, the tree.
TREES: dict[str, tuple[str, int, str]] = {
    "by a group's grant": (
        "bob@example.com read model:gpt-4o",
        0,
        """\
✓ allowed: bob@example.com may read model:gpt-4o
├─ because group `engineering` is granted `read`
├─ · role: user, decides nothing
└─ ✓ model:gpt-4o (GPT-4o), restricted: 1 grant
   ├─ · the owner is `ada@example.com`, not the user
   └─ ✓ grant of read to group engineering: covers read, the user is in it
""",
    ),
    "by a group's grant on what it is made of": (
        "bob@example.com read model:helper",
        0,
        """\
✓ allowed: bob@example.com may read model:helper
├─ because `model:helper` is public, and every user may read it
├─ · role: user, decides nothing
├─ ✓ model:helper (Helper), public: no access control
│  └─ · the owner is `dana@example.com`, not the user
└─ ✓ its base model:gpt-4o (GPT-4o), restricted: 1 grant
   ├─ · the owner is `ada@example.com`, not the user
   └─ ✓ grant of read to group engineering: covers read, the user is in it
""",
    ),
    "by the owner's right": (
        "bob@example.com write tool:calculator",
        0,
        """\
✓ allowed: bob@example.com may write tool:calculator
├─ because the user owns `tool:calculator`, and owners are allowed everything
├─ · role: user, decides nothing
└─ ✓ tool:calculator (Calculator), restricted: 6 grants
   ├─ ✓ the user owns `tool:calculator`, and owners are allowed everything
   ├─ · grant of write to group g-gone: covers write, dangling: no group has this id
   ├─ · grant of read to group interns: does not cover write, the user is not in it
   ├─ · grant of read to group staff: does not cover write, the user is in it through engineering
   ├─ · grant of write to group support: covers write, the user is not in it
   ├─ · grant of write to user u-flo: covers write, is for somebody else
   └─ · grant of read to user u-gone: does not cover write, dangling: no user has this id
""",
    ),
    "by everyone's grant, an inherited group too": (
        "dana@example.com write tool:whiteboard",
        0,
        """\
✓ allowed: dana@example.com may write tool:whiteboard
├─ because everyone is granted `write`
├─ · role: user, decides nothing
└─ ✓ tool:whiteboard (Whiteboard), restricted: 2 grants
   ├─ · the owner is `chen@example.com`, not the user
   ├─ · grant of read to everyone: does not cover write, includes every user
   └─ ✓ grant of write to everyone: covers write, includes every user
""",
    ),
    "by two groups, one inherited": (
        "chen@example.com read tool:calculator",
        0,
        """\
✓ allowed: chen@example.com may read tool:calculator
├─ because group `interns` is granted `read` (1 more grant gives it)
├─ · role: user, decides nothing
├─ ✓ tool:calculator (Calculator), restricted: 6 grants
│  ├─ · the owner is `bob@example.com`, not the user
│  ├─ · grant of write to group g-gone: does not cover read, dangling: no group has this id
│  ├─ ✓ grant of read to group interns: covers read, the user is in it
│  ├─ ✓ grant of read to group staff: covers read, the user is in it through interns › engineering
│  ├─ · grant of write to group support: does not cover read, the user is not in it
│  ├─ · grant of write to user u-flo: does not cover read, is for somebody else
│  └─ · grant of read to user u-gone: covers read, dangling: no user has this id
└─ ! allowed until 2099-01-01 00:00 UTC, when the membership in `interns` expires
""",
    ),
    "because it is public": (
        "Flo read model:llama3",
        0,
        """\
✓ allowed: u-flo may read model:llama3
├─ because `model:llama3` is public, and every user may read it
├─ · role: user, decides nothing
└─ ✓ model:llama3 (Llama 3), public: no access control
   └─ · `model:llama3` has no owner
""",
    ),
    "an admin, the chain not asked": (
        "ada@example.com read model:lost",
        0,
        """\
✓ allowed: ada@example.com may read model:lost
├─ because admins are allowed everything
├─ ✓ role: admin
├─ · model:lost (Lost), public: no access control, not asked
│  └─ · the owner is `dana@example.com`, not the user
└─ · `model:gone`, the base of `model:lost`, does not exist
""",
    ),
    "denied, for the base is not granted": (
        "dana@example.com read model:helper",
        3,
        """\
✗ denied: dana@example.com may not read model:helper
├─ because `model:helper` is made of `model:gpt-4o`, which the user may not read: `model:gpt-4o` is restricted, and its one grant is not to the user
├─ · role: user, decides nothing
├─ ✓ model:helper (Helper), public: no access control
│  └─ ✓ the user owns `model:helper`, and owners are allowed everything
└─ ✗ its base model:gpt-4o (GPT-4o), restricted: 1 grant
   ├─ · the owner is `ada@example.com`, not the user
   └─ · grant of read to group engineering: covers read, the user is not in it
to allow it, one of these:
  grant the user `read` on `model:gpt-4o`
    grantctl resources grant --user=dana@example.com model:gpt-4o read
  add the user to `engineering`, which has it
    grantctl groups add engineering dana@example.com
  grant every member of `support` `read` on `model:gpt-4o`
    grantctl resources grant --group=support model:gpt-4o read
  grant everyone `read` on `model:gpt-4o`
    grantctl resources publish model:gpt-4o
""",
    ),
    "write allowed where reading is denied": (
        "dana@example.com write model:helper",
        0,
        """\
✓ allowed: dana@example.com may write model:helper
├─ because the user owns `model:helper`, and owners are allowed everything
├─ · role: user, decides nothing
├─ ✓ model:helper (Helper), public: no access control
│  └─ ✓ the user owns `model:helper`, and owners are allowed everything
├─ · its base model:gpt-4o (GPT-4o), restricted: 1 grant, not asked
│  ├─ · the owner is `ada@example.com`, not the user
│  └─ · grant of read to group engineering: covers read, the user is not in it
└─ ! the user may not read `model:helper`, for its base: `model:gpt-4o` is restricted, and its one grant is not to the user
""",
    ),
    "denied, though write is granted": (
        "Flo read tool:calculator",
        3,
        """\
✗ denied: u-flo may not read tool:calculator
├─ because `tool:calculator` is restricted, and of its 6 grants none of the 3 for `read` is to the user: the user may write it, but write does not imply read
├─ · role: user, decides nothing
└─ ✗ tool:calculator (Calculator), restricted: 6 grants
   ├─ · the owner is `bob@example.com`, not the user
   ├─ · grant of write to group g-gone: does not cover read, dangling: no group has this id
   ├─ · grant of read to group interns: covers read, the user is not in it
   ├─ · grant of read to group staff: covers read, the user is not in it
   ├─ · grant of write to group support: does not cover read, the user is not in it
   ├─ · grant of write to user u-flo: does not cover read, is for the user
   └─ · grant of read to user u-gone: covers read, dangling: no user has this id
to allow it, one of these:
  grant the user `read` on `tool:calculator`
    grantctl resources grant --user=u-flo tool:calculator read
  add the user to `interns`, which has it
    grantctl groups add interns u-flo
  add the user to `staff`, which has it
    grantctl groups add staff u-flo
  grant everyone `read` on `tool:calculator`
    grantctl resources publish tool:calculator
""",
    ),
    "denied, though read is granted": (
        "chen@example.com write tool:calculator",
        3,
        """\
✗ denied: chen@example.com may not write tool:calculator
├─ because `tool:calculator` is restricted, and of its 6 grants none of the 3 for `write` is to the user: the user has `read`, which does not imply `write`
├─ · role: user, decides nothing
└─ ✗ tool:calculator (Calculator), restricted: 6 grants
   ├─ · the owner is `bob@example.com`, not the user
   ├─ · grant of write to group g-gone: covers write, dangling: no group has this id
   ├─ · grant of read to group interns: does not cover write, the user is in it
   ├─ · grant of read to group staff: does not cover write, the user is in it through interns › engineering
   ├─ · grant of write to group support: covers write, the user is not in it
   ├─ · grant of write to user u-flo: covers write, is for somebody else
   └─ · grant of read to user u-gone: does not cover write, dangling: no user has this id
to allow it, one of these:
  grant the user `write` on `tool:calculator`
    grantctl resources grant --user=chen@example.com tool:calculator write
  add the user to `support`, which has it
    grantctl groups add support chen@example.com
  grant every member of `interns` `write` on `tool:calculator`
    grantctl resources grant --group=interns tool:calculator write
  grant everyone `write` on `tool:calculator`
    grantctl resources grant --everyone tool:calculator write
""",
    ),
    "denied since a membership expired": (
        "gus@example.com read model:gpt-4o",
        3,
        """\
✗ denied: gus@example.com may not read model:gpt-4o
├─ because `model:gpt-4o` is restricted, and its one grant is not to the user
├─ · role: user, decides nothing
├─ ✗ model:gpt-4o (GPT-4o), restricted: 1 grant
│  ├─ · the owner is `ada@example.com`, not the user
│  └─ · grant of read to group engineering: covers read, the user's membership has expired
└─ ! the membership in `engineering` expired on 2020-01-01 00:00 UTC and counts no more
to allow it, one of these:
  grant the user `read` on `model:gpt-4o`
    grantctl resources grant --user=gus@example.com model:gpt-4o read
  renew the expired membership in `engineering`, which has it
    grantctl groups add engineering gus@example.com
  grant everyone `read` on `model:gpt-4o`
    grantctl resources publish model:gpt-4o
""",
    ),
    "denied, for the base does not exist": (
        "bob@example.com read model:lost",
        3,
        """\
✗ denied: bob@example.com may not read model:lost
├─ because `model:gone`, the base of `model:lost`, does not exist
├─ · role: user, decides nothing
├─ ✓ model:lost (Lost), public: no access control
│  └─ · the owner is `dana@example.com`, not the user
└─ ✗ `model:gone`, the base of `model:lost`, does not exist
to allow it, one of these:
  make `model:gone` known, for every user to read
    grantctl resources create --public model:gone
  let `model:lost` have no base
    grantctl resources update --no-base model:lost
""",
    ),
    "a missing base left out": (
        "bob@example.com read model:lost --ignore-base",
        0,
        """\
✓ allowed: bob@example.com may read model:lost
├─ because `model:lost` is public, and every user may read it
├─ · role: user, decides nothing
├─ ✓ model:lost (Lost), public: no access control
│  └─ · the owner is `dana@example.com`, not the user
└─ · `model:gone`, the base of `model:lost`, does not exist
""",
    ),
    "denied, pending and not granted either": (
        "eli@example.com read knowledge:secrets",
        3,
        """\
✗ denied: eli@example.com may not read knowledge:secrets
├─ because pending users are denied everything
├─ ✗ role: pending
└─ · knowledge:secrets (Secrets), private: an empty access control, not asked
   └─ · the owner is `ada@example.com`, not the user
to allow it, one of these:
  approve the user and grant the user `read` on `knowledge:secrets`
    grantctl users approve eli@example.com
    grantctl resources grant --user=eli@example.com knowledge:secrets read
  approve the user and grant every member of `support` `read` on `knowledge:secrets`
    grantctl users approve eli@example.com
    grantctl resources grant --group=support knowledge:secrets read
  approve the user and grant everyone `read` on `knowledge:secrets`
    grantctl users approve eli@example.com
    grantctl resources publish knowledge:secrets
""",
    ),
    "denied, public and no more": (
        "dana@example.com write model:llama3",
        3,
        """\
✗ denied: dana@example.com may not write model:llama3
├─ because `model:llama3` is public, which lets every user read it and no more
├─ · role: user, decides nothing
└─ ✗ model:llama3 (Llama 3), public: no access control
   └─ · `model:llama3` has no owner
to allow it, one of these:
  grant the user `write` on `model:llama3`
    grantctl resources grant --user=dana@example.com model:llama3 write
  grant every member of `support` `write` on `model:llama3`
    grantctl resources grant --group=support model:llama3 write
  grant everyone `write` on `model:llama3`
    grantctl resources grant --everyone model:llama3 write
""",
    ),
    "denied, the owner left out": (
        "dana@example.com read knowledge:secrets --ignore-owner --ignore-role",
        3,
        """\
✗ denied: dana@example.com may not read knowledge:secrets
├─ because `knowledge:secrets` is private, and not the user's own
├─ · role: user, not asked
└─ ✗ knowledge:secrets (Secrets), private: an empty access control
   └─ · the owner is not asked for
to allow it, one of these:
  grant the user `read` on `knowledge:secrets`
    grantctl resources grant --user=dana@example.com knowledge:secrets read
  grant every member of `support` `read` on `knowledge:secrets`
    grantctl resources grant --group=support knowledge:secrets read
  grant everyone `read` on `knowledge:secrets`
    grantctl resources publish knowledge:secrets
""",
    ),
    "an action nobody has heard of": (
        "chen@example.com raed tool:whiteboard",
        0,
        """\
✓ allowed: chen@example.com may raed tool:whiteboard
├─ because the user owns `tool:whiteboard`, and owners are allowed everything
├─ · role: user, decides nothing
├─ ✓ tool:whiteboard (Whiteboard), restricted: 2 grants
│  ├─ ✓ the user owns `tool:whiteboard`, and owners are allowed everything
│  ├─ · grant of read to everyone: does not cover raed, includes every user
│  └─ · grant of write to everyone: does not cover raed, includes every user
└─ ! no grant on `tool:whiteboard` names the action `raed`: did you mean `read`?
""",
    ),
}
