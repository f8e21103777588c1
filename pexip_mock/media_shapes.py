"""The media streams of a leg. The mock carries no media: which, where and since when is true, figures are canned."""

from pexip_mock.people import Participant
from pexip_mock.wire import Json, moment

AUDIO_KBPS = 64
PACKETS_PER_S = 50
_CODECS = {"audio": ("opus", ""), "video": ("H264", "1280x720"), "presentation": ("VP8", "1920x1080")}


def kinds_of(shown: Participant) -> list[str]:
    """Which streams this leg has: none without media, no presentation unless it presents."""
    if not shown.has_media:
        return []
    kinds = ["audio"]
    if shown.video and not shown.video_muted:
        kinds.append("video")
    if shown.presenting:
        kinds.append("presentation")
    return kinds


def streams_json(shown: Participant, now: float) -> list[Json]:
    """The streams of a live leg as the status API shows them at this moment."""
    return [_stream(shown, kind, str(index), now) for index, kind in enumerate(kinds_of(shown))]


def past_streams_json(shown: Participant, ended: float) -> list[Json]:
    """The streams of a leg that has left, as history shows them."""
    return [
        {name: value for name, value in _stream(shown, kind, str(index), ended).items() if name not in _OF_NOW}
        | {"id": index + 1, "stream_id": str(index), "stream_type": kind, "end_time": moment(ended)}
        for index, kind in enumerate(kinds_of(shown))
    ]


_OF_NOW = {"type", "rx_jitter", "tx_jitter", "rx_windowed_packet_loss", "tx_windowed_packet_loss"}


def _stream(shown: Participant, kind: str, stream_id: str, now: float) -> Json:
    codec, resolution = _CODECS[kind]
    rate = AUDIO_KBPS if kind == "audio" else max(AUDIO_KBPS, shown.bandwidth // 2)
    packets = round(max(0.0, now - shown.start_time) * PACKETS_PER_S)
    fps = 0.0 if kind == "audio" else 30.0
    stream: Json = {
        "id": stream_id,
        "type": kind,
        "node": shown.node,
        "start_time": moment(shown.start_time),
        "end_time": None,
    }
    for way, count in (("rx", "rx_packets_received"), ("tx", "tx_packets_sent")):
        stream |= {
            f"{way}_codec": codec,
            f"{way}_resolution": resolution,
            f"{way}_bitrate": rate,
            f"{way}_fps": fps,
            f"{way}_jitter": 0.5,
            f"{way}_packet_loss": 0.0,
            f"{way}_windowed_packet_loss": 0.0,
            f"{way}_packets_lost": 0,
            count: packets,
        }
    return stream
