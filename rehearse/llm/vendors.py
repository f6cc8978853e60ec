"""Opening the chat model that the settings name, through langchain: OpenAI, compatible endpoints, local files, other providers.

Nothing is sent before the first question. The vendors' clients do not try again by themselves, report to nobody, and log nothing.
"""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from rehearse.errors import SettingsError
from rehearse.llm.budget import count_tokens, count_with_margin
from rehearse.llm.chat import ChatModel, Message, Prompt, Role, Structured
from rehearse.llm.lines import Lines
from rehearse.llm.streaming import Patience, VendorStream
from rehearse.llm.structured import Ask, FormKnown, ask_for

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rehearse.config import Settings

OPENAI = "https://api.openai.com/v1"
WINDOW = 8192
"""Tokens that a model can hold of which nothing is known."""
LOCAL_PATIENCE = 4
"""How many times longer a model on this machine may take, unless the time was set."""
_SPEAKING, _JUDGING = 0.7, 0.0
"""How freely words are chosen when a counterpart speaks, and when an answer has a form."""
_THINKING_ROOM = 2048
"""Tokens that a model which thinks before it answers may use for that, beside the answer."""
_LOUD = ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "langsmith")
"""Loggers that would write down addresses, and with them passwords, or what was said."""


@dataclass(frozen=True)
class LangchainModel:
    """A vendor's model behind the protocol `llm.chat.ChatModel`."""

    name: str
    window: int
    patience: Patience
    counter: Callable[[str], int] = field(repr=False)
    chat: Callable[[int], BaseChatModel] = field(repr=False)
    """The vendor's model that may answer in so many tokens."""
    speaking: dict[str, Any] = field(repr=False)
    """What calls in free words have beside the messages."""
    ask: Callable[[LangchainModel, int], Ask] = field(repr=False)
    says_when_done: bool
    """Whether its streams end with a reason; a stream without one was cut then."""
    known: FormKnown = field(default_factory=FormKnown, repr=False)
    let_go: Callable[[], None] = field(default=lambda: None, repr=False)
    lines: Lines | None = field(default=None, repr=False)
    """The client's connections, where it is ours."""

    def count(self, text: str) -> int:
        """Tokens of a text, on the safe side."""
        return self.counter(text)

    def stream(self, prompt: Prompt, *, max_tokens: int) -> VendorStream:
        """Begin an answer in free words."""
        messages = to_langchain(prompt.messages)

        def begin() -> Iterator[BaseMessage]:
            return self.chat(max_tokens).stream(messages, **self.speaking)

        return VendorStream(begin, self.name, self.patience, says_when_done=self.says_when_done, lines=self.lines)

    def structured(self, prompt: Prompt, schema: type[BaseModel], *, max_tokens: int) -> Structured:
        """An answer that fits the schema, after one repair at most; `ModelError` otherwise."""
        ask = self.ask(self, max_tokens)
        return ask_for(schema, prompt.messages, ask, name=self.name, known=self.known, seconds=self.patience.total)

    def close(self) -> None:
        """Close its connections; a model on this machine goes on until the process ends."""
        self.let_go()


def open_model(settings: Settings) -> ChatModel | None:
    """The model that the settings name, or None for the embedded engine.

    Raises `SettingsError` where it can never work: a form that is not known, a package, a key or a file that is missing.
    """
    if settings.model is None:
        return None
    provider, colon, rest = settings.model.partition(":")
    if not colon or not rest or not provider:
        raise SettingsError(
            f"REHEARSE_MODEL is “{settings.model}”, and has to be openai:NAME, local:PATH.gguf, or provider:NAME for another "
            "provider. Correct it, or leave it out for the built-in engine."
        )
    _quieten()
    match provider:
        case "openai":
            return _open_openai(settings, rest)
        case "local":
            return _open_local(settings, rest)
        case _:
            return _open_other(settings, settings.model)


def to_langchain(messages: Sequence[Message]) -> list[BaseMessage]:
    """Messages as langchain has them; neighbours of the same role become one, for many chat templates insist on taking turns."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds: dict[Role, type[BaseMessage]] = {Role.SYSTEM: SystemMessage, Role.USER: HumanMessage, Role.ASSISTANT: AIMessage}
    joined: list[Message] = []
    for message in messages:
        if joined and joined[-1].role is message.role:
            joined[-1] = Message(message.role, f"{joined[-1].text}\n\n{message.text}")
        else:
            joined.append(message)
    return [kinds[message.role](content=message.text) for message in joined]


def compatible(
    name: str,
    model: str,
    *,
    base_url: str,
    key: SecretStr | None,
    patience: Patience,
    window: int | None,
    counter: Callable[[str], int] | None = None,
    extra_body: dict[str, Any] | None = None,
) -> LangchainModel:
    """A model behind an address that speaks OpenAI's protocol; `name` is how people and records call it."""
    import httpx2
    from langchain_openai import ChatOpenAI
    from langchain_openai.chat_models.base import BaseChatOpenAI

    host = urlsplit(base_url).hostname or ""
    own = host == urlsplit(OPENAI).hostname
    lines = Lines()
    # A proxy in the environment is for the world outside, not for this machine.
    client = httpx2.Client(
        timeout=httpx2.Timeout(patience.total, connect=patience.connect),
        trust_env=not _is_here(host),
        follow_redirects=True,
        event_hooks={"response": [lines.opened]},
    )
    # Compatible servers know `max_tokens`; OpenAI itself only the new name, which ChatOpenAI sends.
    kind = ChatOpenAI if own else BaseChatOpenAI
    chat = kind(
        model=model,
        base_url=base_url,
        api_key=key or SecretStr("none"),
        http_client=client,
        timeout=patience.total,
        max_retries=0,
        stream_usage=True,
        use_responses_api=False,
        extra_body=extra_body,
    )
    profile: dict[str, Any] = dict(chat.profile or {}) if own else {}
    thinks = bool(profile.get("reasoning_output"))
    room = _THINKING_ROOM if thinks else 0

    def choosing(temperature: float) -> dict[str, Any]:
        return {"reasoning_effort": "low"} if thinks else {"temperature": temperature}

    def may_say(max_tokens: int) -> BaseChatModel:
        return chat.model_copy(update={"max_tokens": max_tokens + room})

    def ask(me: LangchainModel, max_tokens: int) -> Ask:
        def once(messages: Sequence[Message], extra: dict[str, Any]) -> BaseMessage:
            return me.chat(max_tokens).invoke(to_langchain(messages), **choosing(_JUDGING), **extra)

        return once

    return LangchainModel(
        name=name,
        window=window or profile.get("max_input_tokens") or WINDOW,
        patience=patience,
        counter=counter or (count_tokens if own else count_with_margin),
        chat=may_say,
        speaking=choosing(_SPEAKING),
        ask=ask,
        says_when_done=True,
        known=FormKnown(lengths=not own),
        let_go=client.close,
        lines=lines,
    )


