"""The route table: every endpoint once, for the dispatcher, OpenAPI and docs/http.md alike."""

from __future__ import annotations

from typing import Final

from ...proto.heaven_status import HeavenStatus
from ...proto.leases import AcquireRequest, AcquireResponse
from ...proto.pf import Request, Response
from ..manifests import Verdict
from . import messages, operations, prompts
from .route import Body, Lane, Param, Route
from .run_messages import RunRequest, Stopping, StopRequest

_MAX_N: Final = 1_000
_TOP_K = Param("top_k", "int", "At most so many.", 20, 1, _MAX_N)
_SEQ = 2**62

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET",
        "/health",
        "Whether the server answers. Needs no token.",
        messages.Health,
        None,
        Lane.LOOP,
        open=True,
    ),
    Route(
        "GET",
        "/status",
        "How Heaven is: last event, live leases, what this server was asked for most, file clocks.",
        HeavenStatus,
        operations.status,
    ),
    Route(
        "POST",
        "/blob",
        "Store the body durably; its SHA-256.",
        messages.BlobStored,
        operations.put_blob,
        body=Body.RAW,
    ),
    Route(
        "POST",
        "/blobs",
        "Store several contents durably, together.",
        messages.BlobsStored,
        operations.put_blobs,
        body=messages.ManyBlobs,
    ),
    Route(
        "GET",
        "/blob/{id}",
        "A blob, checked against its id.",
        messages.BlobContent,
        operations.get_blob,
        errors=(404,),
    ),
    Route(
        "POST",
        "/event",
        "Add an event to the log; durable when answered. Kinds that Heaven or a run derives state "
        "from (leases, clocks, runs, edits, prompts, budgets) are refused. With `fence` it is "
        "written only if those leases still stand, checked in the same step.",
        messages.EventStored,
        operations.append,
        Lane.LOG,
        body=messages.NewEvent,
        errors=(403, 409, 413),
    ),
    Route(
        "GET",
        "/events",
        "Events after one, in order, a page at a time (about 4 MiB at most).",
        messages.EventsPage,
        operations.events,
        query=(
            Param("after", "int", "The event to start behind.", 0, 0, _SEQ),
            Param("n", "int", "At most so many.", 100, 1, _MAX_N),
            Param("kind", "str", "Only these kinds, with commas between.", optional=True),
        ),
    ),
    Route(
        "GET",
        "/events/tail",
        "The last events, oldest first; fewer where they are over 4 MiB.",
        messages.EventsPage,
        operations.tail,
        query=(Param("n", "int", "How many.", 20, 1, _MAX_N),),
    ),
    Route(
        "GET",
        "/events/stream",
        "Follow the log as server-sent events: `id` is the event's number, `event` its kind, "
        "`data` its record. Last-Event-ID resumes; only what is durable is sent.",
        "text/event-stream",
        None,
        Lane.STREAM,
        query=(
            Param("after", "int", "Start behind this event; by default at the end.", -1, -1, _SEQ),
            Param("kind", "str", "Only these kinds, with commas between.", optional=True),
        ),
        errors=(503,),
    ),
    Route(
        "POST",
        "/ir/build",
        "Bring the symbol index up to date. Every query does so by itself too.",
        messages.Built,
        operations.build,
        Lane.INDEX,
        body=messages.BuildRequest,
        errors=(403,),
    ),
    Route(
        "GET",
        "/ir/symdef",
        "The definitions that a name, a qualified name or path::name names exactly.",
        messages.Symbols,
        operations.symdef,
        Lane.INDEX,
        query=(Param("name", "str", "The name."),),
    ),
    Route(
        "GET",
        "/ir/callers",
        "Where what the name names is used, calls first.",
        messages.References,
        operations.callers,
        Lane.INDEX,
        query=(Param("name", "str", "The name."), _TOP_K),
    ),
    Route(
        "GET",
        "/ir/slice",
        "Lines of a file as they are now.",
        messages.Content,
        operations.read_slice,
        Lane.INDEX,
        query=(
            Param("path", "str", "The file, from the repository's root."),
            Param("start_line", "int", "The first line, from 1.", 1, 1, _SEQ),
            Param("n", "int", "How many lines.", 20, 1, 10_000),
        ),
        errors=(403, 404),
    ),
    Route(
        "GET",
        "/ir/search",
        "Definitions whose names match the words, best first, and lines of code that do.",
        messages.SearchFound,
        operations.search,
        Lane.INDEX,
        query=(Param("q", "str", "The words."), _TOP_K),
    ),
    Route(
        "POST",
        "/pf",
        "A page fault: source text, within the mission's budget. Or a list of at most 100 of them, "
        "answered in order over one state of the files by a list, where one that is refused has "
        "its error (as in a failed answer) in its place.",
        Response,
        operations.fault,
        Lane.INDEX,
        body=Request,
        many=True,
        errors=(404, 429),
    ),
    Route(
        "POST",
        "/lease/acquire",
        "Lease scopes: all or none, or with `partial` those that are free; `wait_seconds` waits "
        "for the others, first come, first served.",
        AcquireResponse,
        operations.acquire,
        Lane.LOG,
        unless=((b'"wait_seconds"', Lane.WAIT), (b'"symbol"', Lane.INDEX)),
        body=AcquireRequest,
        errors=(403,),
    ),
    Route(
        "POST",
        "/lease/renew",
        "Move expiries out, all or none.",
        messages.Renewed,
        operations.renew,
        Lane.LOG,
        body=messages.RenewRequest,
        errors=(403, 409),
    ),
    Route(
        "POST",
        "/lease/release",
        "End leases; all of them must be the owner's.",
        messages.Released,
        operations.release,
        Lane.LOG,
        body=messages.ReleaseRequest,
        errors=(403,),
    ),
    Route(
        "GET",
        "/lease/list",
        "The leases that have not ended; with active_only=false also the latest 1,000 others.",
        messages.Leases,
        operations.leases,
        query=(Param("active_only", "bool", "Leave out those that ended.", True),),
    ),
    Route(
        "POST",
        "/file-clock/get",
        "The clock of each path.",
        messages.Clocks,
        operations.clocks,
        body=messages.PathsRequest,
        errors=(403,),
    ),
    Route(
        "POST",
        "/file-clock/inc",
        "Raise the clock of each path by one; the new values.",
        messages.Clocks,
        operations.clock_inc,
        Lane.LOG,
        body=messages.PathsRequest,
        errors=(403,),
    ),
    Route(
        "POST",
        "/validate-manifest",
        "Whether the owner's leases cover all of that, and the clocks stand where they were seen.",
        Verdict,
        operations.validate_manifest,
        Lane.INDEX,
        body=messages.ManifestRequest,
        errors=(403,),
    ),
    Route(
        "POST",
        "/mission/forget",
        "Start a mission's page-fault budget and deltas afresh.",
        messages.MissionForgotten,
        operations.forget_mission,
        Lane.LOG,
        body=messages.MissionRequest,
    ),
    *prompts.ROUTES,
    Route(
        "POST",
        "/run",
        "Run a program, from this machine only: how it goes, a JSON object a line, the last one "
        "how it ended. Runs are done one at a time. Where the client goes away, or POST /run/stop "
        "names the `ticket` of the first line, the run's edits are undone.",
        "application/x-ndjson",
        None,
        Lane.STREAM,
        body=RunRequest,
        errors=(409, 501),
    ),
    Route(
        "POST",
        "/run/stop",
        "End a run as Ctrl-C does: its edits are undone.",
        Stopping,
        None,
        Lane.LOOP,
        body=StopRequest,
    ),
    Route(
        "GET",
        "/metrics",
        "Counters for Prometheus.",
        "text/plain; version=0.0.4; charset=utf-8",
        None,
        Lane.STORE,
    ),
    Route(
        "GET",
        "/openapi.json",
        "This interface as OpenAPI 3.1.",
        "application/json",
        None,
        Lane.STORE,
    ),
)
