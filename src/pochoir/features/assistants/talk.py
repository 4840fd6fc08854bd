"""What a run answers: the messages of its thread as a talk, what was said before apart from what is said now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pochoir.features.assistants.assistant import Message
from pochoir.features.conversations.service import Line

LEFT = 16
"""Images at most that an answer without an image leaves for the next one."""


@dataclass(frozen=True, slots=True)
class Talk:
    """`before` was answered already and left the images `left`; `now` asks for an answer, with the images `sent`."""

    before: tuple[Line, ...]
    left: tuple[str, ...]
    now: tuple[Line, ...]
    sent: tuple[str, ...]


def talk_of(messages: Sequence[Message], characters: int) -> Talk:
    """Where nothing was said since the last answer, what led to that one is answered anew.

    Of more than so many characters the oldest messages are left out, never the last one.
    """
    messages = _fitting(messages, characters)
    answers = [number for number, message in enumerate(messages) if message.run is not None]
    start = answers[-1] + 1 if answers else 0
    end = len(messages)
    if start == end and answers:
        end = start
        while end and messages[end - 1].run is not None:
            end -= 1
        start = end
        while start and messages[start - 1].run is None:
            start -= 1
    now = messages[start:end]
    return Talk(
        tuple(_line(message) for message in messages[:start]),
        _left(messages[:start]),
        tuple(_line(message) for message in now),
        tuple(image for message in now for image in message.images),
    )


def _fitting(messages: Sequence[Message], characters: int) -> Sequence[Message]:
    for number in range(len(messages) - 1, -1, -1):
        characters -= len(messages[number].text)
        if characters < 0:
            return messages[number + 1 :] or messages[-1:]
    return messages


def _left(messages: Sequence[Message]) -> tuple[str, ...]:
    """The image of the last answer that shows one; images that were sent since then join it, once they were answered."""
    left: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    for message in messages:
        if message.run is None:
            sent += message.images
        else:
            left, sent = message.images or (*left, *sent)[-LEFT:], ()
    return left


def _line(message: Message) -> Line:
    if message.run is not None:
        return Line("assistant", message.text, drawn=message.drawn)
    return Line(message.role, message.text, message.images)
