"""Patch the test process before anything else is imported, as the session's entry point does."""

from gevent import monkey

monkey.patch_all()
