"""Questions at the prompt."""

import sys

from prompt_toolkit import PromptSession


def yes(question: str) -> bool:
    """Whether the answer is `y` or `yes`; while it is waited for, all greenlets go on."""
    if sys.stdin.isatty():
        session: PromptSession[str] = PromptSession()
        answer = session.prompt(question, handle_sigint=False)
    else:
        answer = input(question)
    return answer.strip().lower() in {"y", "yes"}
