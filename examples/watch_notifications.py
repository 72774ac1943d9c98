"""Tells a webhook what Leadline's people should hear of: leads at risk, missed deadlines, escalations. Or prints it.

    python examples/watch_notifications.py --webhook https://chat.example.com/hooks/sales --place place.txt \\
        --token-file token

The number of the last notification that was dealt with is kept in a file: however this ends, it goes on from there when
it is started again. None is left out; the one at which it was killed may come once more, with the same id. The token
(permission notifications:read) is read again whenever it connects, at least once an hour. Exit code: 1 when Leadline
refuses to answer, 2 when the flags are wrong.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import grpc
import httpx
import tenacity
import typer
from google.protobuf.json_format import MessageToDict
from leadline.leads.v1 import notification_service_pb2 as pb
from leadline.leads.v1 import notification_service_pb2_grpc as pb_grpc

_LONGEST_WATCH_SECONDS = 3600.0
_SECONDS_BEFORE_AGAIN = 1.0
_TIMEOUT_SECONDS = 10.0
# What passes by itself, or with a new token.
_AGAIN = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAUTHENTICATED,
}

Address = Annotated[str, typer.Option(help="host:port of the leads service")]
Webhook = Annotated[str, typer.Option(help="where each is posted as JSON; without it they are printed")]
Place = Annotated[Path, typer.Option(dir_okay=False, help="the file that keeps the number of the last one")]
TokenFile = Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True, help="the token")]


def main(
    *,
    token_file: TokenFile,
    place: Place = Path("place.txt"),
    webhook: Webhook = "",
    address: Address = "127.0.0.1:9102",
) -> None:
    """Watch, until interrupted."""
    with grpc.insecure_channel(address) as channel, httpx.Client(timeout=_TIMEOUT_SECONDS) as http:
        stub = pb_grpc.NotificationServiceStub(channel)
        try:
            for notification in notifications(stub, token_file, place):
                tell(http, webhook, shown(notification))
                keep(place, notification.number)
        except grpc.RpcError as error:
            typer.echo(f"{address}: {error.details()}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            return


def notifications(stub: Any, token_file: Path, place: Path) -> Iterator[pb.Notification]:
    """Each behind the place, for ever. Whoever takes one keeps its number before the next."""
    while True:
        metadata = [("authorization", f"Bearer {token_file.read_text().strip()}")]
        request = pb.WatchNotificationsRequest(after_number=last_number(place))
        try:
            for answer in stub.WatchNotifications(request, metadata=metadata, timeout=_LONGEST_WATCH_SECONDS):
                yield from answer.notifications
        except grpc.RpcError as error:
            if error.code() not in _AGAIN:
                raise
            if error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
                typer.echo(f"asking again: {error.details()}", err=True)
        time.sleep(_SECONDS_BEFORE_AGAIN)


def last_number(place: Path) -> int:
    """The number of the last one that was dealt with; 0 before the first."""
    return int(place.read_text()) if place.exists() else 0


def keep(place: Path, number: int) -> None:
    """Keep the number so that the file is whole, whenever this ends."""
    new = place.with_name(f"{place.name}.new")
    new.write_text(f"{number}\n")
    os.replace(new, place)


def shown(notification: pb.Notification) -> dict[str, Any]:
    """The notification as JSON shows it."""
    return MessageToDict(notification) | {
        "number": notification.number,
        "recipientIds": list(notification.recipient_ids),
        "metadata": json.loads(notification.metadata),
    }


@tenacity.retry(retry=tenacity.retry_if_exception_type(httpx.HTTPError), wait=tenacity.wait_random_exponential(max=30))
def tell(http: httpx.Client, webhook: str, notification: dict[str, Any]) -> None:
    """Post it, again and again until it is taken, or print it."""
    if webhook:
        http.post(webhook, json=notification).raise_for_status()
    else:
        typer.echo(json.dumps(notification, ensure_ascii=False))


if __name__ == "__main__":
    typer.run(main)
