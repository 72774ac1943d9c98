"""The REST API as tests use it: in few words, and never without looking at the status."""

from typing import Any

import httpx


async def ask(
    api: httpx.AsyncClient, method: str, path: str, body: Any = None, *, expect: int = 200, **more: Any
) -> Any:
    """The JSON of an answer that has the expected status."""
    answer = await api.request(method, path, json=body, **more)
    assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


async def get(api: httpx.AsyncClient, path: str, *, expect: int = 200, **query: Any) -> Any:
    """The JSON that a path shows."""
    return await ask(api, "GET", path, expect=expect, params=query)


async def post(api: httpx.AsyncClient, path: str, body: Any, *, expect: int = 201) -> Any:
    """The JSON that a POST answers."""
    return await ask(api, "POST", path, body, expect=expect)


async def put(api: httpx.AsyncClient, path: str, body: Any, *, expect: int = 200) -> Any:
    """The JSON that a PUT answers."""
    return await ask(api, "PUT", path, body, expect=expect)


async def answer_within(api: httpx.AsyncClient, seconds: float) -> None:
    """Promise first responses within so many seconds from now on."""
    policy = {"name": "In seconds", "isDefault": True, "match": [], "responseMinutes": round(seconds / 60, 4)}
    await put(api, "/lead-settings/settings", {"sla": {"policies": [policy]}})
