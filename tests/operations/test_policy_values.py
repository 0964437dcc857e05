"""What each policy setting may be: as typed, as stored, and from one to the other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grantctl.errors import InvalidError
from grantctl.operations import policy_settings as keys
from grantctl.operations.policy_settings import SETTINGS
from grantctl.operations.policy_values import MAX_ITEMS, is_same, stored_value, value_text

ITEMS = st.text("ab,[]\"' é*", min_size=1, max_size=5).filter(lambda text: not text.isspace())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@pytest.mark.parametrize("key", SETTINGS)
def test_a_default_is_what_its_own_setting_may_be(key: str) -> None:
    setting = SETTINGS[key]
    assert setting.read(stored_value(setting.default)) == setting.default
    assert setting.parse(value_text(setting.default)) == setting.default


@settings(deadline=None, max_examples=60)
@given(st.lists(ITEMS, unique=True, max_size=4).map(tuple))
def test_a_list_is_read_as_it_is_written(items: tuple[str, ...]) -> None:
    setting = SETTINGS[keys.OAUTH_ALLOWED_ROLES]
    assert setting.parse(value_text(items)) == items
    assert setting.read(stored_value(items)) == items


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", ()),
        ("a", ("a",)),
        (" a , b,, c,", ("a", "b", "c")),
        ("a,a", ("a",)),
        ('["a,b", " c"]', ("a,b", " c")),
        ("[]", ()),
        ("cn=a;ou=b", ("cn=a;ou=b",)),
    ],
)
def test_a_list_is_typed_with_commas_or_as_json(text: str, items: tuple[str, ...]) -> None:
    assert SETTINGS[keys.OAUTH_ALLOWED_ROLES].parse(text) == items


LONG = "[" + ",".join(f'"{number}"' for number in range(MAX_ITEMS + 1)) + "]"


@pytest.mark.parametrize(
    "text", ["[", "[1]", '["a", null]', '[""]', '[" "]', "a\x1bb", "a" * 201, "[" * 9999, LONG]
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        SETTINGS[keys.OAUTH_ALLOWED_ROLES].parse(text)
    assert caught.value.message == f"`oauth.allowed_roles` may not be `{text[:80]}`"
    assert caught.value.hint == 'a,b or a JSON list, ["a", "b"]'


def test_domains_are_kept_in_lower_case() -> None:
    assert SETTINGS[keys.OAUTH_ALLOWED_DOMAINS].parse("Example.COM,*") == ("example.com", "*")


ALLOWED = {
    keys.DEFAULT_GROUP: ("", "a group", "6c1b"),
    keys.OAUTH_ISSUER: ("", "https://id.example.com/realms/x"),
    keys.OAUTH_ROLES_CLAIM: ("", "realm_access.roles", "https://example.com/roles"),
    keys.OAUTH_ROLES_SEPARATOR: (",", " ", "; "),
    keys.OAUTH_UNMATCHED_ROLE: ("default_role", "refuse"),
    keys.OAUTH_MISSING_ROLE: ("keep", "default_role"),
    keys.OAUTH_JWKS: (
        "",
        "/etc/grantctl/keys.json",
        "https://id.example.com/keys",
        "https://id.example.com:8443/keys?a=b",
        "http://localhost:8080/keys",
        "http://127.0.0.1/keys",
        "http://[::1]:1/keys",
    ),
}
REFUSED = {
    keys.DEFAULT_GROUP: ("a\0", "a" * 256, "\ud800"),
    keys.OAUTH_ISSUER: (" a", "a\nb", "a" * 201),
    keys.OAUTH_SUB_CLAIM: ("", " "),
    keys.OAUTH_GROUPS_CLAIM: ("",),
    keys.OAUTH_ROLES_SEPARATOR: ("", "\n", "x" * 17),
    keys.OAUTH_UNMATCHED_ROLE: ("", "keep", "Refuse"),
    keys.OAUTH_MISSING_ROLE: ("refuse",),
    keys.OAUTH_SIGNUP: ("1", "yes", "", "true "),
    keys.OAUTH_JWKS: (
        "keys.json",
        "http://id.example.com/keys",
        "http://localhost.example.com/keys",
        "https://",
        "https://:8443/keys",
        "https://id.example.com:/keys",
        "https://u:pw@id.example.com/keys",
        "https://id.example.com/keys#a",
        "https://id example.com/keys",
        "file:///etc/keys.json",
        "ftp://id.example.com/keys",
        "/etc/\n",
    ),
}


@pytest.mark.parametrize(
    ("key", "text"), [(key, text) for key, texts in ALLOWED.items() for text in texts]
)
def test_what_may_be_is_kept_as_it_is(key: str, text: str) -> None:
    assert SETTINGS[key].parse(text) == text


@pytest.mark.parametrize(
    ("key", "number"), [(key, at) for key, texts in REFUSED.items() for at in range(len(texts))]
)
def test_what_may_not_be_is_refused_with_what_may(key: str, number: int) -> None:
    text = REFUSED[key][number]
    with pytest.raises(InvalidError) as caught:
        SETTINGS[key].parse(text)
    assert caught.value.message == f"`{key}` may not be `{text[:80]}`"
    assert caught.value.hint == SETTINGS[key].allowed


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(sorted(SETTINGS)), JSON)
def test_whatever_is_stored_is_a_value_that_may_be_or_an_error(key: str, stored: object) -> None:
    setting = SETTINGS[key]
    try:
        value = setting.read(stored)
    except InvalidError as error:
        assert (error.hint or "").startswith("grantctl ")
    else:
        assert type(value) is type(setting.default)
        assert setting.read(stored_value(value)) == value


def test_values_that_mean_the_same_are_the_same() -> None:
    assert is_same("1h", "60m")
    assert is_same(("a", "b"), ("b", "a"))
    assert is_same(True, True)
    assert not is_same("1h", "1m")
    assert not is_same("1h", "x")
    assert not is_same(("a",), ("a", "b"))
    assert not is_same("", "a")