def _open_openai(settings: Settings, model: str) -> LangchainModel:
    base_url = settings.openai_base_url or OPENAI
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError("OPENAI_BASE_URL is no address. Write it as http://HOST:PORT/v1, or leave it out for OpenAI.")
    key = settings.key()
    if key is None and settings.openai_base_url is None:
        raise SettingsError(
            "REHEARSE_MODEL names a model of OpenAI, and no key is set. Set OPENAI_API_KEY, or OPENAI_BASE_URL for an endpoint "
            "that needs none."
        )
    patience = Patience.within(settings.model_timeout)
    return compatible(f"openai:{model}", model, base_url=base_url, key=key, patience=patience, window=settings.model_window)


def _open_local(settings: Settings, path: str) -> LangchainModel:
    from rehearse.llm.local import start

    server = start(path, window=settings.model_window or WINDOW)
    given = "model_timeout" in settings.model_fields_set
    seconds = settings.model_timeout * (1 if given else LOCAL_PATIENCE)
    return compatible(
        server.name,
        server.name,
        base_url=f"{server.address}/v1",
        key=server.key,
        patience=Patience.within(seconds, slow_start=True),
        window=server.window,
        counter=server.count,
        extra_body={"cache_prompt": True, "chat_template_kwargs": {"enable_thinking": False}},
    )


def _open_other(settings: Settings, model: str) -> LangchainModel:
    """A model of another provider, whose package has to be installed; keys and addresses are that package's affair."""
    from langchain.chat_models import init_chat_model

    patience = Patience.within(settings.model_timeout)

    def may_say(max_tokens: int) -> BaseChatModel:
        return init_chat_model(model, max_tokens=max_tokens, timeout=patience.total, max_retries=0)

    try:
        chat = may_say(1)
    except ImportError as error:
        found = re.search(r"pip install (?:-U )?([a-z0-9-]+)", str(error))
        package = found.group(1) if found else f"langchain-{model.partition(':')[0]}"
        raise SettingsError(f"REHEARSE_MODEL is {model}; that needs a package: pip install {package}") from None
    except Exception:
        # Vendors repeat settings, keys among them, in what they raise.
        raise SettingsError(
            f"REHEARSE_MODEL is {model}, and that model cannot be opened. Check the name of the provider (as langchain calls "
            "it), and its key in the environment."
        ) from None
    profile: dict[str, Any] = dict(getattr(chat, "profile", None) or {})
    return LangchainModel(
        name=model,
        window=settings.model_window or profile.get("max_input_tokens") or WINDOW,
        patience=patience,
        counter=count_with_margin,
        chat=may_say,
        speaking={},
        ask=ask_other,
        says_when_done=False,
    )


def ask_other(me: LangchainModel, max_tokens: int) -> Ask:
    """How other providers are asked for a form: by langchain's own means, which are tools for some and schemas for others."""
    from langchain_core.messages import AIMessage

    def once(messages: Sequence[Message], extra: dict[str, Any]) -> BaseMessage:
        chat = me.chat(max_tokens)
        wanted = extra.get("response_format")
        if wanted is None:
            return chat.invoke(to_langchain(messages))
        if wanted["type"] != "json_schema":
            raise NotImplementedError("there is no JSON mode that all providers share")
        described = wanted["json_schema"]
        schema = {"title": described["name"], "description": "The answer.", **described["schema"]}
        result: Any = chat.with_structured_output(schema, include_raw=True).invoke(to_langchain(messages))
        raw = result["raw"]
        calls = getattr(raw, "tool_calls", None)
        if not calls:
            return raw  # type: ignore[no-any-return]
        return AIMessage(
            content=json.dumps(calls[0]["args"]), usage_metadata=raw.usage_metadata, response_metadata=raw.response_metadata
        )

    return once


def _is_here(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _quieten() -> None:
    import openai  # noqa: F401 - it sets its own level when it is imported

    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    # A model without schemas is no news: it is asked in another form.
    warnings.filterwarnings("ignore", message="This model does not support OpenAI's structured output")
    warnings.filterwarnings("ignore", message="Invalid schema for OpenAI's structured output")
