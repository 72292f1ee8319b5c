"""One turn of an angel: asked and recorded, then read and tried.

These are the effects behind ANGEL and VALIDATE. The conversation that they are parts of is the
VM's (`conversation`), which keeps nothing but what these answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ..aa.output_mode import admitted, kind_of, texts
from ..heaven import Heaven
from ..heaven.canonical import decode_object
from ..heaven.canonical import encode as canonical
from ..heaven.errors import NotLeased
from ..heaven.records import Json, JsonObject
from . import fields
from .angels.header import header
from .angels.protocol import (
    Angel,
    AngelError,
    ContextOverflow,
    Message,
    Reply,
    Turn,
    Usage,
)
from .angels.reading import Reader
from .angels.records import reply_json, reply_of
from .angels.tools import offered, tools_json
from .attempt import Edit, Tried, edit_of, try_edit
from .edits import EditRefused, leased
from .errors import AngelUnavailable
from .exchange import Exchange, Prompt, Terms
from .formats import FormatRefused
from .orchestrator.packing import SMALLEST_REPLY
from .shards import Shards
from .tokens import count_tokens

LARGEST_REPLY: Final = 16_384
"""Tokens that one reply may have, where the budget has more."""


def ask(
    angel: Angel | None, heaven: Heaven, run: str, request: JsonObject, prompt: Prompt
) -> JsonObject:
    """Have one turn answered: the result of ANGEL.

    `{system, tools, pack, said, answer, angel, model, tokens_in, tokens_out, cached_read,
    cached_written, estimated}`: the first five are blobs (`said` what this turn says beyond the
    ones before it, null in a first turn), `answer` null and `refused` there where there is no
    reply. Raises AngelUnavailable.
    """
    if angel is None:
        raise AngelUnavailable("this instruction needs an angel, and none is configured")
    budget = fields.number(request, "budget")
    system = header(prompt.mode, prompt.returns)
    tools = offered(prompt.mode, prompt.returns, prompt=prompt.prompt)
    listed = canonical(tools_json(tools))
    messages = tuple(_messages(heaven, prompt.past))
    said = canonical(message_json(messages[-1])) if messages else None
    parts = [system.encode(), listed, prompt.pack.encode()]
    blobs = heaven.put_blobs(parts if said is None else [*parts, said])
    result: dict[str, Json] = {
        "system": blobs[0],
        "tools": blobs[1],
        "pack": blobs[2],
        "said": None if said is None else blobs[3],
        "answer": None,
        "angel": angel.name,
        "model": None,
        **_counts(Usage(0, 0), estimated=False),
    }
    sent = [system, listed.decode(), prompt.pack, *(_text_of(one) for one in messages)]
    needed = sum(count_tokens(text) for text in sent)
    if needed + SMALLEST_REPLY > budget:
        result["refused"] = {
            "code": "budget",
            "message": f"the prompt needs about {needed:,} tokens, and an answer some more; "
            f"{max(budget, 0):,} are left",
        }
        return result
    turn = Turn(
        mission_id=run,
        call=fields.number(request, "call"),
        turn=fields.number(request, "turn"),
        task=fields.text(request, "task"),
        returns=prompt.returns,
        system=system,
        pack=prompt.pack,
        messages=messages,
        tools=tools,
        max_tokens=min(LARGEST_REPLY, budget - needed),
        budget=budget,
    )
    try:
        reply = angel.reply(turn)
    except AngelError as error:
        code = "overflow" if isinstance(error, ContextOverflow) else "declined"
        result["refused"] = {"code": code, "message": str(error)}
        return result | _counts(error.spent or Usage(0, 0), estimated=False)
    record = reply_json(reply)
    spent = reply.usage or Usage(needed, count_tokens(_said_by(reply)))
    result["answer"] = heaven.put_blob(canonical(record))
    result["model"] = reply.model
    return result | _counts(spent, estimated=reply.usage is None)


def validate(heaven: Heaven, root: Path, run: str, answer: str, terms: Terms) -> JsonObject:
    """Read the reply in blob `answer`, and try its answer: the result of VALIDATE.

    `{calls: [id], faults: [{id, command, args}], wrong: [{id, message, answer}], stop, silent}`,
    with `response` and `kind` where the reply holds an answer, and `refused: {code, message}` where
    that would not land.
    """
    reply = reply_of(decode_object(heaven.get_blob(answer)))
    calls: list[Json] = [call.id for call in reply.calls]
    result: dict[str, Json] = {
        "calls": calls,
        "stop": reply.stop,
        "silent": not reply.calls and not reply.text.strip(),
        "faults": [],
        "wrong": [],
    }
    if reply.stop == "refusal":
        said = reply.text.strip() or "it gives no reason"
        result["refused"] = {"code": "declined", "message": f"the angel declined: {said}"}
        return result
    kinds = admitted(terms.mode, terms.returns)
    tools = offered(terms.mode, terms.returns, prompt=terms.prompt)
    reader = Reader(
        run, tools, Shards(terms.shards, terms.hidden), heaven, texts="diff_fallback" in kinds
    )
    said_by = reader.read(reply)
    result["faults"] = [
        {"id": one.id, "command": one.command, "args": dict(one.args)} for one in said_by.faults
    ]
    result["wrong"] = [
        {"id": one.id, "message": one.message, "answer": one.answer} for one in said_by.wrong
    ]
    if said_by.response is None:
        return result
    response = said_by.response
    held = frozenset(kind for kind, name in _HOLDERS.items() if response.get(name) is not None)
    kind = kind_of(terms.mode, fields.text(response, "output_type"), held)
    result |= {"response": dict(response), "kind": kind}
    refused = _refusal(heaven, root, run, kind, response, kinds, terms)
    if refused is not None:
        result["refused"] = refused
    return result


_HOLDERS: Final = {"edit_ir": "edit_ir", "macro_ops": "macro_ops", "diff_fallback": "diff"}


def _refusal(
    heaven: Heaven,
    root: Path,
    run: str,
    kind: str,
    response: JsonObject,
    kinds: frozenset[str],
    terms: Terms,
) -> dict[str, Json] | None:
    """Why the answer would not land as things are, None where it would."""
    if kind not in kinds:
        wanted = " or ".join(sorted(kinds))
        message = f"the answer is {kind}, and output mode {terms.mode} admits {wanted}"
        return {"code": "answer", "message": message}
    welcome: list[Json] = [*texts(terms.mode)]
    output: dict[str, Json] = {"kind": kind, "response": dict(response), "texts": welcome}
    shown = [
        one
        for shard in Shards(terms.shards, terms.hidden).records()
        for one in fields.records(shard, "excerpts")
    ]
    try:
        edit = edit_of(output, shown, heaven)
        if not isinstance(edit, Edit):
            return _of_record(edit)
        tried = try_edit(edit, output, terms.invariants, heaven, root)
        if not isinstance(tried, Tried):
            return _of_record(tried)
        with leased(heaven, tried.staged, run, None):
            return None
    except (EditRefused, FormatRefused) as refused:
        return {"code": refused.code, "message": str(refused)}
    except NotLeased as refused:
        return {"code": "lease", "message": str(refused)}


def _of_record(record: JsonObject) -> dict[str, Json]:
    refused = fields.record(record, "refused")
    return {"code": fields.text(refused, "code"), "message": fields.text(refused, "message")}


# What is recorded of a turn


def message_json(message: Message) -> dict[str, Json]:
    """A user's message: what an angel was told of its turn before."""
    results: list[Json] = [
        {"id": one.id, "text": one.text, "error": one.error} for one in message.results
    ]
    return {"results": results, "text": message.text}


def _messages(heaven: Heaven, past: Sequence[Exchange]) -> Iterator[Message]:
    for one in past:
        reply = reply_of(decode_object(heaven.get_blob(one.answer)))
        yield Message("assistant", reply.text, reply.calls, opaque=reply.opaque)
        yield Message("user", one.text, results=one.results)


def _counts(usage: Usage, *, estimated: bool) -> dict[str, Json]:
    return {
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "cached_read": usage.cached_read,
        "cached_written": usage.cached_written,
        "estimated": estimated,
    }


def _text_of(message: Message) -> str:
    calls = _said_by(Reply(message.text, message.calls))
    return calls + "".join(one.text for one in message.results)


def _said_by(reply: Reply) -> str:
    """All that counts as output of a reply."""
    calls = "".join(
        call.name + (call.broken or canonical(dict(call.arguments)).decode())
        for call in reply.calls
    )
    return reply.text + calls
