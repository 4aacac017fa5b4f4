"""Configuration: what `sessions.yml` says, settings that live, channels between processes."""

from bliss.beacon import get_beacon

__all__ = ["get_sessions_list"]


def get_sessions_list() -> list[str]:
    """Names of all configured sessions, running or not: `["demo_session"]`.

    Raises:
        BeaconNotFoundError: If no Beacon answers.
    """
    return get_beacon().session_names()
