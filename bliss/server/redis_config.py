"""What the two servers are told when they start: text in Redis' own configuration format.

Users by role, `default` off.  Each role has one rule per server, in the words of Redis' ACL, which
holds inside functions too.  Nobody but the janitor, which is Beacon itself, expires, trims or
deletes data, or has a server's own commands (`CONFIG`, `DEBUG`, `FLUSHALL`, `KEYS`, loading
functions …).

| role    | data                                        | settings                            |
| ------- | ------------------------------------------- | ----------------------------------- |
| session | reads, creates nodes, appends, ends scans   | reads and writes                    |
| writer  | reads, marks what is safely on disk         | reads, sets Channels, posts events  |
| client  | reads                                       | reads, sets Channels, posts events  |
| viewer  | reads                                       | reads                               |
| janitor | everything                                  | everything                          |
"""

import hashlib
from collections.abc import Mapping

SERVERS = ("settings", "data")

JANITOR = "janitor"  #: Beacon's own user; its password never leaves Beacon

_READ = (
    "~* &* +@read +@connection +@transaction +@pubsub -publish -spublish"
    " -@admin -@dangerous +info +time +acl|whoami"
)
#: What our functions do; an XADD may trim, which no rule can forbid, and nothing of ours asks for.
_PRODUCE = (
    f"{_READ} +fcall +hset +hincrby +sadd +srem +xadd +xgroup|create +xgroup|destroy"
)  # fmt: skip
#: Of the groups, whose positions are the marks; they are made with the scan, by the session.
_MARK = f"{_READ} +xgroup|setid +xack"
_SHARE = (
    f"{_READ} (~bliss:channel:* &bliss:channel:* &bliss:events:*"
    " +fcall +hset +hdel +del +sadd +srem +publish)"
)
_WRITE = "~* &* +@all -@admin -@dangerous -@scripting +fcall +info"
_ALL = "~* &* +@all"

#: What each role may do on each server.
ROLES: Mapping[str, Mapping[str, str]] = {
    "session": {"settings": _WRITE, "data": _PRODUCE},
    "writer": {"settings": _SHARE, "data": _MARK},
    "client": {"settings": _SHARE, "data": _READ},
    "viewer": {"settings": _READ, "data": _READ},
    JANITOR: {"settings": _ALL, "data": _ALL},
}

#: For both servers.  A client that stops reading, or sends nonsense, is cut off before it takes
#: memory that belongs to data.
_COMMON = """\
protected-mode yes
databases 1
tcp-backlog 511
tcp-keepalive 60
timeout 0
daemonize no
loglevel notice
save ""
enable-debug-command no
enable-module-command no
enable-protected-configs no
maxmemory-policy noeviction
maxmemory-clients 256mb
proto-max-bulk-len 64mb
client-query-buffer-limit 128mb
client-output-buffer-limit normal 256mb 128mb 30
client-output-buffer-limit pubsub 32mb 8mb 60
"""

_SETTINGS = """\
appendonly yes
appendfsync everysec
aof-load-truncated yes
maxmemory 256mb
"""

_DATA = """\
appendonly no
maxmemory 1gb
lazyfree-lazy-eviction yes
lazyfree-lazy-expire yes
lazyfree-lazy-server-del yes
lazyfree-lazy-user-del yes
lazyfree-lazy-user-flush yes
"""

_OF_SERVER = {"settings": _SETTINGS, "data": _DATA}


def config_text(
    server: str,
    *,
    host: str,
    port: int,
    folder: str,
    passwords: Mapping[str, str],
    memory: str | None = None,
) -> str:
    """The configuration of a server.

    Args:
        server: `"settings"` or `"data"`.
        host: IP address to listen on.
        port: TCP port to listen on.
        folder: Absolute path of the folder for its files.
        passwords: One per role of `ROLES`; only their hashes are in the text.
        memory: What its data may take, `"256mb"`, if not what is usual.
    """
    users = "".join(
        f"user {role} reset on #{_sha256(passwords[role])} {rules[server]}\n"
        for role, rules in ROLES.items()
    )
    limit = f"maxmemory {memory}\n" if memory else ""
    return (
        f"bind {_bound(host)}\nport {port}\ndir {_quoted(folder)}\n"
        f"{_COMMON}{_OF_SERVER[server]}{limit}user default reset off\n{users}"
    )


def _bound(host: str) -> str:
    """Redis takes the addresses of IPv4 and IPv6 apart; Beacon's socket at `::` serves both."""
    return "0.0.0.0 ::" if host == "::" else host


def _sha256(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
