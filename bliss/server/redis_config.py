"""What the two servers are told when they start: text in Redis' own configuration format.

Users by role, `default` off.  Each role has one rule per server, in the words of Redis' ACL; a
server's own commands (`CONFIG`, `DEBUG`, `FLUSHALL`, `KEYS`, loading functions …) are for the
janitor only, which is Beacon itself.
"""

import hashlib
from collections.abc import Mapping

SERVERS = ("settings", "data")

JANITOR = "janitor"  #: Beacon's own user; its password never leaves Beacon

_READ = (
    "~* &* +@read +@connection +@transaction +@pubsub -publish -spublish"
    " +eval_ro +evalsha_ro +fcall_ro -@admin -@dangerous +info +time"
)
_WRITE = (
    "~* &* +@all -@admin -@dangerous +info"
    " -function -script +script|exists +script|load"
)  # fmt: skip
_CONFIRM = f"{_READ} +xgroup|setid +xack +fcall"  #: read, and mark what is safely on disk

#: What each role may do on each server.
ROLES: Mapping[str, Mapping[str, str]] = {
    "session": {"settings": _WRITE, "data": _WRITE},
    "writer": {"settings": _READ, "data": _CONFIRM},
    "client": {"settings": _WRITE, "data": _READ},
    "viewer": {"settings": _READ, "data": _READ},
    JANITOR: {"settings": "~* &* +@all", "data": "~* &* +@all"},
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
    server: str, *, host: str, port: int, folder: str, passwords: Mapping[str, str]
) -> str:
    """The configuration of a server.

    Args:
        server: `"settings"` or `"data"`.
        host: IP address to listen on.
        port: TCP port to listen on.
        folder: Absolute path of the folder for its files.
        passwords: One per role of `ROLES`; only their hashes are in the text.
    """
    users = "".join(
        f"user {role} reset on #{_sha256(passwords[role])} {rules[server]}\n"
        for role, rules in ROLES.items()
    )
    return (
        f"bind {host}\nport {port}\ndir {_quoted(folder)}\n"
        f"{_COMMON}{_OF_SERVER[server]}user default reset off\n{users}"
    )


def _sha256(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
