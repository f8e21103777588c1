"""Two people with tokens in one started conference, a Host and a Guest, and what they ask of a node."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, Answer, Site, until

OTHER_ALIAS = "other@vmr.example.org"

OFFER = "\r\n".join(
    (
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1 2 3",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 126",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:mMOl",
        "a=ice-pwd:2YT59xciEGhUxppeBPwnZ85h",
        "a=fingerprint:sha-256 " + ":".join(["AF"] * 32),
        "a=setup:actpass",
        "a=mid:0",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:126 telephone-event/8000",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "c=IN IP4 0.0.0.0",
        "a=setup:actpass",
        "a=mid:1",
        "a=sendonly",
        "a=rtcp-mux",
        "a=rtpmap:96 VP8/90000",
        "a=candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "c=IN IP4 0.0.0.0",
        "a=setup:actpass",
        "a=mid:2",
        "a=content:slides",
        "a=inactive",
        "a=rtcp-mux",
        "a=rtpmap:96 VP8/90000",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        "a=setup:actpass",
        "a=mid:3",
        "a=sctp-port:5000",
        "a=max-message-size:262144",
        "",
    )
)


@dataclass(frozen=True)
class Member:
    """Who holds a token."""

    token: str
    uuid: str


@dataclass(frozen=True)
class Party:
    """A Host and a Guest inside, both without media at first."""

    site: Site
    host: Member
    guest: Member

    async def host_asks(self, path: str, body: object = None, method: str = "POST") -> Answer:
        """One request with the Host's token."""
        return await self.site.node(method, path, body, token=self.host.token)

    async def guest_asks(self, path: str, body: object = None, method: str = "POST") -> Answer:
        """One request with the Guest's token."""
        return await self.site.node(method, path, body, token=self.guest.token)

    async def entry(self, uuid: str) -> dict:
        """Somebody's roster entry as the Host sees it."""
        listed = await self.host_asks("participants", method="GET")
        (found,) = [one for one in listed.result if one["uuid"] == uuid]
        return found

    async def call(self, member: Member, **more: object) -> str:
        """Somebody calls with sound and picture, or whatever else; the call's UUID."""
        body = {"call_type": "WEBRTC", "sdp": OFFER} | more
        placed = await self.site.node("POST", f"participants/{member.uuid}/calls", body, token=member.token)
        return placed.result["call_uuid"]


async def join(site: Site, pin: str, name: str, alias: str = ALIAS, **more: object) -> Member:
    """Somebody asks for a token and gets it."""
    url = f"{site.server.node_urls[0]}/api/client/v2/conferences/{quote(alias, safe='')}/request_token"
    headers = {"pin": pin} if pin else {}
    granted = await site.call("POST", url, json={"display_name": name} | more, headers=headers)
    assert granted.status == 200, granted.body
    return Member(granted.result["token"], granted.result["participant_uuid"])


@asynccontextmanager
async def party(site: Site) -> AsyncIterator[Party]:
    """A started conference with a Host and a Guest; whoever is still there at the end leaves."""
    host = await join(site, HOST_PIN, "Host", start_conference_if_host=True, supports_direct_chat=True)
    guest = await join(site, GUEST_PIN, "Guest", supports_direct_chat=True)
    yield Party(site, host, guest)
    for member in (guest, host):
        await site.node("POST", "release_token", token=member.token)


async def another_vmr(site: Site, **settings: object) -> None:
    """One more VMR, once every node answers for it."""
    vmr = {"name": "Other", "aliases": [{"alias": OTHER_ALIAS}]} | settings
    assert (await site.admin("POST", "configuration/v1/conference/", vmr)).status == 201

    async def dialable() -> bool:
        return all((await site.state())["vmrs"][-1]["dialable"].values())

    await until(dialable)
