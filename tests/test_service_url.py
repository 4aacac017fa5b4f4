"""URLs of services that are not Beacon's own."""

import pytest

from bliss.common.errors import ConfigError
from bliss.server.service_url import parse_service_url, service_urls


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("localhost:6379", "expected redis://…, rediss://…"),
        ("unix:///run/redis.sock", "expected redis://…, rediss://…"),
        ("redis://", "host '': expected a name"),
        ("redis://host:99999", "host 'host:99999': expected a name"),
        ("redis://a,b", "names several hosts; expected one, or redis[+]sentinel"),
        ("redis://host/main", "database 'main': expected a number"),
        ("redis://someone@host", "has a user without a password"),
        ("redis://someone:se/cret@host", "in a password write them as"),
        ("redis://someone:se#cret@host", "in a password write them as"),
        ("redis://host?ssl_ca_certs=ca.crt", "redis has no parameter 'ssl_ca_certs'"),
        ("rediss://host?ssl_ca_certs=/no/ca.crt", "file /no/ca.crt cannot be read"),
        (f"rediss://host?ssl_ca_certs={__file__}", "its certificates cannot be used"),
        ("rediss://host?ssl_cert_reqs=maybe", "expected one of required, none"),
        ("redis+sentinel://a,b", "expected the service that the Sentinels know"),
    ],
)
def test_a_wrong_url_is_one_clear_sentence(url, problem):
    with pytest.raises(ConfigError, match=problem) as caught:
        parse_service_url(url, "--data-url")
    assert str(caught.value).startswith("--data-url=")
    assert "cret" not in str(caught.value)


def test_what_a_url_says(tmp_path):
    (tmp_path / "password").write_text("secret\n")
    url = parse_service_url(
        f"redis+sentinel://me@a,[::1]:4/main/2?password_file={tmp_path}/password"
        "&sentinel_password=other",
        "--data-url",
    )
    assert [str(address) for address in url.addresses] == ["a:26379", "[::1]:4"]
    assert (url.service, url.sentinel["password"]) == ("main", "other")
    assert url.credentials == {"username": "me", "password": "secret", "db": 2, "tls": None}
    assert "other" not in f"{url.shown} {url!r}"


def test_both_servers_cannot_be_one_database():
    environment = {"BLISS_DATA_URL": "redis://host", "BLISS_SETTINGS_URL": "redis://host:6379/0"}
    with pytest.raises(ConfigError, match="expected two databases"):
        service_urls({"data": None, "settings": None}, environment)
    assert len(service_urls({"data": "redis://host/1", "settings": None}, environment)) == 2
